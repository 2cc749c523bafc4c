"""Model cards: one of the bodies in `hub_cards/`, which all extend `base.md`, filled in with an artifact's metadata.

python -m recipes.experiment.cards                      # renews those in artifacts/, for when a template has changed
python -m recipes.experiment.cards --folder runs/ci
"""

import functools
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jinja2

from kinv.printable import printable
from recipes.experiment.command_line import command
from recipes.experiment.papers import PAPERS

TEMPLATES = Path(__file__).parents[2] / "hub_cards"
BASE = "base"
LONGEST = 500  # letters of a text
DATA = {  # what recipes print of data sets, as people say it
    ", mnist.npz of KINV_DATA_DIR": "",
    ", caltech101_silhouettes_28.mat of KINV_DATA_DIR": "",
    "images in imagenet_samples": "photographs of ImageNet",
    "images in pets/dog": "photographs of dogs",
    " (all)": "",
}
ESCAPES = str.maketrans({"<": "&lt;", ">": "&gt;", "`": "'", '"': "'", "[": r"\[", "|": r"\|"})
ENVIRONMENT = jinja2.Environment(
    loader=jinja2.FileSystemLoader(TEMPLATES),
    undefined=jinja2.StrictUndefined,
    autoescape=False,  # Markdown, not HTML
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
)
ENVIRONMENT.filters["form"] = format
ENVIRONMENT.filters["said"] = lambda text: functools.reduce(lambda text, pair: text.replace(*pair), DATA.items(), text)
ENVIRONMENT.globals["PAPERS"] = PAPERS


def bodies() -> list[str]:
    """What `metadata["card"]` may be."""
    return sorted(path.stem for path in TEMPLATES.glob("*.md") if path.stem != BASE)


def render(metadata: Mapping[str, Any]) -> str:
    """The card of an artifact, as Markdown.

    Args:
        metadata: its metadata with the versions, of which `card` names the body.

    Raises:
        ValueError: `card` is missing or not one of `bodies()`, or the metadata lacks a value that the card needs.
    """
    card = metadata.get("card")
    if card not in bodies():
        raise ValueError(f"metadata['card'] must be one of {', '.join(bodies())}, received {card!r}")
    try:
        return ENVIRONMENT.get_template(f"{card}.md").render(_safe(metadata))
    except jinja2.UndefinedError as error:
        raise ValueError(f"metadata lacks what the card {card!r} needs: {error}") from error


def _safe(value: Any, of_command: bool = False) -> Any:
    """Values whose texts stay texts in Markdown, HTML, YAML, code and commands; folders and classes may have any name.

    Args:
        value: JSON values.
        of_command: whether texts are settings, which stand in a command.
    """
    if isinstance(value, Mapping):
        return {key: _safe(part, of_command or key == "config") for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [_safe(part, of_command) for part in value]
    if not isinstance(value, str):
        return value
    text = printable(value, LONGEST).translate(ESCAPES)
    return shlex.quote(text) if of_command else text


def run(folder: Path = Path("artifacts")) -> list[str]:
    """Renews README.md and manifest.json of every artifact in a folder.

    An artifact is verified before anything is written: a damaged one stays damaged.

    Args:
        folder: holds the artifacts.

    Returns:
        The names of those that changed.
    """
    import kinv
    from kinv.artifacts.manifest import write_manifest

    changed = []
    for artifact in sorted(manifest.parent for manifest in folder.glob("*/manifest.json")):
        kinv.verify(artifact)
        card, path = render(kinv.hub.read_metadata(artifact)), artifact / "README.md"
        if path.is_file() and path.read_text(encoding="utf-8") == card:
            continue
        path.write_text(card, encoding="utf-8")
        write_manifest(artifact)
        changed.append(artifact.name)
    print(f"Cards that changed in {folder}: {', '.join(changed) or 'none'}")
    return changed


if __name__ == "__main__":
    command(run, __doc__)
