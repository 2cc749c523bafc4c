"""Artifacts: a trained model as a folder that can be checked, loaded, copied and used without kinv."""

import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from kinv import __version__
from kinv.requirements import MissingPackage, tensorflow_needed

from .atomic import placed, unchanged
from .errors import ArtifactError
from .layout import CARD, CONFIG, FILES, METADATA, SAVED_MODEL, WEIGHTS, to_json
from .manifest import check_replaceable, write_manifest
from .plain_card import plain_card
from .registry import build, build_within, copy_weights, describe
from .saved_model import export_saved_model
from .summary import endpoints
from .verification import check
from .weights import halve


@tensorflow_needed("kinv.save")
def save(
    model: Any,
    folder: str | os.PathLike,
    metadata: Mapping[str, Any] | None = None,
    figures: Mapping[str, Callable[[Path], Any]] | None = None,
    card: Callable[[Mapping[str, Any]], str] | None = None,
    classifiers: Mapping[str, Any] | None = None,
    *,
    half: bool = False,
    saved_model: bool = True,
) -> Path:
    """Writes a trained model as an artifact: config, weights, metadata, SavedModel, figures, card and manifest.

    Everything is written to a temporary folder next to `folder` and moved into place once complete. An existing
    artifact is replaced; any other folder is left unchanged.

    Args:
        model: one of kinv's models or classifiers.
        folder: destination.
        metadata: details of the training, as JSON values. kinv adds the package versions, what `kinv.preflight`
            found before a model was trained, and the name, size and checksum of the network that it was learned from.
        figures: file name under `figures/` to a function that writes the image to the path it is given.
        card: makes the model card, Markdown, from the metadata as it is written, with the versions. Default: a card
            that says what the model is, of which network, and how to use it.
        classifiers: additional endpoints of the SavedModel, by name: Functional models of images. Only the
            SavedModel contains them; `load` does not restore them.
        half: stores weights as float16, which `load` converts back to float32.
        saved_model: whether to write a SavedModel; `export` can write one later.

    Returns:
        The folder.

    Raises:
        ValueError: an unsupported model class, weights that are not finite, a figure's name that leaves its folder, or
            metadata that is not strict JSON (no NaN).
        ArtifactError: `folder` exists and is not an artifact; or `load` would refuse what was written, such as a file
            that is no image, or a classifier with operations that no model of kinv needs.
    """
    from kinv.classifiers.fingerprint import describe_network
    from kinv.training.weights_file import save_weights

    folder = Path(folder)
    for file_name in figures or {}:
        if not FILES.fullmatch(f"figures/{file_name}"):
            raise ValueError(
                f"figures must have plain names that end in .png, .jpg, .svg or .pdf, received {file_name!r}"
            )
    name, config = describe(model)
    check_finite(model)
    metadata = {**(metadata or {}), "versions": versions()}
    checked = getattr(model, "preflight", None)
    if checked is not None:
        metadata.setdefault("preflight", checked.to_dict())
    network = model.studied_network() if hasattr(model, "studied_network") else None
    if network is not None:
        metadata.setdefault("classifier", describe_network(network))
    config_text = to_json({"kinv": __version__, "class": name, "config": config})
    metadata_text = to_json(metadata)
    with placed(folder, check_replaceable) as draft:
        (draft / CONFIG).write_text(config_text, encoding="utf-8")
        (draft / METADATA).write_text(metadata_text, encoding="utf-8")
        bare = build(name, config)  # without the optimizer state, which may be larger than the model
        copy_weights(model, bare)
        save_weights(bare, draft / WEIGHTS)
        if half:
            halve(draft / WEIGHTS)
        if saved_model:
            export_saved_model(bare, draft / SAVED_MODEL, classifiers)
        for file_name, draw in (figures or {}).items():
            (draft / "figures").mkdir(exist_ok=True)
            draw(draft / "figures" / file_name)
        written, title = json.loads(metadata_text), metadata.get("name", folder.name)
        text = plain_card(str(title), name, written, endpoints(bare)) if card is None else card(written)
        (draft / CARD).write_text(text, encoding="utf-8")
        write_manifest(draft)
        check(draft)  # an artifact that could not be loaded is discarded
    return folder


def check_finite(model: Any) -> None:
    """Refuses weights that are no numbers.

    Raises:
        ValueError: NaN or infinity.
    """
    import keras
    import numpy as np

    for variable in model.variables:
        values = keras.ops.convert_to_numpy(variable)
        if not np.isfinite(values).all():
            raise ValueError(f"{variable.path} holds NaN or infinity, so training diverged: nothing was saved.")


def load_folder(folder: Path) -> Any:
    """Loads a model from an artifact on this machine, after it passed `verify`.

    Args:
        folder: the artifact.

    Returns:
        The model, without the network under study.

    Raises:
        ArtifactError: damaged, not trusted, or made by something else.
    """
    return unchanged(folder, _load)


def _load(folder: Path) -> Any:
    checked = check(folder)
    name = checked.config["class"]
    try:
        with tensorflow_needed(f"{name}, which {folder} holds,"):
            model = build_within(name, checked.config["config"], checked.weights)
        model.load_weights(folder / WEIGHTS)
    except MissingPackage:
        raise
    except Exception as error:  # a configuration can be wrong in any way
        raise ArtifactError(f"{folder} does not hold a valid {name}: {error}") from error
    return model


def versions() -> dict[str, str]:
    """Versions of kinv, Python and the packages that affect results."""
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
