"""The Filter GAN: a latent space for the filters of one convolution of a trained classifier."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import keras
import tensorflow as tf
from keras import ops

from kinv.ops.weighted_mean import weighted_mean
from kinv.training.checked_data import checked_data, checked_validation
from kinv.training.optimizers import Optimizers, copies

from .diversity import over_alive, relative_spread
from .filter_family import FilterFamily

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
class FilterGAN(FilterFamily):
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

    Examples:
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
        amounts = {"information_weight": information_weight, "noise": noise, "min_diversity": min_diversity}
        if min(amounts.values()) < 0:
            raise ValueError(f"{', '.join(amounts)} must not be negative, received {list(amounts.values())}")
        super().__init__(
            classifier, layer, latent_dim, noise, centered, hidden_units, width, seed, shapes, METRICS, **kwargs
        )
        self.information_weight, self.saturating, self.min_diversity = information_weight, saturating, min_diversity

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

    def fit(self, x=None, y=None, *, validation_data=None, preflight=True, **kwargs):
        """As in Keras, on images in 0..255; labels serve metrics only.

        Args:
            x: images, an array or anything that Keras takes.
            y: labels `(N,)`, `(N, 1)` or one-hot.
            preflight: whether to check first that images and labels fit the network, see `kinv.preflight`.
            validation_data, **kwargs: as in Keras.
        """
        classifier = self.cut.require("fit").classifier
        x, y, self.preflight = checked_data(classifier, x, y, preflight)
        validation_data = checked_validation(classifier, validation_data)
        return super().fit(x, y, validation_data=validation_data, **kwargs)

    def evaluate(self, x=None, y=None, **kwargs):
        x, y, _ = checked_data(self.cut.require("evaluate").classifier, x, y, preflight=False)
        return super().evaluate(x, y, **kwargs)

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

    def get_config(self):
        names = ("information_weight", "saturating", "min_diversity")
        return {**super().get_config(), **{name: getattr(self, name) for name in names}}
