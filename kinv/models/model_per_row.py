"""Many models of one architecture, each for a row of the batch."""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras import ops

from .frozen import Frozen


class ModelPerRow(keras.layers.Layer):
    """Passes every row through a model of its own, as a batch of one.

    The weights of all models are stacked, and one model is traced and looped over: many take no longer to trace than
    one, and an optimizer has a stack to update where it would have a variable of each.

    Args:
        models: Functional models with the same layers, whose weights are where training starts; they are not changed.

    Call arguments:
        inputs: float tensor `(T, ...)`, a row for each model.

    Returns:
        Float tensor `(T, ...)`. Layers with two modes, such as batch norm, are in that of training: on a batch of one
        it normalises by the row's own statistics, so that what is trained is what comes out afterwards.

    Raises:
        ValueError: no models, or models with different weights' shapes.
    """

    def __init__(self, models: Sequence[keras.Model], **kwargs: Any):
        super().__init__(**kwargs)
        shapes = [[tuple(weights.shape) for weights in model.weights] for model in models]
        if not models or any(of != shapes[0] for of in shapes):
            raise ValueError(f"expected models of the same architecture, received {len(models)} that are not")
        self.one = Frozen(models[0])
        self.stacks = []
        for index, same in enumerate(zip(*(model.trainable_variables for model in models), strict=True)):
            values = np.stack([ops.convert_to_numpy(weights) for weights in same])
            self.stacks.append(self.add_weight(shape=values.shape, initializer="zeros", name=f"stack_{index}"))
            self.stacks[-1].assign(values)
        self.built = True

    def call(self, inputs):
        model = self.one.require("rows")
        moving = [tf.convert_to_tensor(weights) for weights in model.non_trainable_variables]

        def pass_one(row):
            one, *weights = row
            return model.stateless_call(weights, moving, one[None], training=True)[0][0]

        rows = (tf.convert_to_tensor(inputs), *(tf.convert_to_tensor(stack) for stack in self.stacks))
        if rows[1].shape[0] == 1:  # a loop takes seconds more to trace
            return pass_one([row[0] for row in rows])[None]
        return tf.map_fn(pass_one, rows, fn_output_signature=tf.TensorSpec(model.output_shape[1:], tf.float32))

    def stack_of(self, layer: str, name: str) -> Any:
        """A weight of a layer, such as `"gamma"`, of all models: a variable `(T, ...)`."""
        model = self.one.require("rows")
        wanted = getattr(model.get_layer(layer), name)
        return self.stacks[[weights is wanted for weights in model.trainable_variables].index(True)]

    def model(self, row: int) -> keras.Model:
        """A copy of one of the models, with its weights as they are now, to be called with `training=True`."""
        copy = keras.models.clone_model(self.one.require("rows"))
        for weights, stack in zip(copy.trainable_variables, self.stacks, strict=True):
            weights.assign(stack[row])
        return copy
