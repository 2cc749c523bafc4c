"""What kinv's trained models have in common as Keras models."""

import os
from collections.abc import Sequence
from typing import Any, Self

import keras
import numpy as np
import tensorflow as tf
from keras import ops

from kinv.precision import Float32
from kinv.public_names import public

from .checked_stream import batches_said


class Method(Float32, keras.Model):
    """A `keras.Model` whose training step is its own.

    It computes in float32; weighs, measures, saves, loads, exports and distributes as Keras users expect.

    Args:
        metric_names: names of the means over batches that training reports.
        name: default: the class's, made unique by Keras.
        trainable: as in Keras.
        dtype: of what calling the model returns; sums are in float32.
    """

    def __init__(
        self, metric_names: Sequence[str], *, name: str | None = None, trainable: bool = True, dtype: Any = None
    ):
        super().__init__(name=name, trainable=trainable)  # pyright: ignore[reportCallIssue]
        self.result_dtype = keras.dtype_policies.get(dtype).compute_dtype
        self.preflight: Any = None  # what `kinv.preflight` found when the model was trained
        self.means = {name: keras.metrics.Mean(name=name) for name in metric_names}

    def checked_inputs(self, inputs: Any) -> Any:
        """What the model is called with, once it has passed; Keras would wrap an error of `call` in many lines."""
        return inputs

    def __call__(self, *args, **kwargs):
        if args:
            args = (self.checked_inputs(args[0]), *args[1:])
        outputs = super().__call__(*args, **kwargs)
        return outputs if self.result_dtype == "float32" else ops.cast(outputs, self.result_dtype)

    @classmethod
    def from_preset(cls, preset: str | os.PathLike, **kwargs: Any) -> Self:
        """A pretrained model, as in KerasHub.

        Args:
            preset: what `kinv.load` takes: the name of a preset (`kinv.list_presets`), a folder, or a handle on a hub.
            **kwargs: further arguments of `kinv.load`.

        Raises:
            ArtifactError: as in `kinv.load`.
            ValueError: it holds a model of another class.
        """
        model = public("load")(preset, **kwargs)
        if not isinstance(model, cls):
            raise ValueError(
                f"{str(preset)!r} holds {type(model).__name__}, not {cls.__name__}: kinv.load loads any class."
            )
        return model

    # === Data ===

    def fit(self, x=None, y=None, *args, sample_weight=None, **kwargs):
        with batches_said():
            return super().fit(x, self._beside(x, y, sample_weight), *args, sample_weight=sample_weight, **kwargs)

    def evaluate(self, x=None, y=None, *args, sample_weight=None, **kwargs):
        with batches_said():
            return super().evaluate(x, self._beside(x, y, sample_weight), *args, sample_weight=sample_weight, **kwargs)

    def _beside(self, x, y, sample_weight):
        """Labels beside which Keras keeps the weights of images: without any, it drops them."""
        return self.default_labels(x) if y is None and sample_weight is not None else y

    def default_labels(self, x: Any) -> Any:
        """Labels `(N,)` of an array, where none are given."""
        return np.zeros(len(x), "int32")

    # === Metrics ===

    @property
    def metrics(self):
        asked_for = self._compile_metrics if self.compiled else None
        return [*self.means.values(), *([] if asked_for is None else [asked_for])]

    @property
    def measures_more(self) -> bool:
        """Whether `compile` was given metrics."""
        return len(self.metrics) > len(self.means)

    def report(self, *values: Any) -> dict[str, Any]:
        """Adds a batch's values to the means, in their order; returns all metrics."""
        for mean, value in zip(self.means.values(), values, strict=True):
            mean.update_state(value)
        return self.get_metrics_result()

    # === Optimizers ===

    def descend(self, optimizer: Any, gradients: Sequence[Any], variables: Sequence[Any]) -> None:
        """One step of an optimizer. Replicas of the model take the mean of their gradients."""
        replicas = tf.distribute.get_strategy().num_replicas_in_sync
        if replicas > 1:
            gradients = [None if gradient is None else gradient / replicas for gradient in gradients]
        optimizer.apply(gradients, variables)

    def get_compile_config(self):
        config = super().get_compile_config() if self.compiled else None
        return config and {name: value for name, value in config.items() if value is not None}

    def compile_from_config(self, config):
        self.compile(**keras.saving.deserialize_keras_object(config))

    # === Saving ===

    def studied_network(self) -> Any:
        """The network that the method learns from, if it has one; a method, as Keras would save a property."""
        return None

    @property
    def input_shape(self) -> tuple[int | None, ...]:
        """The shape of what the model is called with, `(None, ...)`."""
        raise NotImplementedError

    def export(self, filepath, format="tf_saved_model", verbose=None, input_signature=None, **kwargs):
        """As in Keras; for the endpoints of an artifact use `kinv.export`."""
        signature = input_signature or [keras.InputSpec(shape=self.input_shape, dtype="float32")]
        return super().export(filepath, format, verbose=verbose, input_signature=signature, **kwargs)

    def get_config(self):
        config = {"name": self.name}
        if not self.trainable:
            config["trainable"] = False
        if self.result_dtype != "float32":
            config["dtype"] = self.result_dtype
        return config
