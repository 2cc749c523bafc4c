"""Frozen ImageNet networks, cut before their last block, for images of any size."""

from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from keras import ops

import kinv
from kinv.backend import compile_model
from kinv.classifiers import efficientnet_lite, squeezenet

BATCH = 32


@dataclass(frozen=True)
class Cut:
    """Where a network is cut.

    Attributes:
        build: the network for an input shape.
        before: the layer whose outputs are kept; what comes after it can be trained.
        end: the layer whose outputs, averaged over positions, are the features.
        other: the other network.
    """

    build: Any
    before: str
    end: str
    other: str


CUTS = {  # SqueezeNet: the two expanding convolutions of its last module. Their inputs take an eighth of the module's.
    "squeezenet": Cut(squeezenet.build, "fire9_squeeze1x1", "fire9_concat", "efficientnet_lite0"),
    "efficientnet_lite0": Cut(efficientnet_lite.build, "block14_add", "head_relu6", "squeezenet"),
}


class Trunk:
    """A network with ImageNet's weights.

    Args:
        name: in `CUTS`.
        size: height and width of the images.

    Attributes:
        network: images to ImageNet's logits.
        below: images to feature maps before the last block.
        block: these maps to features, `(B, F)`; trainable.
    """

    def __init__(self, name: str, size: int):
        cut = CUTS[name]
        self.name, self.size = name, size
        self.network = cut.build((size, size, 3))
        self.network.set_weights(kinv.classifiers.load(name).get_weights())
        maps, end = (self.network.get_layer(layer).output for layer in (cut.before, cut.end))
        self.below = keras.Model(self.network.input, maps)
        self.block = keras.Model(maps, keras.layers.GlobalAveragePooling2D()(end))
        self.pretrained = self.block.get_weights()

    def maps(self, images: np.ndarray) -> np.ndarray:
        """Feature maps of images `(N, H, W, 3)` in 0..255, float16."""
        below = compile_model(self.below)
        parts = (images[at : at + BATCH].astype("float32") for at in range(0, len(images), BATCH))
        return np.concatenate([ops.convert_to_numpy(below(part)).astype("float16") for part in parts])

    def features(self, maps: np.ndarray) -> np.ndarray:
        """Features of feature maps, by the block with its present weights: float32 `(N, F)`."""
        parts = (maps[at : at + 4 * BATCH].astype("float32") for at in range(0, len(maps), 4 * BATCH))
        return np.concatenate([ops.convert_to_numpy(compile_model(self.block)(part)) for part in parts])
