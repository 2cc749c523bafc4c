"""Ways to make images that a network likes, which the recipes of the coupled generator share."""

import time
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

import keras
import numpy as np
from keras import layers

import kinv
from kinv import analysis
from kinv.classifiers.fingerprint import weights_sha256
from kinv.models import CoupledGenerator, target
from kinv.models.coupled_generator.autoencoder import GREY
from kinv.models.coupled_generator.generators import build_spectral
from kinv.models.coupled_generator.judgement import LEAST_SIDE
from kinv.surgery.tap import last_layer
from recipes.experiment.experiment import Experiment
from recipes.experiment.kept import Kept
from recipes.experiment.provenance import as_json

TITLES = {
    "pixels": "plain pixel ascent",
    "priors": "pixel ascent with image priors",
    "untrained": "untrained generator, the paper's",
    "improved": "untrained generator, improved",
    "pretrained": "pretrained decoder, the paper's",
    "decoded": "pretrained decoder, improved",
    "spectral": "spectral decoder of photographs",
}
AUTOENCODER = ("pretrained", "decoded")
SHARED = (*AUTOENCODER, "spectral")  # whose decoder is the same for all images
EVERYWHERE = ("limit", "seed", "at_a_time")  # what matters to every way's images
MEDIAN_OF = 10  # perturbations; the paper has that over the last ten steps
FIELDS = {  # and to each
    "pixels": ("pixel_steps",),
    "priors": ("prior_steps",),
    "untrained": ("generator_steps", "width"),
    "improved": ("generator_steps", "width", "smallest_view"),
    "pretrained": ("pretrained_steps",),
    "decoded": ("decoded_steps", "decoded_rate"),
    "spectral": ("spectral_size", "spectral_steps", "spectral_rate", "spectral_limit", "smallest_view"),
}


class Coupling:
    """Makes a network's images in the way that is asked for.

    Args:
        network: Functional model of square RGB images `(B, S, S, 3)` in 0..255 to logits.
        source: of photographs, for their spectrum and mean colour.
        experiment: the recipe's, with a `CoupledConfig`.

    Raises:
        ValueError: another network.
    """

    def __init__(self, network: keras.Model, source: Any, experiment: Experiment):
        config = experiment.config
        shape = network.input_shape[1:]
        if len(shape) != 3 or shape[0] is None or shape[0] != shape[1] or shape[2] != 3 or shape[0] < LEAST_SIDE:
            raise ValueError(
                f"The network must take square RGB images of one size, at least {LEAST_SIDE} x {LEAST_SIDE}; "
                f"{network.name} takes {shape}."
            )
        if config.spectral_size is not None and config.spectral_size < LEAST_SIDE:
            raise ValueError(f"spectral_size must be at least {LEAST_SIDE}, received {config.spectral_size}")
        self.network, self.source, self.experiment, self.config = network, source, experiment, config
        self.photographs = source.load(shape[0])[0].astype("float32")
        self.color = self.photographs.mean(axis=(0, 1, 2)).tolist()
        self.last: tuple[Any, CoupledGenerator] | None = None

    def kept(self, way: str) -> Kept:
        """Where images of a way are kept."""
        values = as_json(self.config)
        return self.experiment.kept(
            way=way, network=self.network.name, photographs=self.source.description,
            autoencoder=weights_sha256(self.autoencoder) if way in AUTOENCODER else None,
            **{name: values[name] for name in (*EVERYWHERE, *FIELDS[way])},
        )  # fmt: skip

    def fill(self, way: str, targets: Mapping[str, target.Target]) -> np.ndarray:
        """Images of targets by label, `(T, H, W, 3)` in 0..255; those that are kept are taken from there."""
        kept = self.kept(way)
        missing = [label for label in targets if not kept.has(label)]
        print(f"{TITLES[way]}: {len(missing)} of {len(targets)} images to make", flush=True)
        started = time.monotonic()
        for begin in range(0, len(missing), self.config.at_a_time):
            some = missing[begin : begin + self.config.at_a_time]
            before = time.monotonic()
            made, features = self.make(way, [targets[label] for label in some])
            seconds = (time.monotonic() - before) / len(some)
            for label, image, code in zip(some, made, features, strict=True):
                kept.keep(label, image, code if way in SHARED else (), seconds)
            done = begin + len(some)
            left = int((time.monotonic() - started) / done * (len(missing) - done))
            print(f"{done:>5}/{len(missing):<5} {left // 60:>4}:{left % 60:02d} left", flush=True)
        return np.stack([kept.image(label) for label in targets])

    def make(self, way: str, targets: Sequence[target.Target]) -> tuple[np.ndarray, np.ndarray]:
        """Images of all targets at once, `(T, H, W, 3)` in 0..255, and what a generator made them of, `(T, F)`.

        The paper's are medians over perturbations. Features are those of `decoder`, where the way has one.
        """
        return getattr(self, f"_{way}")(targets)

    @cached_property
    def autoencoder(self) -> Any:
        """The one whose decoder is pretrained."""
        return kinv.load(self.config.autoencoder)

    @cached_property
    def codes(self) -> tuple[np.ndarray, np.ndarray]:
        """Mean and standard deviation of the autoencoder's codes of the photographs, `(F,)`."""
        size = self.autoencoder.size
        images = keras.ops.image.resize(self.photographs, (size, size), antialias=True)
        parts = [self.autoencoder.encode(images[begin : begin + 50]) for begin in range(0, len(images), 50)]
        codes = np.concatenate([keras.ops.convert_to_numpy(part) for part in parts])
        return codes.mean(axis=0), codes.std(axis=0)

    @cached_property
    def standard(self) -> keras.Model:
        """The pretrained decoder, of features that are standardised over photographs."""
        mean, deviation = self.codes
        decoder = self.autoencoder.decoder
        features = keras.Input(decoder.input_shape[1:])
        return keras.Model(features, decoder(layers.Rescaling(deviation.tolist(), mean.tolist())(features)))

    @cached_property
    def waves(self) -> keras.Model:
        """A decoder of waves, with the spectrum and the colours of the photographs."""
        size, images = self.config.spectral_size or self.photographs.shape[1], self.photographs
        if size != images.shape[1]:
            images = keras.ops.image.resize(images, (size, size), antialias=True)
        return build_spectral(size, 3, images, limit=self.config.spectral_limit)

    @cached_property
    def copies(self) -> keras.Model:
        """A decoder that does nothing: features are pixels."""
        shape = self.photographs.shape[1:]
        return keras.Sequential([keras.Input((int(np.prod(shape)),)), layers.Reshape(shape)])

    def decoder(self, way: str) -> tuple[keras.Model, dict[str, Any]]:
        """The decoder that all images of this way share, and how a `Gallery` makes it and its images."""
        if way == "spectral":
            size = self.waves.output_shape[1]
            limit = self.config.spectral_limit
            return self.waves, {
                "decoder": "spectral", "size": size, "limit": limit, "contrast": 1.0, "brightness": self.color,
            }  # fmt: skip
        of = self.autoencoder
        return of.decoder, {"decoder": "autoencoder", "size": of.size, "channels": of.channels, "width": of.width}

    def _trained(self, targets, optimizer, steps, median_of=1, **settings):
        """Batches of as many targets are traced once."""
        settings = {"seed": self.config.seed, "brightness": self.color, **settings}
        asked = {(term.layer, term.position) for one in targets for term in one.terms}
        same = asked, len(targets), steps, *settings.items()
        if self.last and self.last[0] == same:
            model = self.last[1]
            model.restart(targets)
        else:
            self.last = None  # two models would take twice the memory
            model = CoupledGenerator(self.network, targets, **settings)
            model.compile(optimizer)
            self.last = same, model
        model.fit(steps=steps)
        return model.images(median_of), model.features()

    def _pixels(self, targets):
        """Features are pixels, 10 of 255 away from grey at the start, and nothing comes between."""
        return self._trained(
            targets, keras.optimizers.Adam(2.0), self.config.pixel_steps, generator=self.copies, gain=10.0,
            contrast=1.0, competition=0.0, regularization=0.0, noise=0.0,
        )  # fmt: skip

    def _priors(self, targets):
        """Ascent of the logit at the mean norm of photographs around their mean colour."""
        if any(len(one.terms) > 1 or one.terms[0].layer is not None for one in targets):
            raise ValueError(f"{TITLES['priors']} is for single classes only: choose another way.")
        shifted = keras.Input(self.photographs.shape[1:])
        network = keras.Model(shifted, self.network(layers.Rescaling(1.0, self.color, name="mean_color")(shifted)))
        around = (self.photographs - np.float32(self.color)).reshape(len(self.photographs), -1)
        last: Any = last_layer(self.network)
        found = analysis.maximize_activation(
            network, last, [int(one.terms[0].unit) for one in targets],
            float(np.linalg.norm(around, axis=1).mean()), 1, self.config.seed, steps=self.config.prior_steps, box=True,
            value_range=(-min(self.color), 255 - max(self.color)), cosine_waves=True, jitter=16, variation_weight=1e-3,
        )  # fmt: skip
        return found.best + np.float32(self.color), found.best.reshape(len(targets), -1)

    def _untrained(self, targets):
        return self._trained(targets, None, self.config.generator_steps, MEDIAN_OF, width=self.config.width)

    def _improved(self, targets):
        return self._trained(
            targets, _adam(3e-3, self.config.generator_steps), self.config.generator_steps, width=self.config.width,
            skips=True, noise=0.0, contrast=30.0, loss="cross_entropy", smallest_view=self.config.smallest_view,
        )  # fmt: skip

    def _pretrained(self, targets):
        return self._trained(
            targets, None, self.config.pretrained_steps, MEDIAN_OF, generator=self.autoencoder.decoder, brightness=GREY
        )

    def _decoded(self, targets):
        """Of parts of such blurred images networks are never sure: they are shown whole."""
        mean, deviation = self.codes
        images, features = self._trained(
            targets, _adam(self.config.decoded_rate, self.config.decoded_steps), self.config.decoded_steps,
            generator=self.standard, brightness=GREY, gain=0.01, noise=0.0, regularization=0.0, loss="cross_entropy",
        )  # fmt: skip
        return images, mean + deviation * features

    def _spectral(self, targets):
        """The activation too, as cross-entropy alone looks for what tells classes apart; along the gradient itself, as
        Adam's steps are as large for fine waves, which other networks do not see, as for coarse ones.
        """
        rate = keras.optimizers.schedules.CosineDecay(self.config.spectral_rate, self.config.spectral_steps, 0.1)
        return self._trained(
            targets, keras.optimizers.SGD(rate, momentum=0.5), self.config.spectral_steps, generator=self.waves,
            gain=0.01, contrast=1.0, noise=0.0, regularization=0.0, competition=0.0, unit_steps=True,
            loss="both", smallest_view=self.config.smallest_view,
        )  # fmt: skip


def _adam(rate, steps):
    return keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(rate, steps, 0.1))
