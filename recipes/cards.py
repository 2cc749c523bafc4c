"""Fills in the model cards of artifacts again, for when a template in `hub_cards/` has changed.

    python -m recipes.cards                      # those in artifacts/
    python -m recipes.cards --folder runs/ci

A card is a template with what an artifact's metadata.json says in its fields. Which template that is, every recipe that
makes artifacts says with its `CARD`. An artifact is verified before anything is written: a damaged one stays damaged.
"""

import re
import sys
from importlib import import_module
from pathlib import Path

import tyro

TEMPLATES = Path(__file__).parents[1] / "hub_cards"


def template(recipe: str) -> str:
    """The card of a recipe's artifacts, to be filled in with `format(**metadata)`.

    Args:
        recipe: its module, as metadata.json names it.

    Raises:
        ValueError: it is none of the recipes, or one without a card.
    """
    card = getattr(import_module(recipe), "CARD", None) if re.fullmatch(r"recipes\.\w+", recipe) else None
    if card is None:
        raise ValueError(f"recipe must be a module of recipes/ that names its CARD, received {recipe!r}")
    return (TEMPLATES / f"{card}.md").read_text(encoding="utf-8")


def run(folder: Path = Path("artifacts")) -> list[str]:
    """Renews README.md and manifest.json of every artifact in `folder`; returns the names of those that changed."""
    import kinv
    from kinv.artifacts.manifest import write_manifest

    changed = []
    for artifact in sorted(manifest.parent for manifest in folder.glob("*/manifest.json")):
        kinv.verify(artifact)
        metadata = kinv.hub.read_metadata(artifact)
        card, path = template(metadata["recipe"]).format(**metadata), artifact / "README.md"
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
    except (ValueError, ImportError, ArtifactError) as error:
        sys.exit(f"error: {error}")


if __name__ == "__main__":
    main()
