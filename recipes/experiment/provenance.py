"""What an artifact's metadata says of where it comes from."""

import dataclasses
import os
import platform
from typing import Any


def as_json(config: Any) -> dict[str, Any]:
    """A recipe's configuration as JSON values, without its folders, which are the user's own."""
    values = dataclasses.asdict(config)
    return {key: values[key] for key in values if key not in ("output", "checkpoints")}


def hardware() -> str:
    """The machine in a few words."""
    import keras

    gpus = len(keras.distribution.list_devices("gpu"))
    return f"{os.cpu_count()} CPU cores ({platform.machine()})" + (f", {gpus} GPU" if gpus else "")


def describe(classifier: Any) -> dict[str, Any]:
    """The network under study, and the licence of its weights."""
    from kinv.classifiers import CLASSIFIERS
    from kinv.classifiers.fingerprint import describe_network

    known = CLASSIFIERS.get(classifier.name)
    return {**describe_network(classifier), "license": known.license if known else "the user's own network"}
