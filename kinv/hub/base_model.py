"""The model that an artifact was made for, as its card names it on a hub."""

from pathlib import Path
from typing import Any

from kinv.artifacts.layout import CARD
from kinv.artifacts.registry import OWN
from kinv.artifacts.summary import read_metadata

PUBLISHED = {"efficientnet_lite0": "timm/tf_efficientnet_lite0.in1k"}  # TensorFlow's weights, for PyTorch
FRONT_MATTER = "---\n"


def name_base_model(api: Any, repository: str, artifact: Path) -> None:
    """Writes `base_model` into the card's front matter, where the hub has that model; a card that has one stays.

    It is known only where the artifact goes: a network of ours is looked for beside it, in the same organisation.

    Args:
        api: the hub's client.
        repository: `organisation/name` of the artifact.
        artifact: a folder whose card may be written to.
    """
    card, network = artifact / CARD, read_metadata(artifact).get("classifier")
    name = network.get("name") if isinstance(network, dict) else None
    if not isinstance(name, str):
        return
    base = f"{repository.split('/')[0]}/{name}" if name in OWN else PUBLISHED.get(name)
    text = card.read_text(encoding="utf-8") if card.is_file() else ""
    front_matter = text.split(f"\n{FRONT_MATTER}")[0]
    if base is None or not text.startswith(FRONT_MATTER) or "\nbase_model:" in front_matter:
        return
    if name in OWN and not api.repo_exists(base):
        print(f"{base} is not on the hub: the card names no base model. Push {name} there first, then this one again.")
        return
    lines = f"{FRONT_MATTER}base_model: {base}\n"
    card.write_text(text.replace(FRONT_MATTER, lines, 1), encoding="utf-8")
