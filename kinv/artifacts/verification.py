"""Checks that an artifact must pass before it is used; none of them deserialises or runs anything."""

import os
from pathlib import Path
from typing import Any, NamedTuple

from .atomic import unchanged
from .errors import ArtifactError
from .graph_scan import check_graph
from .layout import CONFIG, SAVED_MODEL, WEIGHTS, read_json
from .manifest import check_bytes
from .registry import CLASSES
from .weights import check_weights

MAX_NUMBER, MAX_LABELS, MAX_LIST, MAX_PARTS = 2**40, 10_000, 100, 100_000  # of a configuration


class Checked(NamedTuple):
    """What is known of an artifact that was checked: its manifest's entries, config.json, and how many weights."""

    files: dict[str, Any]
    config: dict[str, Any]
    weights: int


def verify(folder: str | os.PathLike) -> dict[str, Any]:
    """Checks every byte of an artifact against its manifest, and that loading it is safe.

    Refused are unknown files, links, weights that are not plain arrays, unknown classes, and SavedModels that would
    access files, processes or Python. Nothing of the artifact is deserialised or run.

    Args:
        folder: the artifact, on this machine.

    Returns:
        The manifest's entries: file name to `{"sha256": ..., "size": ...}`.

    Raises:
        ArtifactError: the artifact failed a check; the message says which.
    """
    return unchanged(Path(folder), check).files


def check(folder: Path) -> Checked:
    """Like `verify`, for a folder that is not replaced in the meantime."""
    try:
        blobs = cache_blobs(folder)
        files = check_bytes(folder, blobs)
        config = _check_config(folder / CONFIG)
        if any(name.startswith(f"{SAVED_MODEL}/") for name in files):
            check_graph(folder / SAVED_MODEL)
        return Checked(files, config, check_weights(folder / WEIGHTS))
    except (OSError, ValueError, ArithmeticError, RecursionError, MemoryError) as error:
        raise ArtifactError(f"{folder} can't be read: {error}") from error


def cache_blobs(folder: Path) -> Path | None:
    """Where a snapshot in the hub's cache keeps its files, which are links there; None for any other folder."""
    blobs = folder.parent.parent / "blobs"
    return blobs if folder.parent.name == "snapshots" and blobs.is_dir() and not blobs.is_symlink() else None


def _check_config(path: Path) -> dict[str, Any]:
    config = read_json(path)
    if set(config) != {"kinv", "class", "config"} or not isinstance(config["config"], dict):
        raise ArtifactError(
            f"{path} must hold exactly 'kinv', 'class' and 'config' (a JSON object), received {sorted(config)[:5]}."
        )
    if config["class"] not in CLASSES:
        raise ArtifactError(f"{path}: class must be one of {', '.join(CLASSES)}, received {config['class']!r}.")
    _check_values(path, config["config"])
    return config


def _check_values(path: Path, config: dict[str, Any]) -> None:
    """Numbers and lists that no model has; how large the model is gets counted before it is made."""
    parts: list[Any] = [config]
    for part in parts:  # grows meanwhile: what is nested comes later
        if isinstance(part, (dict, list)):
            texts = isinstance(part, list) and all(isinstance(value, str) for value in part)
            if len(part) > (MAX_LABELS if texts else MAX_LIST) or len(parts) > MAX_PARTS:
                raise ArtifactError(f"{path} holds a list of {len(part):,} values, which is more than any model has.")
            parts += part.values() if isinstance(part, dict) else part
        elif isinstance(part, (int, float)) and not abs(part) <= MAX_NUMBER:
            raise ArtifactError(f"{path}: numbers must be within ±{MAX_NUMBER:,}, received {str(part)[:20]}.")
