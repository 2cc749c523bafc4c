"""How realistic generated images are: another network's predictions, and statistics to compare with photographs."""

from dataclasses import asdict, dataclass
from typing import Any

import keras
import numpy as np

from kinv.classifiers.predict import logits_in_batches, resized_for
from kinv.data.checks import as_images
from kinv.surgery.contract import check_logits
from kinv.surgery.tap import checked_units

LEAST_SIDE = 64  # pixels, for image statistics


def class_ranks(classifier: keras.Model, images: Any, classes: Any) -> np.ndarray:
    """The number of other classes whose logit is at least the given class's, `(N,)`; 0: it alone comes first.

    Images are resized to the network's input size.

    Args:
        classifier: images `(B, H, W, C)` in 0..255 to logits.
        images: `(N, H', W', C)` in 0..255.
        classes: class indices, `(N,)`.

    Raises:
        ValueError: if images have another range, there is not one class for each, a class does not exist, or logits are
            not finite.
    """
    check_logits(classifier)
    images, classes = as_images(images, shape=(None, None, classifier.input_shape[-1])), np.asarray(classes)
    if classes.shape != (len(images),):
        raise ValueError(
            f"images must be (N, H, W, C), with a class for each, received {images.shape} and {classes.shape}"
        )
    checked_units(classes, classifier.output_shape[-1], "the classes")
    images = resized_for(classifier, images)
    ranks = np.empty(len(images), int)
    for at, answers in logits_in_batches(classifier, images):
        given = np.take_along_axis(answers, classes[at, None], axis=1)
        ranks[at] = (answers >= given).sum(axis=1) - 1
    return ranks


@dataclass(frozen=True)
class ImageStatistics:
    """Means over images, except for `likeness`.

    Attributes:
        saturation: mean over pixels of the largest channel minus the smallest, in 0..255.
        contrast: standard deviation of an image's values, on the scale of 0..255.
        extreme: share of values within 1 of 0 or 255.
        slope: slope of log power over log frequency, from a twentieth to half of the Nyquist frequency; about -2 for
            photographs (Field 1987), 0 for white noise.
        likeness: largest correlation between the values of two images; 1: two are identical; 0 for a single image.
    """

    saturation: float
    contrast: float
    extreme: float
    slope: float
    likeness: float

    def as_dict(self) -> dict[str, float]:
        """Values by name."""
        return asdict(self)


def image_statistics(images: Any) -> ImageStatistics:
    """Statistics in which images optimised for a network often differ from photographs.

    Args:
        images: `(N, H, W, C)` in 0..255, with sides of at least 64 pixels.

    Raises:
        ValueError: if the shape or the range is another, or there are no images.
    """
    images = as_images(images).astype("float64")
    if min(images.shape[1:3]) < LEAST_SIDE:
        raise ValueError(
            f"images must be one or more (N, H, W, C) of at least {LEAST_SIDE} x {LEAST_SIDE}, received {images.shape}"
        )
    flat = images.reshape(len(images), -1)
    centred = flat - flat.mean(axis=1, keepdims=True)
    centred /= np.maximum(np.linalg.norm(centred, axis=1, keepdims=True), 1e-12)
    alike = centred @ centred.T - 2 * np.eye(len(images))
    return ImageStatistics(
        saturation=float((images.max(axis=-1) - images.min(axis=-1)).mean()),
        contrast=float(flat.std(axis=1).mean()),
        extreme=float(((flat < 1) | (flat > 254)).mean()),
        slope=float(np.mean([_slope(image.mean(axis=-1)) for image in images])),
        likeness=float(alike.max()) if len(images) > 1 else 0.0,
    )


def _slope(grey):
    window = np.hanning(grey.shape[0])[:, None] * np.hanning(grey.shape[1])
    power = np.square(np.abs(np.fft.fft2((grey - grey.mean()) * window)))
    frequencies = np.hypot(np.fft.fftfreq(grey.shape[0])[:, None], np.fft.fftfreq(grey.shape[1])[None])
    inner = (frequencies >= 0.025) & (frequencies <= 0.25)
    edges = np.geomspace(0.025, 0.25, 9)
    bins = np.digitize(frequencies[inner], edges[1:-1])
    means = np.bincount(bins, power[inner]) / np.bincount(bins)
    return np.polyfit(np.log(np.sqrt(edges[1:] * edges[:-1])), np.log(means + 1e-12), 1)[0]
