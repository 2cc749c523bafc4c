"""Weights as safetensors: plain arrays by name, which other frameworks read; no pickle, no HDF5, nothing that runs."""

import collections
import json
import os
from pathlib import Path
from typing import Any

from kinv import __version__

from .layout import SAFETENSORS
from .registry import describe


def export_safetensors(model: Any, path: Path) -> Path:
    """Writes a model's weights, with its class and configuration as the file's metadata.

    Whole numbers, such as the states of random generators and of a training, stay out. Names are Keras's paths of
    variables, such as `conv1/kernel`. Where parts of the model have layers of the same name, the part's name comes
    first: `encoder/block1/kernel`.

    Args:
        model: one of kinv's models or classifiers.
        path: the file, or a folder, in which it is called `model.safetensors`.

    Returns:
        The file.

    Raises:
        ValueError: a model that artifacts can't hold.
    """
    import keras
    import numpy as np
    from safetensors.numpy import save_file

    kind, config = describe(model)
    arrays = {name: np.array(keras.ops.convert_to_numpy(variable)) for name, variable in named(model).items()}
    path = path / SAFETENSORS if path.is_dir() else path
    save_file(arrays, path, {"format": "np", "kinv": __version__, "class": kind, "config": json.dumps(config)})
    _open_to_readers(path)
    return path


def _open_to_readers(path: Path) -> None:
    """Gives the file the permissions that other files get; safetensors makes it the owner's alone."""
    mask = os.umask(0)
    os.umask(mask)
    path.chmod(0o666 & ~mask)


def named(model: Any) -> dict[str, Any]:
    """A model's weights by unique names.

    Raises:
        ValueError: two have the same name in the same part of the model.
    """
    import keras

    weights = [variable for variable in model.variables if keras.backend.is_float_dtype(variable.dtype)]
    counts = collections.Counter(variable.path for variable in weights)
    parts = {id(variable): part.name for part in model.layers[::-1] for variable in part.variables}
    found: dict[str, Any] = {}
    for variable in weights:
        part = parts.get(id(variable), model.name)
        name = variable.path if counts[variable.path] == 1 else f"{part}/{variable.path}"
        if name in found:
            raise ValueError(f"two variables are called {name!r}: give the layers of {part} different names.")
        found[name] = variable
    return found
