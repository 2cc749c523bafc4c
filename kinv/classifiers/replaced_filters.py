"""A classifier in which the filters of one convolution can be replaced."""

import math
from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

from kinv.choices import unknown
from kinv.layers.generated_convolution import GeneratedConvolution, convolution_kernel
from kinv.surgery.cut import layer_names, layer_to_cut, split
from kinv.surgery.replace import with_layer

LARGEST = 10_000_000  # number of values in a layer's filters or output
LARGEST_MOMENTS = 30_000_000  # of products of what two weights of a filter see


class ReplacedFilters:
    """A classifier cut at the output of a convolution, before the layer's own activation function.

    Neither a layer nor a model, so that its owner neither trains nor saves the classifier.

    Args:
        classifier: Functional Keras model, images `(B, H, W, C)` in 0..255 to logits.
        layer: name of a `Conv2D` or `DepthwiseConv2D`.

    Raises:
        ValueError: if the layer is something else or can't be cut out, see `split`.
    """

    def __init__(self, classifier: keras.Model, layer: str):
        self.classifier, self.name = classifier, layer
        self.parts = split(classifier, layer)
        self.layer = self.parts.layer
        self.convolution = GeneratedConvolution.like(self.layer)

    def kernel(self) -> Any:
        """The real filters, `(rows, columns, C / groups, F)`."""
        return convolution_kernel(self.layer)

    def enter(self, images: Any) -> tuple[Any, list[Any]]:
        """The layer's input for images `(B, H, W, C)` in 0..255, and the tensors that bypass it, for `leave`."""
        return self.parts.enter(images)

    def convolve(self, entering: Any, kernels: Any) -> Any:
        """The convolution's output with its real bias; one set of filters per image, or one for all."""
        outputs = self.convolution(entering, kernels)
        return outputs + self.layer.bias if self.layer.use_bias else outputs

    def leave(self, outputs: Any, past: list[Any]) -> Any:
        """Logits from the convolution's output, float32 also of a network of half precision."""
        return ops.cast(self.parts.leave(self.layer.activation(outputs), past), "float32")

    def up_to(self, name: str | None) -> Callable[[Any, list[Any]], Any]:
        """A function from the convolution's output and `past` to a higher layer's output; `None`: to itself.

        Raises:
            ValueError: if there is no layer of this name above the convolution, or `split` can't cut it out.
        """
        if name is None:
            return lambda outputs, past: outputs
        names = layer_names(self.parts.above)
        if name not in names:
            raise ValueError(unknown("layer", name, sorted(names), where=f" above {self.name}"))
        parts = split(self.parts.above, name)

        def answer(outputs, past):
            activated = self.layer.activation(outputs)
            entering, _ = parts.enter([activated, *past] if past else activated)
            return parts.layer(entering, training=False)

        return answer

    def copy(self, kernel: Any) -> keras.Model:
        """A copy of the classifier with these filters, `(rows, columns, C / groups, F)`, in place of the real ones."""
        copy = self.copy_with(type(self.layer).from_config(self.layer.get_config()))
        replaced = split(copy, self.name).layer
        if self.layer.use_bias:
            replaced.bias.assign(self.layer.bias)
        replaced.kernel.assign(ops.reshape(kernel, replaced.kernel.shape))
        return copy

    def copy_with(self, layer: keras.layers.Layer) -> keras.Model:
        """A copy of the classifier with another layer in place of the convolution."""
        return with_layer(self.classifier, self.layer, layer)

    def shapes(self) -> dict[str, Any]:
        """Shapes of filters, output and images, groups, and the standard deviation of weights, as JSON values."""
        return {
            **_shapes(self.layer, self.parts.below.outputs[0].shape),
            "images": list(self.classifier.input_shape[1:]),
            "groups": self.convolution.groups,
        }


def check_replaceable(classifier: keras.Model, layer: str, entering: Sequence[int | None]) -> None:
    """Raises the ValueError that a Filter GAN of the layer would, without cutting the classifier.

    Args:
        classifier, layer: as in `ReplacedFilters`.
        entering: the shape of the layer's input, with the batch.
    """
    convolution = layer_to_cut(classifier, layer)
    GeneratedConvolution.like(convolution)
    check_shapes(_shapes(convolution, entering))


def _shapes(layer, entering):
    kernel = ops.convert_to_numpy(convolution_kernel(layer))
    output = layer.compute_output_shape(entering)
    if None in output[1:]:
        raise ValueError(
            f"The output of {layer.name!r} must have a fixed size, received {output}: wrap the classifier with "
            "kinv.wrap(model, input_shape=(height, width, channels))"
        )
    return {"kernel": list(kernel.shape), "output": list(output[1:]), "deviation": float(np.std(kernel))}


def check_shapes(shapes: Any) -> dict[str, Any]:
    """Validates and returns a result of `ReplacedFilters.shapes` that was read from an untrusted file.

    Raises:
        ValueError: if it is something else, or too large for any convolution.
    """

    def is_shape(value, length):
        plain = isinstance(value, list) and len(value) == length and all(type(size) is int for size in value)
        return plain and min(value) > 0 and math.prod(value) <= LARGEST

    needed, added = {"kernel", "output", "deviation"}, {"images", "groups"}  # those of older artifacts, and all
    fits = isinstance(shapes, dict) and set(shapes) in (needed, needed | added)
    if not fits or not is_shape(shapes["kernel"], 4) or not is_shape(shapes["output"], 3):
        raise ValueError(
            "shapes must be a dict of a kernel (4 sizes), an output and images (3 sizes each), groups and a deviation, "
            f"of at most {LARGEST:,} values each, received {shapes!r}: pass a classifier instead"
        )
    if "groups" in shapes:
        groups, size = shapes["groups"], math.prod(shapes["kernel"][:3])
        if not is_shape(shapes["images"], 3) or not is_shape([groups], 1) or shapes["kernel"][3] % groups:
            raise ValueError(
                f"shapes must be of images (3 sizes) and groups that divide the {shapes['kernel'][3]} filters, "
                f"received {shapes!r}: pass a classifier instead"
            )
        if groups * size**2 > LARGEST_MOMENTS:
            raise ValueError(
                f"shapes must be of at most {LARGEST_MOMENTS:,} products of two weights of a filter, received "
                f"{groups} x {size} x {size}: choose another layer"
            )
    if type(shapes["deviation"]) is not float or not 0 < shapes["deviation"] < math.inf:
        raise ValueError(
            f"the deviation in shapes must be positive and a finite float, received {shapes['deviation']!r}"
        )
    return shapes
