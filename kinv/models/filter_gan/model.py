"""The Filter GAN: a latent space for the filters of one convolution of a trained classifier."""

from collections.abc import Sequence
from typing import Any

import keras
import tensorflow as tf
from keras import ops

from kinv.training.checked_data import checked_data, checked_validation
from kinv.training.optimizers import Optimizers, copies

from .diversity import over_alive
from .game import FilterGame
from .moving_generator import MovingGenerator

METRICS = (
    "discriminator_loss", "generator_loss", "information_loss", "explained_variance", "discriminator_accuracy",
    "diversity",
)  # fmt: skip
SEEN = ("consistency_loss", "mismatch", "change")  # with a movement, too
NETWORKS = ("discriminator", "generator", "code")  # in the order of their updates, Algorithm 1


@keras.saving.register_keras_serializable("kinv")
class FilterGAN(FilterGame):
    """Learns filters for a layer of a classifier that see images in another way, as if these were changed.

    "Parametrizing filters of a CNN with a GAN", section 3 and Algorithm 1. A generator turns a latent code into
    filters. A discriminator separates the layer's real outputs from those of generated filters on other images. An
    InfoGAN head on the same trunk predicts the code from the output, so that the filters have to depend on it. The
    outputs compared are the convolution's own, before batch norm and activation. There, no effect of the filters is
    cut off, and the average over filter sets is the convolution with their average.

    The paper's losses settle on filters that hardly move outputs, or move them where noise of the right shape would.
    So each set has to move outputs, by construction: by `movement` times the root mean square of its code, which
    counts as 1 beyond. Codes that `draw_codes` draws have 1. Training shortens them, so that filters are good all the
    way. Three things keep what they do within what images do: predictions (`consistency`), the discriminator,
    and counterparts of the images, which the real filters have to answer as generated ones answer the images
    (`mismatch_weight`), and which have to differ from them visibly (`min_change`). With `movement=None` the losses are
    the paper's, with these deviations:
        - Filters differ at least as much as `min_diversity` says, and their mean over all codes is the real filters
          (`centered`). Around another mean, outputs can only match the real standard deviation if that mean shrinks.
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
        latent_dim: length of the latent code `z`.
        movement: how far a set moves the outputs of an image, in standard deviations between images, if the root mean
            square of its code is 1 or more. None: as far as the paper's losses make it.
        consistency: weight of the cross-entropy of predictions with those of the real filters: of generated filters for
            the images, and of the real ones for counterparts.
        mismatch_weight: weight of what counterparts do not say of the movement.
        min_change: least mean absolute difference of counterparts from their images, of 255, in the same proportion.
        adversarial_weight: of the generator's loss against the discriminator; default: 1 without a movement, as in
            the paper, else 0.05.
        information_weight: lambda, the weight of the InfoGAN loss; default: 1 without a movement, else 0.2.
        noise: standard deviation of the noise, in units of the outputs' own, per channel.
        saturating: whether the generator has the paper's loss.
        min_diversity: without a movement, least standard deviation of a filter's weights over codes, on average, in
            units of the real filter's own; default: 0.5. It is taken over a step's codes, so that small batches demand
            more. 0 is the paper's.
        centered: without a movement, whether the mean over all codes is the real filters; default: yes. Requires a
            generator with one ReLU layer. The paper's starts from random weights.
        hidden_units: widths of the generator's ReLU layers; default: 32, with a movement 64.
        width: channels of the discriminator's first convolution.
        seed: seeds the initial weights and all random draws in training.
        shapes: kernel, output and image shape, groups and the filters' standard deviation, if there is no classifier.
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
        movement: float | None = 0.8,
        consistency: float = 1.0,
        mismatch_weight: float = 3.0,
        min_change: float = 15.0,
        adversarial_weight: float | None = None,
        information_weight: float | None = None,
        noise: float = 0.5,
        saturating: bool = False,
        min_diversity: float | None = None,
        centered: bool | None = None,
        hidden_units: Sequence[int] | None = None,
        width: int = 32,
        seed: int = 0,
        shapes: dict[str, Any] | None = None,
        **kwargs: Any,
    ):
        free = movement is None
        if not free and (min_diversity or centered):
            raise ValueError(
                "min_diversity and centered are for filters without a movement, received "
                f"min_diversity={min_diversity}, centered={centered} and movement={movement}: leave one side out"
            )
        weights = {
            "consistency": consistency,
            "mismatch_weight": mismatch_weight,
            "min_change": min_change,
            "adversarial_weight": (1.0 if free else 0.05) if adversarial_weight is None else adversarial_weight,
            "information_weight": (1.0 if free else 0.2) if information_weight is None else information_weight,
            "noise": noise,
            "min_diversity": (0.5 if free else 0.0) if min_diversity is None else min_diversity,
        }
        if min(weights.values()) < 0:
            raise ValueError(f"{', '.join(weights)} must not be negative, received {list(weights.values())}")
        centered = free if centered is None else centered
        hidden_units = ((32,) if free else (64,)) if hidden_units is None else hidden_units
        names = METRICS if free else METRICS + SEEN
        super().__init__(
            classifier, layer, latent_dim, noise, centered, hidden_units, width, seed, shapes, movement, names, **kwargs
        )
        self.saturating, self.weighed = saturating, tuple(weights)
        for name, value in weights.items():
            setattr(self, name, value)

    def compile(self, optimizer: Any = None, **kwargs: Any) -> None:
        """Compiles the model; the default optimizer is RMSprop (as in the paper) at 2e-3, without a movement at 3e-4.

        Args:
            optimizer: one, copied for each network, or a dict of one for `"discriminator"`, `"generator"` and `"code"`.
            **kwargs: as in Keras, without `loss`. Metrics are of the labels, or else of the network's own predictions,
                and of the logits with generated filters.
        """
        if kwargs.get("loss") is not None:
            raise ValueError(f"FilterGAN has its own losses, received loss={kwargs['loss']!r}: leave it out")
        super().compile(**kwargs)
        if optimizer is None:
            optimizer = keras.optimizers.RMSprop(3e-4 if self.movement is None else 2e-3)
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
            x: images, an array or anything that Keras takes. With a movement, what can be read once only, such as a
                generator, needs `adapt` before.
            y: labels `(N,)`, `(N, 1)` or one-hot.
            preflight: whether to check first that images and labels fit the network, see `kinv.preflight`.
            validation_data, **kwargs: as in Keras.
        """
        classifier = self.cut.require("fit").classifier
        x, y, self.preflight = checked_data(classifier, x, y, preflight)
        validation_data = checked_validation(classifier, validation_data)
        if isinstance(self.generator, MovingGenerator) and not self.generator.is_adapted():
            self.adapt(x)
        return super().fit(x, y, validation_data=validation_data, **kwargs)

    def evaluate(self, x=None, y=None, **kwargs):
        x, y, _ = checked_data(self.cut.require("evaluate").classifier, x, y, preflight=False)
        return super().evaluate(x, y, **kwargs)

    def train_step(self, data):
        """Algorithm 1 on one batch of images: half passes the real filters, half generated ones."""
        step = self._start(data)
        self.discriminator.adapt(step.real)
        z = self._draw(step.half)
        with tf.GradientTape() as through_filters:
            fakes = self._fakes(step, z)
            short = self._short(step, fakes)
        outputs, variables = fakes.outputs(), self._variables()
        with tf.GradientTape() as tape:
            discriminator_loss, told_apart = self._told_apart(step, outputs, training=True)
        slopes = tape.gradient(discriminator_loss, variables["discriminator"])
        self.descend(self.discriminator_optimizer, slopes, variables["discriminator"])

        made = [*outputs, *fakes.past]
        with tf.GradientTape(persistent=True) as tape:
            tape.watch(made)
            losses = self._costs(step, fakes, z, training=True)
            information_loss = self.information_weight * losses["error"]
            total = self._total(losses)
        of_made: Any = tape.gradient(total, made, unconnected_gradients=tf.UnconnectedGradients.ZERO)
        slopes = through_filters.gradient(
            [*made, short], variables["generator"], output_gradients=[*of_made, ops.ones_like(short)]
        )
        self.descend(self.generator_optimizer, slopes, variables["generator"])
        self.descend(self.code_optimizer, tape.gradient(information_loss, variables["code"]), variables["code"])
        return self._report(step, fakes, discriminator_loss, told_apart, losses)

    def test_step(self, data):
        """The same losses without noise, with codes that are the same in every evaluation."""
        step = self._start(data)
        z = self._full(keras.random.normal((step.half, self.latent_dim), seed=self.seed))
        fakes = self._fakes(step, z)
        discriminator_loss, told_apart = self._told_apart(step, fakes.outputs(), training=False)
        return self._report(step, fakes, discriminator_loss, told_apart, self._costs(step, fakes, z, training=False))

    def _draw(self, count):
        """Codes `(count, Z)` for training; with a movement, at any distance from the real filters."""
        z = self._full(keras.random.normal((count, self.latent_dim), seed=self.seed_generator))
        if self.movement is None:
            return z
        return z * ops.sqrt(keras.random.uniform((count, 1), seed=self.seed_generator))

    def _costs(self, step, fakes, z, training):
        """All that the generator pays for, by name; without weights."""
        names = ("adversarial", "error", "explained")
        losses: dict[str, Any] = dict(zip(names, self._fooled(step, fakes.outputs(), z, training), strict=True))
        if self.counterparts is not None:
            losses["kept"] = self._kept(step, fakes)
            losses["mismatch"] = self._mismatch(step, fakes)
        return losses

    def _total(self, losses):
        total = self.adversarial_weight * losses["adversarial"] + self.information_weight * losses["error"]
        if self.counterparts is not None:
            total = total + self.consistency * sum(losses["kept"]) + self.mismatch_weight * losses["mismatch"]
        return total

    def _report(self, step, fakes, discriminator_loss, told_apart, losses):
        if self.measures_more:
            cut, half = self.cut.require("fit"), step.half
            labels = step.labels
            if labels is None:
                labels = ops.argmax(cut.classifier(step.images, training=False), axis=-1)
            logits = cut.leave(fakes.generated, [tensor[:half] for tensor in step.past])
            self.compute_metrics(None, labels[:half], logits, step.weights)
        more = () if self.counterparts is None else (losses["kept"][0], losses["mismatch"], ops.mean(fakes.change))
        return self.report(
            discriminator_loss,
            losses["adversarial"],
            self.information_weight * losses["error"],
            losses["explained"],
            told_apart,
            over_alive(fakes.spread, fakes.alive),
            *more,
        )

    def _variables(self):
        """The variables of each of the three updates: D and Q share the trunk."""
        counterparts = [] if self.counterparts is None else self.counterparts.trainable_variables
        trunk = [variable for layer in self.discriminator.trunk for variable in layer.trainable_variables]
        return {
            "discriminator": trunk + self.discriminator.real.trainable_variables,
            "generator": self.generator.learned() + counterparts,
            "code": trunk + self.discriminator.code.trainable_variables,
        }

    @classmethod
    def from_config(cls, config, custom_objects=None):
        return super().from_config({"movement": None, **config})  # older artifacts have none

    def get_config(self):
        names = ("saturating", *self.weighed)
        return {**super().get_config(), **{name: getattr(self, name) for name in names}}
