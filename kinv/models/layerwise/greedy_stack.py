"""Greedy layer-wise training: each layer is trained on the activations of the layers below."""

from collections.abc import Sequence
from typing import Any

import keras
import tensorflow as tf
from keras import ops

from kinv.classifiers import sigmoid_network
from kinv.training.divergence import StopWhenDiverged, check_training_data

MOST_LAYERS = 50


class GreedyStack(keras.Model):
    """Greedy layer-wise training (Hinton, Osindero and Teh 2006; Bengio et al. 2007) in one `fit`.

    The base class of deep belief networks and stacked denoising autoencoders. A subclass creates its `blocks`, which
    have `hidden_probabilities`, `visible_means`, `kernel` and `hidden_bias`, and defines how one of them is trained
    (`learn_block`) and evaluated (`measure_block`).

    Args:
        units: widths of the input and of every hidden layer.
        metric_names: names of the metrics of a block.
        seed, name: as in Keras.
    """

    def __init__(self, units: Sequence[int], metric_names: Sequence[str], seed: int, name: str):
        super().__init__(name=name)
        if len(units) < 2 or min(units) < 1:
            raise ValueError(
                f"units must be positive widths of the input and at least one hidden layer, received {units}"
            )
        if len(units) > MOST_LAYERS:
            raise ValueError(f"units must have at most {MOST_LAYERS} entries, received {len(units)}")
        self.units, self.seed = tuple(int(width) for width in units), seed
        self.means = [keras.metrics.Mean(name=name) for name in metric_names]
        self.stage = self.add_weight(shape=(), dtype="int32", initializer="zeros", trainable=False, name="stage")
        self.blocks: list[Any] = []
        self.built = True

    def learn_block(self, index: int, inputs: Any, optimizer: Any) -> Sequence[Any]:
        """One training step of the block on `(B, V)`; returns its metrics."""
        raise NotImplementedError

    def measure_block(self, index: int, inputs: Any) -> Sequence[Any]:
        """The block's metrics on `(B, V)`."""
        raise NotImplementedError

    @property
    def in_unit_range(self) -> bool:
        """Whether the data must lie in 0..1."""
        raise NotImplementedError

    # === Coding ===

    def encode(self, inputs: Any, layers: int | None = None) -> Any:
        """The activations of a hidden layer: `(B, V)` to `(B, H)`.

        Args:
            inputs: vectors as in training.
            layers: number of layers to apply; default: all.
        """
        return self._encode(ops.convert_to_tensor(inputs, "float32"), self._depth(layers))

    def decode(self, codes: Any, layers: int | None = None) -> Any:
        """Reconstructs vectors from activations of a hidden layer, with means at every layer: `(B, H)` to `(B, V)`."""
        x = ops.convert_to_tensor(codes, "float32")
        for block in reversed(self.blocks[: self._depth(layers)]):
            x = block.visible_means(x)
        return x

    def reconstruct(self, inputs: Any, layers: int | None = None) -> Any:
        """Encodes and decodes, `(B, V)` to `(B, V)`."""
        return self.decode(self.encode(inputs, layers), layers)

    def call(self, inputs):
        return self._encode(inputs, len(self.blocks))

    def _encode(self, x, layers):
        for block in self.blocks[:layers]:
            x = block.hidden_probabilities(x)
        return x

    def _depth(self, layers):
        if layers is None:
            return len(self.blocks)
        if not 1 <= layers <= len(self.blocks):
            raise ValueError(f"layers must lie in 1..{len(self.blocks)}, received {layers}")
        return layers

    def classifier(self, classes: int, input_shape: Sequence[int], name: str | None = None) -> keras.Model:
        """A Functional classifier initialized with these layers, to be fine-tuned with `compile` and `fit`.

        Args:
            classes: number of classes. The last layer gives logits and starts at zero.
            input_shape: `(H, W, C)` of images in 0..255, which are divided by 255.
            name: name of the model.

        Raises:
            ValueError: `input_shape` does not match the width of the input.
        """
        network = sigmoid_network.build(input_shape, self.units[1:], classes, name or f"{self.name}_classifier")
        if network.get_layer("flatten").output.shape[-1] != self.units[0]:
            raise ValueError(f"input_shape must have {self.units[0]} values in all, received {tuple(input_shape)}")
        for number, block in enumerate(self.blocks, start=1):
            network.get_layer(f"hidden{number}").set_weights([block.kernel, block.hidden_bias])
        return network

    def as_functional(self) -> keras.Model:
        """Maps vectors to the activations of the top layer with dense layers `hidden1`, `hidden2`, ...

        For the analysis of units. The weights are copied.
        """
        vectors = keras.Input((self.units[0],), name="vectors")
        x = vectors
        for number, block in enumerate(self.blocks, start=1):
            layer = keras.layers.Dense(self.units[number], "sigmoid", name=f"hidden{number}")
            x = layer(x)
            layer.set_weights([block.kernel, block.hidden_bias])
        return keras.Model(vectors, x, name=f"{self.name}_functional")

    # === Training ===

    def compile(self, optimizer: Any = None, **kwargs: Any) -> None:
        """Takes one optimizer, copied for every layer, or a list with one per layer; default: SGD at 0.1."""
        if "loss" in kwargs:
            raise ValueError(f"{type(self).__name__} has its own loss, received loss={kwargs['loss']!r}: leave it out")
        super().compile(**kwargs)
        self.optimizer = None  # Keras's own, unused here
        optimizer = optimizer or keras.optimizers.SGD(0.1)
        if isinstance(optimizer, (list, tuple)):
            if len(optimizer) != len(self.blocks):
                raise ValueError(
                    f"expected one optimizer or {len(self.blocks)}, received {len(optimizer)}: pass one per layer"
                )
            self.optimizers = [keras.optimizers.get(one) for one in optimizer]
        else:
            config = keras.optimizers.serialize(keras.optimizers.get(optimizer))
            self.optimizers = [keras.optimizers.deserialize(config) for _ in self.blocks]
        for one, block in zip(self.optimizers, self.blocks, strict=True):
            one.build(block.trainable_variables)

    def get_compile_config(self):
        return {"optimizer": [keras.optimizers.serialize(one) for one in self.optimizers]}

    def compile_from_config(self, config):
        self.compile([keras.optimizers.deserialize(one) for one in config["optimizer"]])

    def fit(self, x=None, y=None, *, epochs=1, callbacks=None, **kwargs):
        """Trains the layers one after the other with Keras's `fit`.

        Args:
            x: vectors `(N, V)`, or a data set of them; labels are ignored.
            y: ignored.
            epochs: epochs per layer, one number or one per layer. `initial_epoch` and callbacks count over all layers.
            callbacks, **kwargs: as in Keras.
        """
        counts = [epochs] * len(self.blocks) if isinstance(epochs, int) else list(epochs)
        if len(counts) != len(self.blocks) or min(counts) < 0:
            raise ValueError(f"epochs must be one number or {len(self.blocks)}, none negative, received {epochs}")
        check_training_data(x, kwargs.get("validation_data"), self.units[0], self.in_unit_range)
        guards = [_Stages(counts), StopWhenDiverged(*(mean.name for mean in self.means))]
        return super().fit(x, epochs=sum(counts), callbacks=[*guards, *(callbacks or [])], **kwargs)

    @property
    def metrics(self):
        return self.means

    def train_step(self, data):
        def learn(index):
            block_inputs = ops.stop_gradient(self._encode(inputs, index))
            return tuple(self.learn_block(index, block_inputs, self.optimizers[index]))

        inputs = _inputs(data)
        return self._report([lambda index=index: learn(index) for index in range(len(self.blocks))])

    def test_step(self, data):
        def measure(index):
            return tuple(self.measure_block(index, self._encode(inputs, index)))

        inputs = _inputs(data)
        return self._report([lambda index=index: measure(index) for index in range(len(self.blocks))])

    def _report(self, branches):
        values = tf.switch_case(tf.identity(self.stage.value), branches)
        for mean, value in zip(self.means, values, strict=True):
            mean.update_state(value)
        return {mean.name: mean.result() for mean in self.means}


class _Stages(keras.callbacks.Callback):
    """Selects the layer that is trained in each epoch."""

    def __init__(self, counts):
        super().__init__()
        self.layers = [index for index, count in enumerate(counts) for _ in range(count)]

    def on_epoch_begin(self, epoch, logs=None):
        self.model.stage.assign(self.layers[epoch])

    def on_epoch_end(self, epoch, logs=None):
        if logs is not None:
            logs["layer"] = self.layers[epoch] + 1


def _inputs(data):
    return ops.cast(keras.utils.unpack_x_y_sample_weight(data)[0], "float32")
