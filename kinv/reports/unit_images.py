"""Images that units of a network like best, made to be looked at."""

from dataclasses import dataclass

import keras
import numpy as np

from kinv.analysis.units.maximization import maximize_activation
from kinv.classifiers.predict import slices
from kinv.surgery.tap import functional_core, tap

from .subject import BATCH, PHOTO

RESTARTS = 2
FAINT = 20  # standard deviation of the start around the median colour, of 255
SHAKEN = 0.03  # of the side, by which large images are shifted on the way, against high-frequency noise
SHOWN = (1, 3)  # channels


@dataclass(frozen=True)
class Liked:
    """Images made for `K` units.

    Attributes:
        images: `(K, H, W, C)` in 0..255.
        answers: the units' activations for them, before the activation function, `(K,)`.
        real: their highest activations for real images, `(K,)`.
    """

    images: np.ndarray
    answers: np.ndarray
    real: np.ndarray


def check_channels(network: keras.Model) -> None:
    """Raises a ValueError if images can't be shown."""
    channels = network.input_shape[-1]
    if channels not in SHOWN:
        raise ValueError(f"images of {channels} channels can't be shown: they must be grey or of colour")


def liked_best(network: keras.Model, layer: str, units: np.ndarray, images: np.ndarray, steps: int, seed: int) -> Liked:
    """An image for each of a layer's units `(K,)`, of at most the mean norm of real images `(N, H, W, C)` in 0..255.

    Large images are made of waves and shifted on the way, small ones of pixels.
    """
    core, shape = functional_core(network), images.shape[1:]
    large = max(shape[:2]) > PHOTO
    noise = np.random.default_rng(seed).normal(0, FAINT, (RESTARTS, *shape))
    made = maximize_activation(
        core,
        layer,
        units,
        float(np.linalg.norm(images.reshape(len(images), -1), axis=1).mean()),
        start=np.clip(np.median(images, axis=(0, 1, 2)) + noise, 0, 255).astype("float32"),
        seed=seed,
        steps=steps,
        box=True,
        cosine_waves=large,
        jitter=round(SHAKEN * max(shape[:2])) if large else 0,
    )
    tapped = tap(core, layer, units)
    real = [keras.ops.convert_to_numpy(tapped.activations(images[at])).max(axis=0) for at in slices(len(images), BATCH)]
    return Liked(made.best, made.best_activations, np.max(real, axis=0))
