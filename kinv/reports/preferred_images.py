"""Images that a network likes best for some of its classes, made of waves with the spectrum of the report's images.

Shapes: `T` classes, `N` images of side `S`, `C` channels.
"""

from collections.abc import Sequence

import keras
import numpy as np

from kinv.models.coupled_generator.generators import as_image, build_spectral
from kinv.models.coupled_generator.model import CoupledGenerator
from kinv.models.coupled_generator.objective import classes as target_of

from .subject import PHOTO

LIMIT = 2.0  # of a wave, in standard deviations of the images
RATE, LAST_RATE, MOMENTUM = 1.5, 0.1, 0.5  # steps of norm 1, in the same deviations; the last is a share of the first
SMALLEST_VIEW = 0.3  # side of the random crops that the network sees
GAIN = 0.01  # deviation of the features at the start


class PreferredImages:
    """Makes images for a network, and others at random of the same spectrum.

    Args:
        network: images `(B, H, W, C)` in 0..255 to logits.
        images: for their spectrum and mean colour, `(N, S, S, C)` in 0..255, at least two.
        seed: of the starts, crops and random images.
    """

    def __init__(self, network: keras.Model, images: np.ndarray, seed: int):
        self.network, self.seed = network, seed
        self.small = images.shape[1] <= PHOTO
        self.decoder = build_spectral(images.shape[1], images.shape[-1], images, limit=LIMIT)
        self.color = images.mean(axis=(0, 1, 2)).tolist()

    def of_classes(self, classes: Sequence[int], steps: int) -> np.ndarray:
        """The image of each class, `(T, S, S, C)` in 0..255.

        The network sees random parts of them, so that what it looks for is anywhere and of any size; of small images,
        which show one thing as a whole, it sees everything.
        """
        coupled = CoupledGenerator(
            self.network,
            [target_of(int(one)) for one in classes],
            generator=self.decoder,
            gain=GAIN,
            brightness=self.color,
            contrast=1.0,
            noise=0.0,
            regularization=0.0,
            competition=0.0,
            unit_steps=True,
            loss="both",
            smallest_view=1.0 if self.small else SMALLEST_VIEW,
            seed=self.seed,
        )
        rate = keras.optimizers.schedules.CosineDecay(RATE, steps, LAST_RATE)
        coupled.compile(keras.optimizers.SGD(rate, momentum=MOMENTUM))
        coupled.fit(steps=steps)
        return coupled.images()

    def at_random(self, count: int) -> np.ndarray:
        """Images `(count, S, S, C)` in 0..255 with the same spectrum and colours, made for nothing."""
        features = np.random.default_rng(self.seed).normal(size=(count, self.decoder.input_shape[-1]))
        made = self.decoder(features.astype("float32"), training=False)
        return keras.ops.convert_to_numpy(as_image(made, self.color, 1.0))
