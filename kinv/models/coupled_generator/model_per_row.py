"""Many models of one architecture, one for each row of the batch."""

import math
from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras import ops

from kinv.precision import Float32
from kinv.training.frozen import Frozen


class ModelPerRow(Float32, keras.layers.Layer):
    """Passes every row through its own model, as a batch of one.

    The trained weights of all models are the rows of one variable, and one model is traced and looped over. Tracing
    takes little longer than for one model, and the optimizer updates one variable instead of dozens.

    Args:
        models: Functional models with the same layers. Training starts from their weights; they are not changed.

    Call arguments:
        inputs: float tensor `(T, ...)`, one row per model.

    Returns:
        Float tensor `(T, ...)`. Layers always run in training mode. Batch norm thus normalises a batch of one by the
        row's own statistics, and the outputs after training are those that were trained.

    Attributes:
        unrolled: whether every row is traced, which takes longer. XLA needs it.

    Raises:
        ValueError: if there are no models, or the shapes of their weights differ.
    """

    def __init__(self, models: Sequence[keras.Model], **kwargs: Any):
        super().__init__(**kwargs)
        shapes = [[tuple(weights.shape) for weights in model.weights] for model in models]
        if not models or any(of != shapes[0] for of in shapes):
            raise ValueError(
                f"models must be one or more of the same architecture, received {len(models)} with "
                f"{len({str(of) for of in shapes})} sets of weight shapes: build them with the same arguments"
            )
        self.one, self.unrolled = Frozen(models[0]), False
        trained = [model.trainable_variables for model in models]
        self.shapes = [tuple(weights.shape) for weights in trained[0]]
        self.sizes = [math.prod(shape) for shape in self.shapes]
        values = [np.concatenate([np.ravel(ops.convert_to_numpy(weights)) for weights in of]) for of in trained]
        self.rows = self.add_weight(shape=(len(models), sum(self.sizes)), initializer="zeros", name="rows")
        self.rows.assign(np.stack(values))
        self.built = True

    def call(self, inputs):
        model = self.one.require("rows")
        moving = [tf.convert_to_tensor(weights) for weights in model.non_trainable_variables]

        def pass_one(row):
            one, weights = row
            return model.stateless_call(self._weights(weights), moving, one[None], training=True)[0][0]

        inputs, rows = tf.convert_to_tensor(inputs), tf.convert_to_tensor(self.rows)
        if rows.shape[0] == 1 or self.unrolled:  # for one row, a loop takes seconds longer to trace
            return tf.stack([pass_one((inputs[row], rows[row])) for row in range(int(self.rows.shape[0]))])
        signature = tf.TensorSpec(model.output_shape[1:], tf.float32)
        return tf.map_fn(pass_one, (inputs, rows), fn_output_signature=signature)

    def weights_of(self, layer: str, name: str) -> Any:
        """One weight of a layer, such as `"gamma"`, of all models: a tensor `(T, ...)`."""
        model = self.one.require("rows")
        wanted = getattr(model.get_layer(layer), name)
        place = [weights is wanted for weights in model.trainable_variables].index(True)
        first = sum(self.sizes[:place])
        return ops.reshape(self.rows[:, first : first + self.sizes[place]], (-1, *self.shapes[place]))

    def model(self, row: int) -> keras.Model:
        """A copy of one model with its current weights, to be called with `training=True`."""
        copy = keras.models.clone_model(self.one.require("rows"))
        for weights, values in zip(copy.trainable_variables, self._weights(self.rows[row]), strict=True):
            weights.assign(values)
        return copy

    def _weights(self, row):
        """Splits the weights of one model, `(N,)`, into tensors of their shapes."""
        parts = ops.split(row, np.cumsum(self.sizes)[:-1].tolist())
        return [ops.reshape(part, shape) for part, shape in zip(parts, self.shapes, strict=True)]
