"""Tells networks apart: their size, shape and a checksum of their weights."""

import hashlib
from typing import Any

import keras
import numpy as np


def weights_sha256(model: Any) -> str:
    """A checksum of a model's weights."""
    digest = hashlib.sha256()
    for weights in model.weights:
        digest.update(np.ascontiguousarray(keras.ops.convert_to_numpy(weights)).tobytes())
    return digest.hexdigest()


def describe_network(classifier: keras.Model) -> dict[str, Any]:
    """What tells a classifier from others, as JSON values: name, parameters, weights_sha256, input_shape, classes."""
    return {
        "name": classifier.name,
        "parameters": classifier.count_params(),
        "weights_sha256": weights_sha256(classifier),
        "input_shape": list(classifier.input_shape[1:]),
        "classes": classifier.output_shape[-1],
    }
