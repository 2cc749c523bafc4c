"""A training step of the Filter GAN beside its matrix products, and beside other ways to pass a filter set an image.

    python benchmarks/filter_gan.py                     # prints a table; a minute on two cores

The default size: layer conv4 of `digit_cnn`, 128 images a step. The matrix products are those of every convolution
and dense layer of the step, forwards and backwards, as one `tf.matmul` each. The peers are the same step with a loop
over the images (`tf.map_fn`) and with one grouped convolution, a group for each image.
"""

import math
import time
from collections.abc import Callable
from typing import Any

import kinv.backend

# isort: split
import keras
import numpy as np
import tensorflow as tf
from rich.console import Console
from rich.table import Table

import kinv
from kinv import classifiers, data

LAYER, BATCH, REPEATS = "conv4", 128, 20
STEPS = 10_000


def median_of(run: Callable[[], object], repeats: int = REPEATS) -> float:
    """Seconds, the median of some runs, after two to warm up."""
    times = []
    for index in range(repeats + 2):
        start = time.perf_counter()
        run()
        if index >= 2:
            times.append(time.perf_counter() - start)
    return float(np.median(times))


def a_step(convolution: Callable | None = None) -> Callable[[], object]:
    """One compiled training step; `convolution` takes the place of the batched product over patches."""
    gan = kinv.models.FilterGAN(classifiers.load("digit_cnn"), LAYER, movement=None)
    if convolution is not None:
        cut, ours = gan.cut.require("benchmark"), gan.cut.require("benchmark").convolution
        cut.convolution = lambda x, kernels: convolution(x, kernels) if len(kernels.shape) == 5 else ours(x, kernels)
    gan.compile()
    digits = tf.constant(data.load("mnist", "train", limit=BATCH)[0])
    batches = iter(tf.data.Dataset.from_tensors(digits).repeat())
    gan.make_train_function()
    step: Any = gan.train_function
    return lambda: {name: value.numpy() for name, value in step(batches).items()}


def loop_over_images(inputs, kernels):
    def one(image_and_kernel):
        return tf.nn.conv2d(image_and_kernel[0][None], image_and_kernel[1], 1, "SAME")[0]

    return tf.map_fn(one, (inputs, kernels), fn_output_signature=tf.float32)


def grouped_convolution(inputs, kernels):
    count, (height, width, channels) = BATCH // 2, inputs.shape[1:]
    side_by_side = tf.reshape(tf.transpose(inputs, (1, 2, 0, 3)), (1, height, width, count * channels))
    rows, columns, _, filters = kernels.shape[1:]
    kernel = tf.reshape(tf.transpose(kernels, (1, 2, 3, 0, 4)), (rows, columns, channels, count * filters))
    outputs = tf.nn.conv2d(side_by_side, kernel, 1, "SAME")
    return tf.transpose(tf.reshape(outputs, (height, width, count, filters)), (2, 0, 1, 3))


def products() -> list[tuple[int, ...]]:
    """`(batch, m, k, n)` of every product of a step."""
    gan = kinv.models.FilterGAN(classifiers.load("digit_cnn"), LAYER, movement=None)
    cut, half = gan.cut.require("benchmark"), BATCH // 2
    rows, columns, channels, filters = gan.shapes["kernel"]
    positions, size = gan.shapes["output"][0] * gan.shapes["output"][1], rows * columns * channels
    found = in_chain(cut.parts.below.layers, cut.parts.below.input_shape, BATCH)
    found.append((1, half * positions, size, filters))  # the real filters
    found += [(half, positions, size, filters), (half, size, positions, filters)]  # generated ones, and their gradient
    trunk = in_chain(gan.discriminator.trunk, (None, *gan.shapes["output"]), half)
    width, code = trunk[-1][-1], gan.latent_dim
    on_both = [(batch, 2 * m, k, n) for batch, m, k, n in [*trunk, (1, half, width, 1)]]
    found += [*on_both, *for_weights(on_both), *for_inputs(on_both[1:])]  # D's update
    heads = [(1, half, width, 1), (1, half, width, code)]
    found += [*trunk, *heads, *for_inputs([*trunk, *heads])]  # G's, down to the generated outputs
    found += [*for_weights([*trunk, heads[1]]), *for_inputs([*trunk[1:], heads[1]])]  # Q's
    generator = in_chain([*gan.generator.hidden, gan.generator.filters], (None, code), half)
    return [*found, *generator, *for_weights(generator), *for_inputs(generator[1:])]


def in_chain(layers, shape, count):
    """The forward products of layers that follow each other."""
    found = []
    for layer in layers:
        if isinstance(layer, keras.layers.InputLayer):
            continue
        shape = layer.compute_output_shape(shape)
        if isinstance(layer, (keras.layers.Conv2D, keras.layers.Dense)):
            found.append((1, count * math.prod(shape[1:-1]), math.prod(layer.kernel.shape[:-1]), shape[-1]))
    return found


def for_weights(products):
    return [(batch, k, m, n) for batch, m, k, n in products]


def for_inputs(products):
    return [(batch, m, n, k) for batch, m, k, n in products]


def multiply(shapes) -> Callable[[], object]:
    """All products, one after the other, in one compiled function."""
    random = np.random.default_rng(0)
    pairs = [
        tuple(tf.constant(random.normal(size=size), "float32") for size in ((batch, m, k), (batch, k, n)))
        for batch, m, k, n in shapes
    ]

    @tf.function
    def run(pairs):  # arguments, not constants, which would be multiplied while compiling
        corners = []
        for first, second in pairs:
            with tf.control_dependencies(corners[-1:]):  # one after the other, as in a step
                corners.append(tf.matmul(first, second)[0, 0, 0])
        return tf.add_n(corners)

    return lambda: run(pairs).numpy()


def grid() -> float:
    """Seconds of the activation grid of one digit, 49 cells, in a process that has drawn one before."""
    gan = kinv.load(f"filter_gan_mnist_{LAYER}")
    gan.set_classifier(classifiers.load("digit_cnn"))
    digits = data.load("mnist", "test", limit=2)[0]
    return median_of(lambda: kinv.match_activations(gan, digits[:1], cells=7), repeats=1)


def main() -> None:
    limit, ours = median_of(multiply(products())), median_of(a_step())
    table = Table("a training step, 128 digits", "ms", "over its matrix products")
    rows = {"matrix products alone": limit, "kinv": ours, "loop over images": median_of(a_step(loop_over_images))}
    try:
        rows["grouped convolution"] = median_of(a_step(grouped_convolution), repeats=3)
    except tf.errors.OpError as error:
        Console().print(f"grouped convolution does not run here: {str(error).splitlines()[0][:150]}")
    for name, seconds in rows.items():
        table.add_row(name, f"{1000 * seconds:.1f}", f"{seconds / limit:.2f}")
    Console().print(table)
    Console().print(f"{STEPS:,} steps: {STEPS * ours / 60:.1f} minutes. Grid of 49 cells: {grid():.1f} s.")


if __name__ == "__main__":
    main()
