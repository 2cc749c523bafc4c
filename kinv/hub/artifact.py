"""Artifacts: a trained model as a folder that can be checked, loaded, copied and used without kinv."""

import json
import os
import shutil
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from .. import __version__
from ..artifact_folders import artifact_folders
from .content import CLASSES, build, classify, copy_weights, describe, endpoints
from .errors import ArtifactError
from .manifest import verify, write_manifest
from .weights import halve

CONFIG, WEIGHTS, METADATA, SAVED_MODEL, CARD = (
    "config.json",
    "model.weights.h5",
    "metadata.json",
    "saved_model",
    "README.md",
)


def save(
    model: Any,
    folder: str | os.PathLike,
    metadata: Mapping[str, Any] | None = None,
    figures: Mapping[str, Callable[[Path], Any]] | None = None,
    card: str | None = None,
    classifiers: Mapping[str, Any] | None = None,
    *,
    half: bool = False,
    saved_model: bool = True,
) -> Path:
    """Writes a trained model as an artifact: config, weights, metadata, SavedModel, figures, card and manifest.

    Everything is written to a temporary folder beside `folder` and moved into place when it is whole. An artifact
    that is already there is replaced; any other folder is left alone.

    Args:
        model: one of kinv's models or classifiers.
        folder: where to.
        metadata: what is known of the training, as JSON values. kinv adds the versions.
        figures: file name under `figures/` to a function that writes the picture to the path it is given.
        card: the model card, Markdown; `{metadata[...]}`-style fields are filled in from the metadata.
        classifiers: more endpoints of the SavedModel, by name: Functional models of pictures. They are in the
            SavedModel alone, `load` does not bring them back.
        half: keeps weights as float16, which `load` makes float32 again.
        saved_model: whether there is a SavedModel; `export` makes one later.

    Returns:
        The folder.

    Raises:
        ValueError: an unknown class of model, or metadata that is not JSON (NaN counts as not).
        ArtifactError: `folder` exists and is not an artifact.
    """
    folder = Path(folder)
    _check_replaceable(folder)
    name, config = describe(model)
    metadata = {**(metadata or {}), "versions": versions()}
    config_text = _to_json({"kinv": __version__, "class": name, "config": config})
    metadata_text = _to_json(metadata)

    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{folder.name}.", dir=folder.parent) as temporary:
        draft = Path(temporary, folder.name)
        draft.mkdir()
        (draft / CONFIG).write_text(config_text, encoding="utf-8")
        (draft / METADATA).write_text(metadata_text, encoding="utf-8")
        bare = build(name, config)  # without the state of optimizers, which may be larger than the model
        copy_weights(model, bare)
        bare.save_weights(draft / WEIGHTS)
        if half:
            halve(draft / WEIGHTS)
        if saved_model:
            export(bare, draft / SAVED_MODEL, classifiers)
        for file_name, draw in (figures or {}).items():
            (draft / "figures").mkdir(exist_ok=True)
            draw(draft / "figures" / file_name)
        if card is not None:
            (draft / CARD).write_text(card.format(**json.loads(metadata_text)), encoding="utf-8")
        write_manifest(draft)
        _move_into_place(draft, folder, Path(temporary, "replaced"))
    return folder


def load(handle: str | os.PathLike) -> Any:
    """Loads a model from an artifact, after every byte of it was checked against its manifest.

    Args:
        handle: a folder, or the name of an artifact in `artifacts/`.

    Returns:
        The model. A network under study is not part of it.

    Raises:
        ArtifactError: not found, damaged, or made by something else.
    """
    folder = find(handle)
    verify(folder)
    config = _read_config(folder)
    try:
        model = build(config["class"], config["config"])
        model.load_weights(folder / WEIGHTS)
    except (ValueError, TypeError, KeyError, OSError, AttributeError) as error:
        raise ArtifactError(f"{folder} does not hold a valid {config['class']}: {error}") from error
    return model


def find(handle: str | os.PathLike) -> Path:
    """The folder behind a handle: an existing folder, else one of `artifacts/` here or beside the package.

    Raises:
        ArtifactError: there is none; the message lists where it was looked for.
    """
    if str(handle).startswith("hf://"):
        raise ArtifactError(f"{handle}: this version of kinv loads local artifacts only, not from a hub.")
    if Path(handle).is_dir():
        return Path(handle)
    for shelf in artifact_folders():
        if (shelf / str(handle)).is_dir():
            return shelf / str(handle)
    searched = ", ".join(str(shelf) for shelf in artifact_folders())
    raise ArtifactError(f"No artifact {str(handle)!r}: it is not a folder, and not in {searched}.")


def read_metadata(folder: Path) -> dict[str, Any]:
    """The metadata of a verified artifact."""
    return _read_json(folder / METADATA)


def summary(folder: Path) -> tuple[str, str, str, str, str]:
    """One line about an artifact: name, class, its first result, size and folder; nothing is verified."""
    config, metadata = _read_json(folder / CONFIG), _read_json(folder / METADATA)
    metrics = metadata.get("metrics") or {}
    result = ", ".join(f"{name} {value:.3g}" for name, value in list(metrics.items())[:1])
    size = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
    return folder.name, str(config.get("class")), result, f"{size / 1e6:.1f} MB", str(folder)


def export(model: Any, folder: str | os.PathLike, classifiers: Mapping[str, Any] | None = None) -> Path:
    """Writes a TensorFlow SavedModel with the model's named endpoints, for programs without kinv.

    Args:
        model: one of kinv's models or classifiers.
        folder: where to.
        classifiers: more endpoints by name, as in `save`.
    """
    import keras

    archive = keras.export.ExportArchive()
    archive.track(model)
    answers = endpoints(model)
    for name, classifier in (classifiers or {}).items():
        archive.track(classifier)
        answers = {**answers, name: classify(classifier)}
    for name, (function, signature) in answers.items():
        archive.add_endpoint(name, function, input_signature=signature)
    folder = Path(folder)
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{folder.name}.", dir=folder.parent) as temporary:
        draft = Path(temporary, "saved_model")
        archive.write_out(str(draft), verbose=False)
        os.rename(draft, folder)
    return folder


def versions() -> dict[str, str]:
    """Versions of kinv, Python and the packages that make results what they are."""
    import platform

    import keras
    import numpy as np
    import tensorflow as tf

    return {
        "kinv": __version__,
        "python": platform.python_version(),
        "tensorflow": tf.__version__,
        "keras": keras.__version__,
        "numpy": np.__version__,
    }


def _check_replaceable(folder: Path) -> None:
    if folder.exists() and not (folder / "manifest.json").is_file() and (not folder.is_dir() or any(folder.iterdir())):
        raise ArtifactError(f"{folder} exists and is not a kinv artifact; it is left alone. Choose another folder.")


def _move_into_place(draft: Path, folder: Path, aside: Path) -> None:
    if folder.exists():
        os.rename(folder, aside)
    try:
        os.rename(draft, folder)
    except OSError:
        if aside.exists():
            os.rename(aside, folder)
        raise
    shutil.rmtree(aside, ignore_errors=True)


def _read_config(folder: Path) -> dict[str, Any]:
    config = _read_json(folder / CONFIG)
    if set(config) != {"kinv", "class", "config"} or not isinstance(config["config"], dict):
        raise ArtifactError(f"{folder / CONFIG} must hold exactly 'kinv', 'class' and 'config'.")
    if config["class"] not in CLASSES:
        raise ArtifactError(f"{folder / CONFIG} names the class {config['class']!r}; kinv loads {', '.join(CLASSES)}.")
    return config


def _read_json(path: Path) -> dict[str, Any]:
    def refuse(constant):
        raise ValueError(f"{constant} is not JSON")

    try:
        value = json.loads(path.read_bytes(), parse_constant=refuse)
    except (OSError, ValueError, RecursionError) as error:
        raise ArtifactError(f"{path} can't be read: {error}") from None
    if not isinstance(value, dict):
        raise ArtifactError(f"{path} must hold a JSON object.")
    return value


def _to_json(value: Any) -> str:
    try:
        return json.dumps(value, indent=1, allow_nan=False) + "\n"
    except (TypeError, ValueError) as error:
        raise ValueError(f"metadata and config must be JSON without NaN: {error}") from None
