"""Ways to make pictures that a network likes, which the recipes of the coupled generator share."""

import time
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

import keras
import numpy as np
from keras import layers

import kinv
from kinv import analysis, data
from kinv.models import CoupledGenerator, target
from kinv.models.denoising_autoencoder import GREY
from kinv.models.picture_generator import build_spectral
from recipes.deep_training import seeded
from recipes.kept import PictureShelf
from recipes.material import find_pictures, load_classifier
from recipes.provenance import as_json

TITLES = {
    "pixels": "plain pixel ascent",
    "priors": "pixel ascent with image priors",
    "untrained": "untrained generator, the paper's",
    "improved": "untrained generator, improved",
    "pretrained": "pretrained decoder, the paper's",
    "decoded": "pretrained decoder, improved",
    "spectral": "spectral decoder of photographs",
}
PAPERS = ("untrained", "pretrained")
SHARED = ("pretrained", "decoded", "spectral")  # whose decoder is the same for all pictures
EVERYWHERE = ("classifier", "data", "limit", "seed", "at_a_time")  # what matters to every way's pictures
FIELDS = {  # and to each
    "pixels": ("pixel_steps",),
    "priors": ("prior_steps",),
    "untrained": ("generator_steps", "width"),
    "improved": ("generator_steps", "width", "smallest_view"),
    "pretrained": ("autoencoder", "pretrained_steps"),
    "decoded": ("autoencoder", "decoded_steps", "decoded_rate"),
    "spectral": ("spectral_size", "spectral_steps", "spectral_rate", "smallest_view", "views", "contrast"),
}


class Coupling:
    """Makes a network's pictures in the way that is asked for.

    Args:
        network: Functional model of pictures `(B, H, W, C)` in 0..255 to logits.
        source: of photographs, for their spectrum and mean colour.
        config: the recipe's, a `CoupledConfig`.
    """

    def __init__(self, network: keras.Model, source: Any, config: Any):
        self.network, self.source, self.config = network, source, config
        self.photographs = source.load(network.input_shape[1], config.limit)[0].astype("float32")
        self.color = self.photographs.mean(axis=(0, 1, 2)).tolist()

    def pictures(self, way: str, targets: Sequence[target.Target]) -> np.ndarray:
        """`(T, H, W, C)` in 0..255, made for so many targets at a time as the configuration says."""
        step = self.config.at_a_time
        chunks = [targets[begin : begin + step] for begin in range(0, len(targets), step)]
        return np.concatenate([self.make(way, some)[0] for some in chunks])

    def fill(self, shelf: PictureShelf, way: str, targets: Mapping[str, target.Target]) -> np.ndarray:
        """The same for targets by label, where those that are on the shelf are taken from there, and new ones put."""
        missing = [label for label in targets if not shelf.has(label)]
        print(f"{len(missing)} of {len(targets)} pictures to make", flush=True)
        started = time.monotonic()
        for begin in range(0, len(missing), self.config.at_a_time):
            some = missing[begin : begin + self.config.at_a_time]
            before = time.monotonic()
            made, features = self.make(way, [targets[label] for label in some])
            seconds = (time.monotonic() - before) / len(some)
            for label, picture, code in zip(some, made, features, strict=True):
                shelf.keep(label, picture, code if way in SHARED else (), seconds)
            done = begin + len(some)
            left = int((time.monotonic() - started) / done * (len(missing) - done))
            print(f"{done:>5}/{len(missing):<5} {left // 60:>4}:{left % 60:02d} left", flush=True)
        return np.stack([shelf.picture(label) for label in targets])

    def make(self, way: str, targets: Sequence[target.Target]) -> tuple[np.ndarray, np.ndarray]:
        """Pictures of all targets at once, `(T, H, W, C)` in 0..255, and what a generator made them of, `(T, F)`.

        The paper's are medians over perturbations.
        """
        if way == "priors":
            made = self._priors(targets)
            return made, made.reshape(len(made), -1)
        model = getattr(self, f"_{way}")(targets)
        features = model.features()
        if way == "decoded":
            mean, deviation = self.codes
            features = mean + deviation * features
        return model.pictures(median_of=10 if way in PAPERS else 1), features

    @cached_property
    def autoencoder(self) -> Any:
        """The one whose decoder is pretrained."""
        return kinv.load(self.config.autoencoder)

    @cached_property
    def codes(self) -> tuple[np.ndarray, np.ndarray]:
        """Mean and deviation of the autoencoder's codes of the photographs, `(F,)`."""
        size = self.autoencoder.size
        images = keras.ops.image.resize(self.photographs, (size, size), antialias=True)
        parts = [self.autoencoder.encode(images[begin : begin + 50]) for begin in range(0, len(images), 50)]
        codes = np.concatenate([keras.ops.convert_to_numpy(part) for part in parts])
        return codes.mean(axis=0), codes.std(axis=0)

    @cached_property
    def standard(self) -> keras.Model:
        """The pretrained decoder, of features that are 0 on average over photographs, with a deviation of 1."""
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
        return build_spectral(size, self.photographs.shape[-1], images)

    def decoder(self, way: str) -> tuple[keras.Model, dict[str, Any]]:
        """The decoder that all pictures of this way share, and how a `Gallery` makes it and its pictures."""
        if way == "spectral":
            size, channels = self.waves.output_shape[2:]
            return self.waves, {
                "decoder": "spectral",
                "size": size,
                "channels": channels,
                "contrast": 1.0,
                "brightness": self.color,
            }
        of = self.autoencoder
        return of.decoder, {"decoder": "autoencoder", "size": of.size, "channels": of.channels, "width": of.width}

    def _trained(self, targets, optimizer, steps, **settings):
        settings = {"seed": self.config.seed, "brightness": self.color, **settings}
        model = CoupledGenerator(self.network, targets, **settings)
        model.compile(optimizer)
        model.fit(steps=steps)
        return model

    def _pixels(self, targets):
        """Features are pixels, 10 of 255 away from grey at the start, and nothing comes between."""
        shape = self.photographs.shape[1:]
        copies = keras.Sequential([keras.Input((int(np.prod(shape)),)), layers.Reshape(shape)])
        return self._trained(
            targets, keras.optimizers.Adam(2.0), self.config.pixel_steps, generator=copies, gain=10.0, contrast=1.0,
            competition=0.0, regularization=0.0, noise=0.0,
        )  # fmt: skip

    def _priors(self, targets):
        """Ascent of the logit at the mean norm of photographs around their mean colour."""
        shifted = keras.Input(self.photographs.shape[1:])
        network = keras.Model(shifted, self.network(layers.Rescaling(1.0, self.color, name="mean_color")(shifted)))
        around = (self.photographs - np.float32(self.color)).reshape(len(self.photographs), -1)
        last: Any = target.last_layer(self.network)
        found = analysis.maximize_activation(
            network, last, [int(one.terms[0].unit) for one in targets],
            float(np.linalg.norm(around, axis=1).mean()), 1, self.config.seed, steps=self.config.prior_steps, box=True,
            value_range=(-min(self.color), 255 - max(self.color)), cosine_waves=True, jitter=16, variation_weight=1e-3,
        )  # fmt: skip
        return found.best + np.float32(self.color)

    def _untrained(self, targets):
        return self._trained(targets, None, self.config.generator_steps, width=self.config.width)

    def _improved(self, targets):
        return self._trained(
            targets, _adam(3e-3, self.config.generator_steps), self.config.generator_steps,
            width=self.config.width, skips=True, noise=0.0, contrast=30.0, **self._sure(),
        )  # fmt: skip

    def _pretrained(self, targets):
        return self._trained(
            targets, None, self.config.pretrained_steps, generator=self.autoencoder.decoder, brightness=GREY
        )

    def _decoded(self, targets):
        """Of parts of such blurred pictures networks are never sure: they are shown whole."""
        return self._trained(
            targets, _adam(self.config.decoded_rate, self.config.decoded_steps), self.config.decoded_steps,
            generator=self.standard, brightness=GREY, gain=0.01, noise=0.0, regularization=0.0, loss="cross_entropy",
        )  # fmt: skip

    def _spectral(self, targets):
        """Faint as long as it is trained; its waves are then scaled for a contrast more like that of photographs."""
        model = self._trained(
            targets, _adam(self.config.spectral_rate, self.config.spectral_steps), self.config.spectral_steps,
            generator=self.waves, gain=0.01, contrast=1.0, noise=0.0, regularization=0.0,
            views=self.config.views, **self._sure(),
        )  # fmt: skip
        waves = model.features().reshape(-1, *self.waves.output_shape[1:])
        waves[:, 0, 0] = 0  # mean colours stay
        found = np.asarray(self.waves(waves.reshape(len(waves), -1))).std(axis=(1, 2, 3))
        more = (self.config.contrast / found - 1)[:, None] * waves.reshape(len(waves), -1)
        model.gains.gain.assign_add(more)
        return model

    def _sure(self):
        return {"loss": "cross_entropy", "smallest_view": self.config.smallest_view}


def prepare(config: Any) -> tuple[Coupling, keras.Model]:
    """Networks and photographs that the configuration names; returns the coupling and the judge."""
    seeded(config)
    network = load_classifier(config.classifier, "squeezenet", config.download)
    judge = load_classifier(config.judge, "efficientnet_lite0", config.download)
    source = find_pictures(config.data, config.download)
    print(f"Network:  {network.name}; judge: {judge.name}")
    print(f"Pictures: {source.description}", flush=True)
    return Coupling(network, source, config), judge


def settings(config: Any, way: str) -> dict[str, Any]:
    """What makes a picture another one, for a `PictureShelf`."""
    return {"way": way, **{name: as_json(config)[name] for name in (*EVERYWHERE, *FIELDS[way])}}


def class_names(network: keras.Model) -> list[str]:
    """Of all its classes: ImageNet's, or else numbers."""
    count = network.output_shape[-1]
    known = data.imagenet_class_names()
    return known if count == len(known) else [str(index) for index in range(count)]


def find_classes(network: keras.Model, chosen: Sequence[str]) -> list[int]:
    """Indices of classes that are named, or already given by index.

    Raises:
        ValueError: there is no such class; near names are suggested.
    """
    names = class_names(network)
    return [target.class_index(int(one) if one.isdecimal() else one, names, len(names)) for one in chosen]


def _adam(rate, steps):
    return keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(rate, steps, 0.1))
