"""Metamers: other images that a layer answers alike."""

import math
from collections.abc import Sequence
from functools import partial
from typing import Any

import keras
import numpy as np
from keras import ops

from kinv.classifiers.predict import answers, resized_for, slices
from kinv.data.checks import as_images
from kinv.ops.spectrum import Spectrum
from kinv.progress_bar import progress_bar
from kinv.surgery.layer_outputs import layer_outputs
from kinv.surgery.order import layers_in_order
from kinv.surgery.stages import stages
from kinv.surgery.tap import functional_core

from .likeness import classes_of, layer_likeness, outputs_of, pixel_likeness, predictions_kept
from .result import Metamers
from .search import Search

VALUES, MOST_AT_A_TIME = 100_000_000, 32  # of all layers' outputs, and images, at a time
DEPTHS = 5  # layers, by default
LAYERS = 20  # as large as the input, of a network whose sizes are open
START = 0.1  # standard deviation of the features at the start; 1 costs 0.06 to 0.08 of correlation (SqueezeNet)


def metamers(
    model: Any,
    layers: str | Sequence[str] | None,
    images: Any,
    *,
    judge: keras.Model | None = None,
    pairs: bool = False,
    seed: int = 0,
    steps: int = 150,
    restarts: int = 3,
    learning_rate: float = 0.1,
    tolerance: float = 0.05,
    others: Any = None,
    batch_size: int | None = None,
    progress: bool = False,
) -> Metamers:
    """Finds, for each image and layer, another image for which the layer's output is the same.

    What differs between the two is what the network has thrown away up to that layer (metamers: Feather et al. 2019;
    inversion: Mahendran and Vedaldi 2015). The search starts from faint random images with the spectrum of the images
    given, around their median colour, and descends with Adam in the amplitudes of their waves. Its error is the squared
    distance of the layer's outputs, relative to the variance of those for the image: 0.05 is a correlation of about
    0.975. Metamers of a classifier also have the class that it gives the image.

    Args:
        model: Functional or Sequential, with one input, images `(B, H, W, C)` in 0..255; or one with a Functional core.
        layers: names of layers, which may be inside nested models; their outputs after their activation functions.
            None: five from the first to the last (`kinv.surgery.stages.stages`).
        images: `(N, H, W, C)` in 0..255.
        judge: another classifier, whose predictions for metamers are compared with those for the images. Images are
            resized for it.
        pairs: whether to find two metamers of each image, and to move them as far apart as their errors allow.
        seed: seed of the starts, which depend on nothing else than the layer's and the image's number.
        steps: most steps of a search, and of moving pairs apart.
        restarts: how often a search that has not converged goes on for so many steps, with the learning rate raised
            again (SGDR: Loshchilov and Hutter 2017).
        learning_rate: of Adam, in standard deviations of the waves of the images.
        tolerance: the error at which an image has converged, and is left alone, if its class is that of the original.
        others: images `(O, H, W, C)` of the null distribution, the spectrum and the median colour; default: the images
            themselves.
        batch_size: images at a time; default: as many as have 100 million outputs of all layers, at most 32.
        progress: whether to show a bar on stderr.

    Raises:
        ValueError: images or settings out of range or of the wrong shape; no such layer, or it is called more than
            once.

    Examples:
        >>> from kinv import classifiers, data
        >>> images, _ = data.load("mnist", "test", limit=4)
        >>> found = metamers(classifiers.load("digit_cnn"), ["conv2", "conv4"], images, steps=10)
        >>> found.images.shape
        (2, 4, 1, 28, 28, 1)
    """
    core = functional_core(model)
    layers = (layers,) if isinstance(layers, str) else tuple(stages(core, DEPTHS) if layers is None else layers)
    images = as_images(images, shape=core.input_shape[1:]).astype("float32")
    known = images if others is None else as_images(others, "others", shape=images.shape[1:]).astype("float32")
    _check_settings(layers, steps, restarts, learning_rate, tolerance, batch_size)
    if judge is not None:
        resized_for(judge, images[:1])  # refuses what it does not take before anything is searched
    networks = [layer_outputs(core, [layer]) for layer in layers]
    spectrum, several = Spectrum(known), 2 if pairs else 1
    middle = _median_features(spectrum, known)
    found = np.empty((len(layers), len(images), several, *images.shape[1:]), "float32")
    converged = np.empty(found.shape[:3], bool)
    apart = np.empty((len(layers), len(images), 2)) if pairs else None
    at_a_time = batch_size or _evenly(len(images), _at_a_time(core, images.shape[1:]))
    classify = partial(classes_of, core) if _is_classifier(core) else None
    classes = answers(core, images, at_a_time)[0] if classify else np.zeros(len(images))
    searches = several * (1 + restarts) + (2 if pairs else 0)
    with progress_bar("searching metamers", found[:, :, 0, 0, 0, 0].size * searches * steps, progress) as advance:
        for index, network in enumerate(networks):
            search = Search(partial(outputs_of, network), spectrum, steps, restarts, learning_rate, tolerance, classify)
            for at in slices(len(images), at_a_time):
                target = ops.convert_to_numpy(outputs_of(network, images[at]))
                deviation = target.std(axis=-1, dtype="float64")
                scale = np.where(deviation > 0, deviation, 1).astype("float32")
                members = [
                    search.match(
                        middle + _starts(seed, index, at, member, images.shape[1:]), target, scale, classes[at], advance
                    )
                    for member in range(several)
                ]
                if apart is not None:
                    apart[index, at, 0] = search.pair_differences(members)
                    members = search.move_apart(members, target, scale, classes[at], advance)
                    apart[index, at, 1] = search.pair_differences(members)
                for member, features in enumerate(members):
                    found[index, at, member] = ops.convert_to_numpy(search.images(features))
                    converged[index, at, member] = search.are_metamers(features, target, scale, classes[at])
    at_layers = [
        layer_likeness(network, images, members, known, at_a_time)
        for network, members in zip(networks, found, strict=True)
    ]
    in_pixels = [pixel_likeness(images, members) for members in found]
    kept, judge_kept = (
        None if network is None else np.stack([predictions_kept(network, images, each, at_a_time) for each in found])
        for network in (core if _is_classifier(core) else None, judge)
    )
    return Metamers(
        layers,
        images,
        found,
        correlation=np.stack([one.correlation for one in at_layers]),
        null=np.stack([one.null for one in at_layers]),
        error=np.stack([one.error for one in at_layers]),
        null_error=np.stack([one.null_error for one in at_layers]),
        pixel_correlation=np.stack([correlation for correlation, _ in in_pixels]),
        pixel_difference=np.stack([difference for _, difference in in_pixels]),
        converged=converged,
        kept=kept,
        judge_kept=judge_kept,
        pair_difference=apart,
    )


def _median_features(spectrum, known):
    """Features `(H, W, C)` of an image of the median colour.

    Between mean and median, images with a black or white ground have values that none of them has, from which the
    search finds the way to few of them.
    """
    image = np.broadcast_to(np.median(known, axis=(0, 1, 2)), (1, *known.shape[1:])).astype("float32")
    return ops.convert_to_numpy(spectrum.features(image))[0]


def _starts(seed, layer, at, member, shape):
    """Features `(B, H, W, C)` of faint random images, to be added to those of the image to start from."""
    seeds = ([seed, layer, image, member] for image in range(at.start, at.stop))
    return START * np.stack([np.random.default_rng(one).normal(size=shape) for one in seeds]).astype("float32")


def _at_a_time(model, shape):
    """How many images have the outputs of all layers in memory at once; of open sizes, an estimate."""
    outputs = sum(math.prod(size or 1 for size in place.leaving[1:]) for place in layers_in_order(model))
    return max(1, min(MOST_AT_A_TIME, VALUES // max(outputs, LAYERS * math.prod(shape))))


def _evenly(count, most):
    """The size of batches of at most so many that are about equal: each new size is compiled again."""
    return math.ceil(count / math.ceil(count / most))


def _is_classifier(model):
    return len(model.outputs) == 1 and len(model.output_shape) == 2 and (model.output_shape[-1] or 0) > 1


def _check_settings(layers, steps, restarts, learning_rate, tolerance, batch_size):
    if not layers or len(set(layers)) < len(layers):
        raise ValueError(f"layers must be one or more different names, received {layers}")
    if not isinstance(restarts, int) or restarts < 0:
        raise ValueError(f"restarts must be a whole number of at least 0, received {restarts}")
    if steps < 1 or not learning_rate > 0 or not tolerance > 0 or (batch_size is not None and batch_size < 1):
        raise ValueError(
            "steps and batch_size must be at least 1, learning_rate and tolerance positive, received "
            f"{steps}, {batch_size}, {learning_rate} and {tolerance}"
        )
