"""What the players of a Filter GAN see in a step, and what it costs them."""

from typing import Any, NamedTuple

import keras
from keras import ops

from kinv.ops.weighted_mean import weighted_mean

from .codes import held, root_mean_square
from .diversity import over_alive, relative_spread
from .filter_family import FilterFamily

SPREAD_WEIGHT = 1000.0  # of the squared shortfall from `min_diversity`: outweighs all other terms
CHANGE_WEIGHT = 0.1  # of each grey level that counterparts change too little


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


class Fakes(NamedTuple):
    """What is made of the first half of a batch and its codes."""

    generated: Any  # the layer's outputs with generated filters,
    spread: Any  # how much these filters differ, `(F,)`,
    alive: Any  # and which can
    answered: Any = None  # outputs of the real filters for counterparts of the images,
    past: tuple[Any, ...] = ()  # what of these bypasses the layer,
    change: Any = None  # by how much each differs from its image, of 255,
    far: Any = None  # and how far its code leads, 0..1

    def outputs(self) -> list[Any]:
        """All that the discriminator takes for outputs."""
        return [self.generated] if self.answered is None else [self.generated, self.answered]


class FilterGame(FilterFamily):
    """The losses of a `FilterGAN`."""

    def _start(self, data):
        images, labels, weights = keras.utils.unpack_x_y_sample_weight(data)
        cut, images = self.cut.require("fit"), ops.cast(images, "float32")
        entering, past = cut.enter(images)
        half = ops.maximum(ops.shape(entering)[0] // 2, 1)
        real = cut.convolve(entering[-half:], cut.kernel())  # a batch of one image passes both
        of_both = (None, None) if weights is None else (weights[:half], weights[-half:])
        return Step(images, labels, entering, past, half, real, *of_both)

    def _fakes(self, step, z):
        cut, filters = self.cut.require("fit"), self.generator(z)
        generated = cut.convolve(step.entering[: step.half], filters)
        fakes = Fakes(generated, *relative_spread(filters, cut.kernel()))
        if self.counterparts is None:
            return fakes
        images = step.images[: step.half]
        seen = self.counterparts(images, z)
        entering, past = cut.enter(seen)
        change = ops.mean(ops.abs(seen - images), axis=(1, 2, 3))
        far = root_mean_square(held(z))[:, 0]
        return fakes._replace(answered=cut.convolve(entering, cut.kernel()), past=tuple(past), change=change, far=far)

    def _short(self, step, fakes):
        """What filters that differ too little cost, and counterparts that change too little."""
        short = ops.relu(self.min_diversity - fakes.spread) * ops.cast(step.half > 1, fakes.spread.dtype)
        cost = SPREAD_WEIGHT * over_alive(ops.square(short), fakes.alive)  # of one draw, there is no spread
        if fakes.change is not None:
            least = self.min_change * fakes.far
            cost = cost + CHANGE_WEIGHT * weighted_mean(ops.relu(least - fakes.change), step.weights)
        return cost

    def _told_apart(self, step, outputs, training):
        """The discriminator's loss, and its accuracy."""
        fake = len(outputs) * step.half
        seen = ops.concatenate([*(ops.stop_gradient(each) for each in outputs), step.real])
        logits, _ = self.discriminator(seen, training=training)
        of_fakes = weighted_mean(ops.softplus(logits[:fake]), _for_all(step.weights, outputs))
        loss = of_fakes + weighted_mean(ops.softplus(-logits[fake:]), step.real_weights)
        shares = [ops.mean(ops.cast(right, "float32")) for right in (logits[:fake] < 0, logits[fake:] > 0)]
        return loss, sum(shares) / 2

    def _fooled(self, step, outputs, z, training):
        """The generator's loss, the squared error of codes that are read, and how much is read of generated filters."""
        logits, code = self.discriminator(ops.concatenate(outputs), training=training)
        weights, codes = _for_all(step.weights, outputs), ops.concatenate([z] * len(outputs))
        errors = ops.sum(ops.square(codes - code), axis=-1)
        sign = 1 if self.saturating else -1
        adversarial = -sign * weighted_mean(ops.softplus(sign * logits), weights)
        missed, said = (
            weighted_mean(of, step.weights) for of in (errors[: step.half], ops.sum(ops.square(z), axis=-1))
        )
        return adversarial, weighted_mean(errors, weights), 1 - ops.divide_no_nan(missed, said)

    def _kept(self, step, fakes):
        """Cross-entropy of the predictions with those of the real filters: of generated ones, and of counterparts."""
        cut = self.cut.require("fit")
        own = cut.convolve(step.entering[: step.half], cut.kernel())
        past = [tensor[: step.half] for tensor in step.past]
        said = ops.softmax(cut.leave(own, past))
        ways = [(fakes.generated, past), (fakes.answered, list(fakes.past))][: len(fakes.outputs())]
        return [
            weighted_mean(ops.categorical_crossentropy(said, cut.leave(*way), from_logits=True), step.weights)
            for way in ways
        ]

    def _mismatch(self, step, fakes):
        """How far the counterparts' outputs are from those of generated filters, over how far these moved outputs.

        Squares, in units of the outputs' deviations between images. 0: counterparts say all of what the filters do.
        """
        cut = self.cut.require("fit")
        own = cut.convolve(step.entering[: step.half], cut.kernel())
        weight = ops.reshape(ops.divide_no_nan(1.0, self.generator.deviation), (-1,))
        missed, moved = (
            weighted_mean(ops.mean(ops.square((of - fakes.generated) * weight), axis=(1, 2, 3)), step.weights)
            for of in (fakes.answered, own)
        )
        return ops.divide_no_nan(missed, moved)


def _for_all(weights, outputs):
    return None if weights is None else ops.concatenate([weights] * len(outputs))
