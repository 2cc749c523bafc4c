"""Names that TensorFlow can compile: it makes scopes of the names of models and layers."""

import re

import keras

OF_LAYERS, OF_MODELS = re.compile(r"[A-Za-z0-9_.\\/>-]+"), re.compile(r"[A-Za-z0-9.][A-Za-z0-9_.\\/>-]*")


def check_layer_names(model: keras.Model) -> None:
    """Refuses a model that TensorFlow would compile with an error of many lines, because of a name such as `block 1`.

    Raises:
        ValueError: the name of the model, or of a layer at any depth, has other letters.
    """
    if keras.backend.backend() != "tensorflow":
        return
    _check(model, OF_MODELS)
    models = [model]
    while models:
        for layer in models.pop().layers:
            if isinstance(layer, keras.Model):
                models.append(layer)
            if not isinstance(layer, keras.layers.InputLayer):
                _check(layer, OF_LAYERS)


def _check(named: keras.layers.Layer, allowed: re.Pattern) -> None:
    if not allowed.fullmatch(named.name):
        what = "model" if allowed is OF_MODELS else "layer"
        raise ValueError(
            f"the {what} {ascii(named.name)[:100]} has a name that TensorFlow can't compile: rename it with letters "
            f"(a to z), digits, dots, dashes and underscores, such as {what}.name = 'block_1'."
        )
