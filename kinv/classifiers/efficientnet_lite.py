"""EfficientNet-Lite0 (Tan and Le 2019, the variant for small devices), the residual ImageNet classifier."""

from collections.abc import Iterator
from pathlib import Path

import keras
import numpy as np
from keras import layers

from kinv.data.foreign_files import read_torch_tensors
from kinv.data.refusal import refusing

from .layer_weights import check_names, set_layers

INPUT_SIZE = 224
STAGES = (  # repeats, kernel, first stride, expansion, output channels (Tan and Le, table 1)
    (1, 3, 1, 1, 16),
    (2, 3, 2, 6, 24),
    (2, 5, 2, 6, 40),
    (3, 3, 2, 6, 80),
    (3, 5, 1, 6, 112),
    (4, 5, 2, 6, 192),
    (1, 3, 1, 6, 320),
)
EPSILON = 1e-3
STATISTICS = ("weight", "bias", "running_mean", "running_var")  # of a batch norm, in Keras's order
COUNTER = ".num_batches_tracked"  # PyTorch's, which nothing needs


def build(input_shape: tuple[int, int, int] = (INPUT_SIZE, INPUT_SIZE, 3), classes: int = 1000) -> keras.Model:
    """The network with random weights: RGB 0..255 in, logits out."""
    images = layers.Input(input_shape, name="images")
    x = layers.Rescaling(1 / 128, -127 / 128, name="preprocessing")(images)
    x = _convolution(x, 32, 3, 2, "stem")
    index = 0
    for repeats, kernel, stride, expansion, channels in STAGES:
        for repeat in range(repeats):
            x = _block(x, kernel, stride if repeat == 0 else 1, expansion, channels, f"block{index}")
            index += 1
    x = _convolution(x, 1280, 1, 1, "head")
    x = layers.GlobalAveragePooling2D(name="pool")(x)
    return keras.Model(images, layers.Dense(classes, name="logits")(x), name="efficientnet_lite0")


def _block(x, kernel, stride, expansion, channels, name):
    """Inverted residual: expand, filter per channel, project."""
    shortcut = x
    if expansion > 1:
        x = _convolution(x, shortcut.shape[-1] * expansion, 1, 1, f"{name}_expand")
    x = layers.DepthwiseConv2D(kernel, stride, padding="same", use_bias=False, name=f"{name}_depthwise")(x)
    x = _normalized(x, f"{name}_depthwise")
    x = layers.Conv2D(channels, 1, use_bias=False, name=f"{name}_project")(x)
    x = layers.BatchNormalization(epsilon=EPSILON, name=f"{name}_project_norm")(x)
    if stride == 1 and shortcut.shape[-1] == channels:
        x = layers.Add(name=f"{name}_add")([x, shortcut])
    return x


def _convolution(x, channels, kernel, stride, name):
    x = layers.Conv2D(channels, kernel, stride, padding="same", use_bias=False, name=name)(x)
    return _normalized(x, name)


def _normalized(x, name):
    x = layers.BatchNormalization(epsilon=EPSILON, name=f"{name}_norm")(x)
    return layers.ReLU(6.0, name=f"{name}_relu6")(x)


def load_weights(model: keras.Model, path: Path) -> None:
    """Puts the weights of the PyTorch state dict `{"_blocks.0._bn1.weight": ...}` into the network."""
    tensors = {name: value for name, value in read_torch_tensors(path).items() if not name.endswith(COUNTER)}
    with refusing(path, f"does not hold the weights of {model.name}"):
        names = dict(_tensor_names())
        check_names(tensors, [name for some in names.values() for name in some], "tensors")
        arrays = {layer: [tensors[name] for name in some] for layer, some in names.items()}
        for layer in arrays:
            if len(arrays[layer]) == 1:  # a convolution
                order = (2, 3, 0, 1) if isinstance(model.get_layer(layer), layers.DepthwiseConv2D) else (2, 3, 1, 0)
                arrays[layer] = [np.transpose(arrays[layer][0], order)]
        kernel, bias = arrays["logits"]
        set_layers(model, arrays | {"logits": [kernel.T, bias]})


def _tensor_names() -> Iterator[tuple[str, list[str]]]:
    """Each layer with weights, and PyTorch's names of its tensors."""
    pairs = [("stem", "_conv_stem", "_bn0"), ("head", "_conv_head", "_bn1")]
    for index in range(sum(stage[0] for stage in STAGES)):
        block = f"_blocks.{index}"
        if index:  # the first block does not expand
            pairs.append((f"block{index}_expand", f"{block}._expand_conv", f"{block}._bn0"))
        pairs.append((f"block{index}_depthwise", f"{block}._depthwise_conv", f"{block}._bn1"))
        pairs.append((f"block{index}_project", f"{block}._project_conv", f"{block}._bn2"))
    for name, convolution, norm in pairs:
        yield name, [f"{convolution}.weight"]
        yield f"{name}_norm", [f"{norm}.{value}" for value in STATISTICS]
    yield "logits", ["_fc.weight", "_fc.bias"]
