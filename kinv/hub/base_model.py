"""What a card says of the hub that it is on: the base model, and the organisation in its examples."""

from pathlib import Path
from typing import Any

from kinv.artifacts.layout import CARD
from kinv.artifacts.registry import OWN
from kinv.artifacts.summary import read_metadata

PUBLISHED = {"efficientnet_lite0": "timm/tf_efficientnet_lite0.in1k"}  # TensorFlow's weights, for PyTorch


ORGANISATION = "<org>"  # in cards, until they are pushed


def name_organisation(repository: str, artifact: Path) -> None:
    """Writes the organisation into the card's examples.

    Args:
        repository: `organisation/name` of the artifact.
        artifact: a folder whose card may be written to.
    """
    card = artifact / CARD
    if card.is_file():
        text = card.read_text(encoding="utf-8").replace(ORGANISATION, repository.split("/")[0])
        card.write_text(text, encoding="utf-8")


def name_base_model(api: Any, repository: str, artifact: Path) -> None:
    """Writes `base_model` into the card's front matter if the hub has that model; an existing one is kept.

    It depends on the destination: one of kinv's own networks is expected in the same organisation.

    Args:
        api: the hub's client.
        repository: `organisation/name` of the artifact.
        artifact: a folder whose card may be written to.
    """
    from huggingface_hub import metadata_load, metadata_save

    card, network = artifact / CARD, read_metadata(artifact).get("classifier")
    name = network.get("name") if isinstance(network, dict) else None
    if not isinstance(name, str):
        return
    base = f"{repository.split('/')[0]}/{name}" if name in OWN else PUBLISHED.get(name)
    known = metadata_load(card) if card.is_file() else None
    if base is None or known is None or "base_model" in known:
        return
    if name in OWN and not api.repo_exists(base):
        print(f"{base} is not on the hub: the card names no base model. Push {name} first, then this artifact again.")
        return
    metadata_save(card, {"base_model": base, **known})
