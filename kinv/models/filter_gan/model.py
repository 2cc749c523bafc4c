"""The Filter GAN: a latent space for the filters of one convolution of a trained classifier."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import keras
import numpy as np
import tensorflow as tf
from keras import ops

from kinv.classifiers.predict import predict_classes
from kinv.ops.weighted_mean import weighted_mean
from kinv.training.checked_data import checked_data
from kinv.training.frozen import Frozen
from kinv.training.method import Method
from kinv.training.optimizers import Optimizers, copies

from .discriminator import ActivationDiscriminator
from .diversity import over_alive, relative_spread
from .generator import FilterGenerator
from .invariance_pooling import InvariancePooling
from .replaced_filters import ReplacedFilters, check_shapes

METRICS = (
    "discriminator_loss", "generator_loss", "information_loss", "explained_variance", "discriminator_accuracy",
    "diversity",
)  # fmt: skip
NETWORKS = ("discriminator", "generator", "code")  # in the order of their updates, Algorithm 1
SPREAD_WEIGHT = 1000.0  # of the squared shortfall from `min_diversity`: outweighs all other terms


class Step(NamedTuple):
    """A batch of images on its way: the first half passes generated filters, the second the real ones."""

    images: Any
    labels: Any
    entering: Any  # the layer's inputs
    past: list[Any]  # what bypasses the layer
    half: Any
    real: Any  # the layer's outputs with the real filters
    weights: Any  # how much every image of the first half counts,
    real_weights: Any  # and of the second


@keras.saving.register_keras_serializable("kinv")
class FilterGAN(Method):
    """Learns to generate diverse filters for a layer of a classifier that work like the real ones.

    "Parametrizing filters of a CNN with a GAN", section 3 and Algorithm 1. A generator turns a latent code into
    filters. A discriminator separates the layer's real outputs from those of generated filters on other images. An
    InfoGAN head on the same trunk predicts the code from the output, so that the filters have to depend on it. The
    outputs compared are the convolution's own, before batch norm and activation. There, no effect of the filters is
    cut off, and the average over filter sets is the convolution with their average.

    Deviations from the paper:
        - Filters differ at least as much as `min_diversity` says. The paper's losses settle on filters that hardly
          differ. Held apart, they move to where the layer's outputs change least, as the latent space is meant to.
        - The mean over all codes is the real filters (`centered`). Around another mean, outputs can only match the real
          standard deviation if that mean shrinks, and that costs more accuracy than the variation.
        - Noise is added to what discriminator and InfoGAN head see. Without it, the smallest change of the filters can
          be read exactly: the mutual information is infinite, and does not reward filters that differ visibly.
        - The generator's loss is `-log D` (`saturating=False`). With the paper's `log(1 - D)` the discriminator is
          right on 99.9 % after 1,000 steps, and the generator's gradient vanishes.
        - The layer's real bias is kept; the paper mentions filters only.
        - Real and generated outputs in a step are of different images, half of the batch each.

    Args:
        classifier: Keras model, images `(B, H, W, C)` in 0..255 to logits; not trained, not saved. May be omitted
            if only filters are generated, as after loading.
        layer: name of a `Conv2D` or `DepthwiseConv2D`.
        latent_dim: length of the standard normal latent code `z`.
        information_weight: lambda, the weight of the InfoGAN loss.
        noise: standard deviation of the noise, in units of the outputs' own, per channel.
        saturating: whether the generator has the paper's loss.
        min_diversity: least standard deviation of a filter's weights over codes, on average, in units of the real
            filter's own. It is taken over a step's codes, so that small batches demand more. 0 is the paper's.
        centered: whether the mean over all codes is the real filters; requires a generator with one ReLU layer. The
            paper's starts from random weights.
        hidden_units: widths of the generator's ReLU layers.
        width: channels of the discriminator's first convolution.
        seed: seeds the initial weights and all random draws in training.
        shapes: kernel and output shape and the filters' standard deviation, if there is no classifier.
        **kwargs: `name`, `trainable` and `dtype`, as in `kinv.training.Method`.

    Call arguments:
        z: float tensor `(B, Z)`.

    Returns:
        Filters, `(B, rows, columns, C / groups, F)`.

    Raises:
        ValueError: if a value is out of range, or the layer is not a convolution or can't be cut out.

    Example:
        >>> from kinv import classifiers
        >>> gan = FilterGAN(classifiers.build("digit_cnn"), "conv4")
        >>> gan.generate_filters(keras.random.normal((2, 16), seed=0)).shape
        TensorShape([2, 3, 3, 32, 32])
    """

    def __init__(
        self,
        classifier: keras.Model | None = None,
        layer: str = "",
        *,
        latent_dim: int = 16,
        information_weight: float = 1.0,
        noise: float = 0.5,
        saturating: bool = False,
        min_diversity: float = 0.5,
        centered: bool = True,
        hidden_units: Sequence[int] = (32,),
        width: int = 32,
        seed: int = 0,
        shapes: dict[str, Any] | None = None,
        **kwargs: Any,
    ):
        super().__init__(METRICS, **kwargs)
        if latent_dim < 1 or width < 1:
            raise ValueError(f"latent_dim and width must be at least 1, received {latent_dim} and {width}")
        amounts = {"information_weight": information_weight, "noise": noise, "min_diversity": min_diversity}
        if min(amounts.values()) < 0:
            raise ValueError(f"{', '.join(amounts)} must not be negative, received {list(amounts.values())}")
        self.layer, self.latent_dim, self.width, self.seed = layer, latent_dim, width, seed
        self.information_weight, self.noise, self.saturating = information_weight, noise, saturating
        self.hidden_units, self.min_diversity, self.centered = tuple(hidden_units), min_diversity, centered
        cut = None if classifier is None else ReplacedFilters(classifier, layer)
        self.cut = Frozen(cut)
        shapes = shapes if cut is None else cut.shapes()
        if shapes is None:
            raise ValueError("FilterGAN needs a classifier or shapes, received neither: pass a classifier and a layer.")
        self.shapes = check_shapes(shapes)
        self.generator = FilterGenerator(
            self.shapes["kernel"], hidden_units, self.shapes["deviation"], seed, centered, name="generator"
        )
        self.discriminator = ActivationDiscriminator(
            self.shapes["output"], latent_dim, width, noise, seed + 2000, name="discriminator"
        )
        self.seed_generator = keras.random.SeedGenerator(seed)
        self.generator.build((None, latent_dim))
        if centered and cut is not None:
            self.generator.start_at(cut.kernel())
        self.discriminator.build((None, *self.shapes["output"]))
        self.built = True

    def set_classifier(self, classifier: keras.Model) -> None:
        """Sets the network whose layer the filters are for; centered filters then vary around its own.

        Raises:
            ValueError: if its layer has other shapes.
        """
        cut = ReplacedFilters(classifier, self.layer)
        if cut.shapes()["kernel"] != self.shapes["kernel"] or cut.shapes()["output"] != self.shapes["output"]:
            raise ValueError(f"{self.layer!r} must have {self.shapes}, received {cut.shapes()}: pass another network")
        self.cut = Frozen(cut)
        if self.centered:
            self.generator.start_at(cut.kernel())
        self.train_function = self.test_function = None  # compiled for the previous network

    def compile(self, optimizer: Any = None, **kwargs: Any) -> None:
        """Compiles the model; the default optimizer is RMSprop (as in the paper) at 3e-4.

        Args:
            optimizer: one, copied for each network, or a dict of one for `"discriminator"`, `"generator"` and `"code"`.
            **kwargs: as in Keras, without `loss`. Metrics are of the labels, or else of the network's own predictions,
                and of the logits with generated filters.
        """
        if kwargs.get("loss") is not None:
            raise ValueError(f"FilterGAN has its own losses, received loss={kwargs['loss']!r}: leave it out")
        super().compile(**kwargs)
        optimizer = keras.optimizers.RMSprop(3e-4) if optimizer is None else optimizer
        if not isinstance(optimizer, dict):
            optimizer = dict(zip(NETWORKS, copies(optimizer, len(NETWORKS)), strict=True))
        if set(optimizer) != set(NETWORKS):
            raise ValueError(f"expected one optimizer, or one each for {NETWORKS}, received {sorted(optimizer)}")
        of = [keras.optimizers.get(optimizer[name]) for name in NETWORKS]
        self.discriminator_optimizer, self.generator_optimizer, self.code_optimizer = of
        self.optimizer = Optimizers(of)
        for one, variables in zip(of, self._variables().values(), strict=True):
            one.build(variables)

    def get_compile_config(self):
        config = super().get_compile_config()
        optimizers = {name: getattr(self, f"{name}_optimizer", None) for name in NETWORKS}
        return config and {
            **config, "optimizer": {name: keras.optimizers.serialize(one) for name, one in optimizers.items()}
        }  # fmt: skip

    def call(self, z):
        return self.generator(z)

    @property
    def input_shape(self):
        return (None, self.latent_dim)

    def generate_filters(self, z: Any) -> Any:
        """Filters `(B, rows, columns, C / groups, F)` for latent codes `(B, Z)`.

        Raises:
            ValueError: if the codes have another shape.
        """
        z = ops.convert_to_tensor(z, "float32")
        if len(z.shape) != 2 or z.shape[-1] != self.latent_dim:
            raise ValueError(f"z must have shape (batch, {self.latent_dim}), received {tuple(z.shape)}")
        return self.generator(z)

    def activations(self, images: Any, z: Any) -> Any:
        """The layer's output, before its activation function, with separate filters for each image.

        Args:
            images: `(B, H, W, C)` in 0..255.
            z: latent codes, `(B, Z)`.

        Returns:
            Float tensor `(B, H', W', F)`.
        """
        cut = self.cut.require("activations")
        entering, _ = cut.enter(ops.cast(images, "float32"))
        return cut.convolve(entering, self.generate_filters(z))

    def pooling(self, draws: int = 10, seed: int = 0, stochastic: bool = False) -> InvariancePooling:
        """A replacement for the convolution that averages over `draws` sets of filters (section 5.2)."""
        if draws < 1:
            raise ValueError(f"draws must be at least 1, received {draws}")
        z = np.random.default_rng(seed).normal(size=(draws, self.latent_dim))
        layer = self.cut.require("pooling").layer
        return InvariancePooling.like(layer, self.generate_filters(z), stochastic=stochastic, seed=seed)

    def pooled_classifier(self, draws: int = 10, seed: int = 0, stochastic: bool = False) -> keras.Model:
        """A copy of the classifier with `pooling` in place of the convolution; nothing is retrained."""
        return self.cut.require("pooled_classifier").copy_with(self.pooling(draws, seed, stochastic))

    def read_codes(self, images: Any, z: Any) -> Any:
        """The InfoGAN head's estimates `(B, Z)` of the codes `(B, Z)`, from the outputs of their filters."""
        return self.discriminator.read_codes(self.activations(images, z))

    def fit(self, x=None, y=None, *, preflight=True, **kwargs):
        """As in Keras, on images in 0..255; labels serve metrics only.

        Args:
            x: images, an array or anything that Keras takes.
            y: labels `(N,)`, `(N, 1)` or one-hot.
            preflight: whether to check first that images and labels fit the network, see `kinv.preflight`.
            **kwargs: as in Keras.
        """
        x, y, self.preflight = checked_data(self.cut.require("fit").classifier, x, y, preflight)
        return super().fit(x, y, **kwargs)

    def evaluate(self, x=None, y=None, **kwargs):
        x, y, _ = checked_data(self.cut.require("evaluate").classifier, x, y, preflight=False)
        return super().evaluate(x, y, **kwargs)

    def default_labels(self, x):
        return predict_classes(self.cut.require("fit").classifier, x)

    def train_step(self, data):
        """Algorithm 1 on one batch of images: half passes the real filters, half generated ones."""
        step = self._start(data)
        self.discriminator.adapt(step.real)
        z = keras.random.normal((step.half, self.latent_dim), seed=self.seed_generator)
        with tf.GradientTape() as through_filters:
            generated, spread, alive = self._generate(step, z)
            short = ops.relu(self.min_diversity - spread) * ops.cast(step.half > 1, spread.dtype)  # one draw has none
            missing = SPREAD_WEIGHT * over_alive(ops.square(short), alive)

        variables = self._variables()
        with tf.GradientTape() as tape:
            discriminator_loss, told_apart = self._told_apart(step, generated, training=True)
        slopes = tape.gradient(discriminator_loss, variables["discriminator"])
        self.descend(self.discriminator_optimizer, slopes, variables["discriminator"])

        with tf.GradientTape(persistent=True) as tape:
            tape.watch(generated)
            adversarial, error = self._fooled(step, generated, z, training=True)
            information_loss = self.information_weight * error
            generator_loss = adversarial + information_loss
        slopes = through_filters.gradient(
            [generated, missing],
            variables["generator"],
            output_gradients=[tape.gradient(generator_loss, generated), ops.ones_like(missing)],
        )
        self.descend(self.generator_optimizer, slopes, variables["generator"])
        self.descend(self.code_optimizer, tape.gradient(information_loss, variables["code"]), variables["code"])
        return self._report(step, generated, discriminator_loss, adversarial, error, told_apart, spread, alive)

    def test_step(self, data):
        """The same losses without noise, with codes that are the same in every evaluation."""
        step = self._start(data)
        z = keras.random.normal((step.half, self.latent_dim), seed=self.seed)
        generated, spread, alive = self._generate(step, z)
        discriminator_loss, told_apart = self._told_apart(step, generated, training=False)
        adversarial, error = self._fooled(step, generated, z, training=False)
        return self._report(step, generated, discriminator_loss, adversarial, error, told_apart, spread, alive)

    def _start(self, data):
        images, labels, weights = keras.utils.unpack_x_y_sample_weight(data)
        cut = self.cut.require("fit")
        entering, past = cut.enter(ops.cast(images, "float32"))
        half = ops.maximum(ops.shape(entering)[0] // 2, 1)
        real = cut.convolve(entering[-half:], cut.kernel())  # a batch of one image passes both
        of_both = (None, None) if weights is None else (weights[:half], weights[-half:])
        return Step(images, labels, entering, past, half, real, *of_both)

    def _generate(self, step, z):
        """The layer's outputs with generated filters, and how much these differ."""
        cut = self.cut.require("fit")
        filters = self.generator(z)
        generated = cut.convolve(step.entering[: step.half], filters)
        return generated, *relative_spread(filters, cut.kernel())

    def _told_apart(self, step, generated, training):
        """The discriminator's loss, and its accuracy."""
        half = step.half
        logits, _ = self.discriminator(ops.concatenate([ops.stop_gradient(generated), step.real]), training=training)
        of_generated = weighted_mean(ops.softplus(logits[:half]), step.weights)
        loss = of_generated + weighted_mean(ops.softplus(-logits[half:]), step.real_weights)
        right = ops.concatenate([logits[:half] < 0, logits[half:] > 0])
        return loss, ops.mean(ops.cast(right, "float32"))

    def _fooled(self, step, generated, z, training):
        """The generator's loss, and the squared error of the codes that are read."""
        logits, code = self.discriminator(generated, training=training)
        error = weighted_mean(ops.sum(ops.square(z - code), axis=-1), step.weights)
        sign = 1 if self.saturating else -1
        return -sign * weighted_mean(ops.softplus(sign * logits), step.weights), error

    def _report(self, step, generated, discriminator_loss, adversarial, error, told_apart, spread, alive):
        if self.measures_more:
            cut, half = self.cut.require("fit"), step.half
            labels = step.labels
            if labels is None:
                labels = ops.argmax(cut.classifier(step.images, training=False), axis=-1)
            logits = cut.leave(generated, [tensor[:half] for tensor in step.past])
            self.compute_metrics(None, labels[:half], logits, step.weights)
        return self.report(
            discriminator_loss,
            adversarial,
            self.information_weight * error,
            1 - error / self.latent_dim,
            told_apart,
            over_alive(spread, alive),
        )

    def _variables(self):
        """The variables of each of the three updates: D and Q share the trunk."""
        trunk = [variable for layer in self.discriminator.trunk for variable in layer.trainable_variables]
        return {
            "discriminator": trunk + self.discriminator.real.trainable_variables,
            "generator": self.generator.learned(),
            "code": trunk + self.discriminator.code.trainable_variables,
        }

    def export_endpoints(self) -> dict[str, tuple[Any, list[tf.TensorSpec]]]:
        """The SavedModel's endpoints: name to (function, input signature)."""
        codes = tf.TensorSpec((None, self.latent_dim), tf.float32, name="z")
        return {"generate": (self.generate_filters, [codes])}

    def save_own_variables(self, store):
        # Keras does not save the generators' state; without it, resumed training would draw other numbers.
        for name, generator in self._random().items():
            store[name] = ops.convert_to_numpy(generator.state)

    def load_own_variables(self, store):
        for name, generator in self._random().items():
            generator.state.assign(store[name][...])

    def _random(self):
        return {"random_state": self.seed_generator, "noise_state": self.discriminator.seed_generator}

    def get_config(self):
        names = (
            "layer", "latent_dim", "information_weight", "noise", "saturating", "min_diversity", "centered", "width",
            "seed", "shapes",
        )  # fmt: skip
        return {
            **super().get_config(),
            **{name: getattr(self, name) for name in names},
            "hidden_units": list(self.hidden_units),
        }
