"""Describes an artifact without loading it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from . import registry
from .graph_scan import read
from .layout import CARD, CONFIG, MAX_CARD_BYTES, METADATA, SAVED_MODEL, read_json

DTYPES = {1: "float32", 2: "float64", 3: "int32", 4: "uint8", 7: "string", 9: "int64", 10: "bool", 22: "uint32"}
HIDDEN = ("__saved_model_init_op", "serving_default")  # TensorFlow's own, and the first endpoint once more
LARGEST = 1e300  # JSON's whole numbers may be larger than any float
BATCH = -1  # a dimension of any size, in TensorFlow's shapes


class Summary(NamedTuple):
    """An artifact in a line: name, class, first result, and size on disk in bytes."""

    name: str
    kind: str
    result: str
    size: int


def read_metadata(folder: Path) -> dict[str, Any]:
    """The metadata of an artifact, which may be any JSON object."""
    return read_json(folder / METADATA)


def summarise(folder: Path) -> Summary:
    """An artifact in a line; nothing is verified.

    Raises:
        ArtifactError: its configuration or metadata can't be read.
    """
    kind, metadata = read_json(folder / CONFIG).get("class"), read_metadata(folder)
    result = ", ".join(f"{name} {value:.3g}" for name, value in list(metrics(metadata).items())[:1])
    size = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
    return Summary(str(metadata.get("name", folder.name)), str(kind), result, size)


def metrics(metadata: Mapping[str, Any]) -> dict[str, float]:
    """The numbers that the recipe measured."""
    found = metadata.get("metrics")
    return {name: value for name, value in (found if isinstance(found, dict) else {}).items() if is_number(value)}


def is_number(value: Any) -> bool:
    """Whether a JSON value is a number that can be shown."""
    return isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) < LARGEST


def abstract(folder: Path) -> str:
    """The first paragraph of the card, after its title."""
    from huggingface_hub.repocard import REGEX_YAML_BLOCK

    path = folder / CARD
    text = path.read_bytes()[:MAX_CARD_BYTES].decode(errors="replace") if path.is_file() else ""
    paragraphs = [part.strip() for part in REGEX_YAML_BLOCK.sub("", text).split("\n\n")]
    return next((" ".join(part.split()) for part in paragraphs if part and not part.startswith(("#", "!"))), "")


def signatures(folder: Path) -> dict[str, str]:
    """The SavedModel's endpoints: name to a signature such as `(images: uint8 (?, 28)) -> float32 (?, 10)`.

    Raises:
        ArtifactError: the SavedModel can't be read.
    """
    if not (folder / SAVED_MODEL).is_dir():
        return {}
    found = {entry.key: entry.value for graph in read(folder / SAVED_MODEL).meta_graphs for entry in graph.signatures}
    return {
        name: f"({', '.join(f'{entry.key}: {_tensor(entry.value)}' for entry in _sorted(signature.inputs))}) -> "
        + ", ".join(_tensor(entry.value) for entry in _sorted(signature.outputs))
        for name, signature in sorted(found.items())
        if name not in HIDDEN
    }


def endpoints(model: Any) -> dict[str, str]:
    """The endpoints that the SavedModel of a loaded model would have, with their inputs only."""
    return {
        name: f"({', '.join(f'{spec.name}: {spec.dtype.name} {_shape(spec.shape)}' for spec in signature)})"
        for name, (_, signature) in registry.endpoints(model).items()
    }


def _sorted(entries: Any) -> list[Any]:
    return sorted(entries, key=lambda entry: entry.key)


def _tensor(tensor: Any) -> str:
    sizes = [None if dimension.size == BATCH else dimension.size for dimension in tensor.tensor_shape.dim]
    shape = "(...)" if tensor.tensor_shape.unknown_rank else _shape(sizes)
    return f"{DTYPES.get(tensor.dtype, f'type {tensor.dtype}')} {shape}"


def _shape(sizes: Any) -> str:
    return f"({', '.join('?' if size is None else str(size) for size in sizes)})"
