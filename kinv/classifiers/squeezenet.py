"""SqueezeNet v1.1 (Iandola et al. 2016), the plain ImageNet classifier: as accurate as AlexNet, 1.2 M parameters."""

from pathlib import Path

import keras
from keras import layers

from kinv.data.foreign_files import read_pickled_arrays
from kinv.data.refusal import refusing

from .layer_weights import set_layers, swap_input_channels

INPUT_SIZE = 227
CAFFE_MEAN_RGB = (123.68, 116.779, 103.939)
FIRE_CHANNELS = {
    2: (16, 64),
    3: (16, 64),
    4: (32, 128),
    5: (32, 128),
    6: (48, 192),
    7: (48, 192),
    8: (64, 256),
    9: (64, 256),
}
POOL_AFTER_FIRE = {3: "pool3", 5: "pool5"}


def build(input_shape: tuple[int, int, int] = (INPUT_SIZE, INPUT_SIZE, 3), classes: int = 1000) -> keras.Model:
    """The network with random weights: RGB 0..255 in, logits out.

    The logits are the averages of the last convolution after its ReLU, as in the published network: never negative.
    """
    images = layers.Input(input_shape, name="images")
    x = layers.Rescaling(1.0, [-mean for mean in CAFFE_MEAN_RGB], name="preprocessing")(images)
    x = layers.Conv2D(64, 3, strides=2, activation="relu", name="conv1")(x)
    x = layers.MaxPooling2D(3, 2, name="pool1")(x)
    for index, (squeeze, expand) in FIRE_CHANNELS.items():
        x = _fire(x, squeeze, expand, f"fire{index}")
        if index in POOL_AFTER_FIRE:
            x = layers.MaxPooling2D(3, 2, name=POOL_AFTER_FIRE[index])(x)
    x = layers.Conv2D(classes, 1, activation="relu", name="conv10")(x)
    logits = layers.GlobalAveragePooling2D(name="logits")(x)
    return keras.Model(images, logits, name="squeezenet")


def _fire(x, squeeze: int, expand: int, name: str):
    x = layers.Conv2D(squeeze, 1, activation="relu", name=f"{name}_squeeze1x1")(x)
    left = layers.Conv2D(expand, 1, activation="relu", name=f"{name}_expand1x1")(x)
    right = layers.Conv2D(expand, 3, padding="same", activation="relu", name=f"{name}_expand3x3")(x)
    return layers.Concatenate(name=f"{name}_concat")([left, right])


def load_weights(model: keras.Model, path: Path) -> None:
    """Puts the weights of the pickle `{"fire2/squeeze1x1": [kernel, bias], ...}` (BGR input) into the network."""
    weights = read_pickled_arrays(path)
    with refusing(path, f"does not hold the weights of {model.name}"):
        set_layers(model, {name.replace("/", "_"): arrays for name, arrays in weights.items()})
    swap_input_channels(model.get_layer("conv1"))
