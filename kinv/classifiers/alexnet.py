"""AlexNet (Krizhevsky et al. 2012): the original with two towers, and torchvision's with one."""

from pathlib import Path

import keras
import numpy as np
from keras import layers, ops

from kinv.data.foreign_files import read_pickled_npy, read_torch_tensors
from kinv.data.refusal import refusing
from kinv.layers import LocalResponseNormalization

from .layer_weights import check_names, set_layers, swap_input_channels
from .squeezenet import CAFFE_MEAN_RGB

IMAGENET_MEAN, IMAGENET_STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)  # torchvision's, for colours in 0..1
LAYERS = ("conv1", "conv2", "conv3", "conv4", "conv5", "fc6", "fc7", "fc8")
TWO_TOWERS = ("conv2", "conv4", "conv5")

# === Two towers ===


def build(classes: int = 1000) -> keras.Model:
    """The network of Caffe's `bvlc_alexnet` with random weights: RGB 0..255 `(B, 227, 227, 3)` in, logits out.

    A convolution with two groups is two convolutions on half the channels each: TensorFlow has no gradient for
    grouped convolutions on CPUs.
    """
    images = layers.Input((227, 227, 3), name="images")
    x = layers.Rescaling(1.0, [-mean for mean in CAFFE_MEAN_RGB], name="preprocessing")(images)
    x = layers.Conv2D(96, 11, strides=4, activation="relu", name="conv1")(x)
    x = LocalResponseNormalization(name="norm1")(x)
    x = layers.MaxPooling2D(3, 2, name="pool1")(x)
    x = _two_towers(x, 256, 5, "conv2")
    x = LocalResponseNormalization(name="norm2")(x)
    x = layers.MaxPooling2D(3, 2, name="pool2")(x)
    x = layers.Conv2D(384, 3, padding="same", activation="relu", name="conv3")(x)
    x = _two_towers(x, 384, 3, "conv4")
    x = _two_towers(x, 256, 3, "conv5")
    x = layers.MaxPooling2D(3, 2, name="pool5")(x)
    x = layers.Flatten(name="flatten")(x)
    x = layers.Dense(4096, activation="relu", name="fc6")(x)
    x = layers.Dense(4096, activation="relu", name="fc7")(x)
    return keras.Model(images, layers.Dense(classes, name="fc8")(x), name="alexnet")


def _two_towers(x, channels: int, kernel: int, name: str):
    towers = [
        layers.Conv2D(channels // 2, kernel, padding="same", activation="relu", name=f"{name}_{tower}")(half)
        for tower, half in zip(("upper", "lower"), ops.split(x, 2, axis=-1), strict=True)
    ]
    return layers.Concatenate(name=name)(towers)


def load_weights(model: keras.Model, path: Path) -> None:
    """Reads `bvlc_alexnet.npy`: a pickled dict of `[kernel, bias]` by layer, for BGR input."""
    weights = read_pickled_npy(path)
    with refusing(path, f"does not hold the weights of {model.name}"):
        check_names(weights, LAYERS)
        arrays = {name: weights[name] for name in LAYERS if name not in TWO_TOWERS}
        for name in TWO_TOWERS:
            kernel, bias = weights[name]
            arrays[f"{name}_upper"], arrays[f"{name}_lower"] = zip(
                np.split(kernel, 2, axis=-1), np.split(bias, 2), strict=True
            )
        set_layers(model, arrays)
    swap_input_channels(model.get_layer("conv1"))


# === One tower ===

SINGLE_TOWER = ("conv1", 0), ("conv2", 3), ("conv3", 6), ("conv4", 8), ("conv5", 10)  # layer, index in `features`
SINGLE_TOWER_DENSE = ("fc6", 1), ("fc7", 4), ("fc8", 6)  # layer, index in `classifier`


def build_single_tower(classes: int = 1000) -> keras.Model:
    """torchvision's AlexNet (Krizhevsky 2014) with random weights: RGB 0..255 `(B, 224, 224, 3)` in, logits out."""
    images = layers.Input((224, 224, 3), name="images")
    offset = [-mean / std for mean, std in zip(IMAGENET_MEAN, IMAGENET_STD, strict=True)]
    x = layers.Rescaling([1 / (255 * std) for std in IMAGENET_STD], offset, name="preprocessing")(images)
    x = layers.ZeroPadding2D(2, name="pad1")(x)
    x = layers.Conv2D(64, 11, strides=4, activation="relu", name="conv1")(x)
    x = layers.MaxPooling2D(3, 2, name="pool1")(x)
    x = layers.Conv2D(192, 5, padding="same", activation="relu", name="conv2")(x)
    x = layers.MaxPooling2D(3, 2, name="pool2")(x)
    x = layers.Conv2D(384, 3, padding="same", activation="relu", name="conv3")(x)
    x = layers.Conv2D(256, 3, padding="same", activation="relu", name="conv4")(x)
    x = layers.Conv2D(256, 3, padding="same", activation="relu", name="conv5")(x)
    x = layers.MaxPooling2D(3, 2, name="pool5")(x)
    x = layers.Flatten(name="flatten")(x)
    x = layers.Dense(4096, activation="relu", name="fc6")(x)
    x = layers.Dense(4096, activation="relu", name="fc7")(x)
    return keras.Model(images, layers.Dense(classes, name="fc8")(x), name="alexnet_torchvision")


def load_single_tower_weights(model: keras.Model, path: Path) -> None:
    """Reads torchvision's `alexnet-owt-*.pth`."""
    tensors = read_torch_tensors(path)
    there = {name: f"features.{index}" for name, index in SINGLE_TOWER}
    there |= {name: f"classifier.{index}" for name, index in SINGLE_TOWER_DENSE}
    with refusing(path, f"does not hold the weights of {model.name}"):
        check_names(tensors, [f"{part}.{kind}" for part in there.values() for kind in ("weight", "bias")], "tensors")
        arrays = {name: (tensors[f"{part}.weight"], tensors[f"{part}.bias"]) for name, part in there.items()}
        for name, (kernel, bias) in arrays.items():
            if name == "fc6":  # flattened channels first there, channels last here
                kernel = kernel.reshape(-1, 256, 6, 6).transpose(0, 2, 3, 1).reshape(len(kernel), -1)
            arrays[name] = (kernel.transpose(2, 3, 1, 0) if kernel.ndim == 4 else kernel.T, bias)
        set_layers(model, arrays)
