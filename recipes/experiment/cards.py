"""Model cards: one of the bodies in `hub_cards/`, which all extend `base.md`, filled in with an artifact's metadata.

python -m recipes.experiment.cards                      # renews those in artifacts/, for when a template has changed
python -m recipes.experiment.cards --folder runs/ci
"""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jinja2
import tyro

TEMPLATES = Path(__file__).parents[2] / "hub_cards"
BASE = "base"
ENVIRONMENT = jinja2.Environment(
    loader=jinja2.FileSystemLoader(TEMPLATES),
    undefined=jinja2.StrictUndefined,
    autoescape=False,  # Markdown, not HTML
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
)
ENVIRONMENT.filters["form"] = format


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
        return ENVIRONMENT.get_template(f"{card}.md").render(metadata)
    except jinja2.UndefinedError as error:
        raise ValueError(f"metadata lacks what the card {card!r} needs: {error}") from error


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


def main() -> None:
    """The command line."""
    from kinv import ArtifactError

    try:
        tyro.cli(run, description=__doc__)
    except (ValueError, ArtifactError) as error:
        sys.exit(f"error: {error}")


if __name__ == "__main__":
    main()
