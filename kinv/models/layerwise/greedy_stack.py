"""Greedy layer-wise training: each layer is trained on the activations of the layers below."""

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from kinv.classifiers import sigmoid_network
from kinv.data.checks import checked_vectors
from kinv.precision import float32
from kinv.training.checked_data import checked_vector_data
from kinv.training.divergence import StopWhenDiverged
from kinv.training.method import Method
from kinv.training.optimizers import Optimizers, copies

from .stages import Stages

MOST_LAYERS = 50


class GreedyStack(Method):
    """Greedy layer-wise training (Hinton, Osindero and Teh 2006; Bengio et al. 2007) in one `fit`.

    The base class of deep belief networks and stacked denoising autoencoders. A subclass creates its `blocks`, which
    have `hidden_probabilities`, `visible_means`, `kernel` and `hidden_bias`, and defines how one of them is trained
    (`learn_block`) and evaluated (`measure_block`).

    Args:
        units: widths of the input and of every hidden layer.
        metric_names: names of the metrics of a block.
        seed: as in Keras.
        **kwargs: as in `Method`.
    """

    def __init__(self, units: Sequence[int], metric_names: Sequence[str], seed: int, **kwargs: Any):
        super().__init__(metric_names, **kwargs)
        if len(units) < 2 or min(units) < 1:
            raise ValueError(
                f"units must be positive widths of the input and at least one hidden layer, received {units}"
            )
        if len(units) > MOST_LAYERS:
            raise ValueError(f"units must have at most {MOST_LAYERS} entries, received {len(units)}")
        self.units, self.seed = tuple(int(width) for width in units), seed
        self.stage = self.add_weight(shape=(), dtype="int32", initializer="zeros", trainable=False, name="stage")
        self.blocks: list[Any] = []
        self.selected, self.traced = 0, {}
        self.built = True

    def learn_block(self, index: int, inputs: Any, optimizer: Any, weights: Any) -> Sequence[Any]:
        """One training step of the block on `(B, V)`, which count as `weights` says; returns its metrics."""
        raise NotImplementedError

    def measure_block(self, index: int, inputs: Any, weights: Any) -> Sequence[Any]:
        """The block's metrics on `(B, V)`."""
        raise NotImplementedError

    @property
    def input_shape(self):
        return (None, self.units[0])

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

        Raises:
            ValueError: another shape, not finite, or outside 0..1 where the data must lie there.
        """
        return self._encode(ops.cast(self.checked_inputs(inputs), "float32"), self._depth(layers))

    def decode(self, codes: Any, layers: int | None = None) -> Any:
        """Reconstructs vectors from activations of a hidden layer, with means at every layer: `(B, H)` to `(B, V)`."""
        depth = self._depth(layers)
        x = ops.cast(checked_vectors(codes, self.units[depth], "codes", unit_range=False), "float32")
        for block in reversed(self.blocks[:depth]):
            x = block.visible_means(x)
        return x

    def reconstruct(self, inputs: Any, layers: int | None = None) -> Any:
        """Encodes and decodes, `(B, V)` to `(B, V)`."""
        return self.decode(self.encode(inputs, layers), layers)

    def call(self, inputs):
        return self._encode(ops.cast(inputs, "float32"), len(self.blocks))

    def checked_inputs(self, inputs):
        return checked_vectors(inputs, self.units[0], "inputs", unit_range=self.in_unit_range)

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

    @float32()
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
        """Takes one optimizer, copied for every layer, or a list with one per layer; default: SGD at 0.1.

        Metrics are of a layer's inputs and their reconstruction.
        """
        if kwargs.get("loss") is not None:
            raise ValueError(f"{type(self).__name__} has its own loss, received loss={kwargs['loss']!r}: leave it out")
        super().compile(**kwargs)
        optimizer = optimizer or keras.optimizers.SGD(0.1)
        if isinstance(optimizer, (list, tuple)):
            if len(optimizer) != len(self.blocks):
                raise ValueError(
                    f"expected one optimizer or {len(self.blocks)}, received {len(optimizer)}: pass one per layer"
                )
            self.optimizers = [keras.optimizers.get(one) for one in optimizer]
        else:
            self.optimizers = copies(optimizer, len(self.blocks))
        self.optimizer = Optimizers(self.optimizers, lambda: [self.optimizers[self.selected]])
        for one, block in zip(self.optimizers, self.blocks, strict=True):
            one.build(block.trainable_variables)

    def get_compile_config(self):
        config = super().get_compile_config()
        return config and {**config, "optimizer": [keras.optimizers.serialize(one) for one in self.optimizers]}

    def fit(self, x=None, y=None, *, validation_data=None, epochs=1, callbacks=None, **kwargs):
        """Trains the layers one after the other with Keras's `fit`.

        Args:
            x: vectors `(N, V)`, or a data set of them; labels are ignored.
            y: ignored.
            epochs: epochs per layer, one number or one per layer. `initial_epoch` and callbacks count over all layers.
            validation_data, callbacks, **kwargs: as in Keras. `EarlyStopping` ends the training of a layer, then the
                next one starts.
        """
        counts = [epochs] * len(self.blocks) if isinstance(epochs, int) else list(epochs)
        if len(counts) != len(self.blocks) or min(counts) < 0:
            raise ValueError(f"epochs must be one number or {len(self.blocks)}, none negative, received {epochs}")
        x, validation_data = checked_vector_data(x, validation_data, self.units[0], self.in_unit_range)
        callbacks = list(getattr(callbacks, "callbacks", callbacks) or [])
        stages = Stages(counts, callbacks)
        guards = [stages.naming, StopWhenDiverged(*self.means)]
        callbacks = [*guards, *callbacks, stages]
        return super().fit(
            x, None, validation_data=validation_data, epochs=sum(counts), callbacks=callbacks, **kwargs
        )  # fmt: skip

    def evaluate(self, x=None, *args, **kwargs):
        x, _ = checked_vector_data(x, None, self.units[0], self.in_unit_range)
        return super().evaluate(x, *args, **kwargs)

    def select(self, layer: int) -> None:
        """Sets the layer that steps train and measure, 0 for the lowest. They are traced again if it changes."""
        self.stage.assign(layer)
        self.make_train_function()

    def make_train_function(self, force=False):
        super().make_train_function(force or self._has_moved("train"))

    def make_test_function(self, force=False):
        super().make_test_function(force or self._has_moved("test"))

    def _has_moved(self, step):
        """Whether another layer is selected than the one that the step was traced with."""
        self.selected = int(ops.convert_to_numpy(self.stage))
        moved = self.traced.get(step) != self.selected
        self.traced[step] = self.selected
        return moved

    def train_step(self, data):
        inputs, weights = self._entering(data)
        optimizer = self.optimizers[self.selected]
        values = self.learn_block(self.selected, ops.stop_gradient(inputs), optimizer, weights)
        return self._report(inputs, weights, values)

    def test_step(self, data):
        inputs, weights = self._entering(data)
        return self._report(inputs, weights, self.measure_block(self.selected, inputs, weights))

    def _entering(self, data):
        """The inputs of the selected layer, and their weights."""
        vectors, _, weights = keras.utils.unpack_x_y_sample_weight(data)
        return self._encode(ops.cast(vectors, "float32"), self.selected), weights

    def _report(self, inputs, weights, values):
        if self.measures_more:
            block = self.blocks[self.selected]
            self.compute_metrics(None, inputs, block.visible_means(block.hidden_probabilities(inputs)), weights)
        return self.report(*values)
