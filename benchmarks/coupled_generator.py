"""The coupled generator: seconds for a class, over the bare passes, beside one class at a time and the hardware.

    python benchmarks/coupled_generator.py       # prints tables; four minutes on two cores

Images for classes of SqueezeNet, with the decoder of waves and with generators of random weights (an eighth of the
paper's channels), with the steps that `recipes.coupled_compare` takes by default. Times are from `restart` to the
image, which is how a gallery goes on from class to class, and for the first classes from the constructor. Bare passes
are the compiled value and gradient of the classes' logits, through the generator and the network, once a step, without
and with the time that it takes to make and trace them. Both are done in turn, three times; medians are shown. One at a
time is the way of the paper's notebooks: a Keras model of generator and network, made, compiled and fitted anew for
each class, with the same views and optimiser and with cross-entropy.

Multiply-adds are those of convolutions, dense layers and matrix products, forwards, and backwards for whatever has a
gradient; the machine's best are those of a product of two 2,048 x 2,048 matrices, measured in the same run.
"""

import time
from collections.abc import Callable, Sequence

import kinv.backend  # noqa: F401  (starts TensorFlow quietly, before anything else imports it)

# isort: split
import keras
import numpy as np
import tensorflow as tf
from keras import layers, ops
from rich.console import Console
from rich.table import Table

from kinv import classifiers, data
from kinv.layers import FeatureGain, RandomViews, SpectralDecoder
from kinv.models import CoupledGenerator, target
from kinv.models.coupled_generator.generators import build_generator, build_spectral

SPECTRAL_STEPS, GENERATOR_STEPS = 120, 150
WIDTH, VIEW = 0.125, 0.3
CLASSES = (0, 207, 340, 607)
ROUNDS = 3
LARGE = 2048  # rows and columns of the matrices


def seconds(run: Callable[[], object]) -> float:
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def optimizer(generator: keras.Model | None) -> keras.optimizers.Optimizer:
    return keras.optimizers.Adam(3e-3) if generator is None else keras.optimizers.SGD(1.5, momentum=0.5)


def ours(
    network: keras.Model, generator: keras.Model | None, classes: Sequence[int], steps: int
) -> tuple[float, Callable[[], object]]:
    """All classes at once: seconds to make and trace the first step, and what makes the next classes' images."""
    start = time.perf_counter()
    settings = (
        {"width": WIDTH, "loss": "cross_entropy"}
        if generator is None
        else {
            "generator": generator, "gain": 0.01, "contrast": 1.0, "regularization": 0.0, "noise": 0.0,
            "competition": 0.0, "unit_steps": True, "loss": "both",
        }
    )  # fmt: skip
    coupled = CoupledGenerator(network, [target.classes(index) for index in classes], smallest_view=VIEW, **settings)
    coupled.compile(optimizer(generator))
    coupled.fit(steps=1)
    made = time.perf_counter() - start
    others = [target.classes(index + 1) for index in classes]
    return made, lambda: (coupled.restart(others), coupled.fit(steps=steps), coupled.images())


def bare(
    network: keras.Model, generator: keras.Model | None, classes: Sequence[int], steps: int
) -> tuple[float, Callable[[], object]]:
    """Passes forwards and backwards: seconds to make and trace the first one, and what does so many."""
    start = time.perf_counter()
    shared = generator is not None
    size, count = network.input_shape[1], len(classes)
    generators = [generator] if shared else [build_generator(size, width=WIDTH, seed=row) for row in range(count)]
    features = tf.Variable(tf.ones((len(classes), generators[0].input_shape[-1])))
    trained = [features] + ([] if shared else [w for one in generators for w in one.trainable_variables])
    views, chosen = RandomViews(VIEW), tf.constant(classes)

    @tf.function(reduce_retracing=True)
    def passes():
        with tf.GradientTape() as tape:
            if shared:
                images = generators[0](features, training=False)
            else:
                rows = zip(generators, tf.split(features, count), strict=True)
                images = tf.concat([one(row, training=True) for one, row in rows], 0)
            seen = views(ops.clip(117 + 50 * images, 0, 255))
            seen = ops.image.resize(seen, network.input_shape[1:3])
            loss = -tf.reduce_sum(tf.gather(network(seen, training=False), chosen, axis=1, batch_dims=1))
        return loss, tape.gradient(loss, trained)

    passes()[0].numpy()
    first = time.perf_counter() - start
    return first, lambda: [passes()[0].numpy() for _ in range(steps)]


def one_at_a_time(network: keras.Model, generator: keras.Model | None, classes: Sequence[int], steps: int) -> None:
    """As in the notebooks, with the same views and optimiser."""
    network.trainable = False
    for index in classes:
        own = generator or build_generator(network.input_shape[1], width=WIDTH, seed=int(index))
        own.trainable = generator is None
        features = keras.Input((own.input_shape[-1],))
        images = own(FeatureGain()(features))
        seen = RandomViews(VIEW)(layers.Rescaling(50.0, 117.0)(images))
        if seen.shape[1] != network.input_shape[1]:
            seen = layers.Resizing(*network.input_shape[1:3])(seen)
        model = keras.Model(features, network(seen))
        model.compile(optimizer(generator), keras.losses.SparseCategoricalCrossentropy(from_logits=True))
        inputs = np.ones((1, own.input_shape[-1]), "float32")
        step = tf.data.Dataset.from_tensors((inputs, np.array([index])))
        model.fit(step.repeat(steps), verbose=0, shuffle=False)
    network.trainable = True


def multiply_adds(model: keras.Model) -> int:
    """Of one image, forwards."""
    total = 0
    for layer in model.layers:
        if isinstance(layer, keras.Model):
            total += multiply_adds(layer)
        elif isinstance(layer, (layers.Conv2D, layers.DepthwiseConv2D)):
            positions = int(np.prod(layer.output.shape[1:3]))
            total += positions * int(np.prod(layer.kernel.shape))
        elif isinstance(layer, layers.Dense):
            total += int(np.prod(layer.kernel.shape))
        elif isinstance(layer, SpectralDecoder):
            total += 2 * layer.size**3 * layer.channels + layer.size**2 * layer.channels**2
    return total


def best_product() -> float:
    """Multiply-adds a second."""
    matrix = tf.random.normal((LARGE, LARGE))
    product = tf.function(lambda: tf.matmul(matrix, matrix))
    product()
    return LARGE**3 / float(np.median([seconds(lambda: product().numpy()) for _ in range(7)]))


def compare(name: str, network, generator, steps: int, console: Console, best: float) -> None:
    table = Table(name, "s", "first", "/ bare", "first / bare, made", "first / bare", "alone", "G mul-add / s")
    of_generator = multiply_adds(generator or build_generator(network.input_shape[1], width=WIDTH))
    passes = 2 if generator is not None else 3  # of the generator; backwards also for its weights
    work = 2 * multiply_adds(network) + passes * of_generator
    alone = seconds(lambda: one_at_a_time(network, generator, CLASSES[:2], steps)) / 2
    for count in (1, len(CLASSES)):
        classes = CLASSES[:count]
        made, go_on = ours(network, generator, classes, steps)
        traced, passes = bare(network, generator, classes, steps)
        rounds = [(seconds(go_on), seconds(passes)) for _ in range(ROUNDS)]
        took, passed = (float(np.median(part)) / count for part in zip(*rounds, strict=True))
        first, rate = took + made / count, work * steps / took
        table.add_row(
            f"batch {count}", f"{took:.1f}", f"{first:.1f}", f"{took / passed:.2f}",
            f"{first / (traced / count + passed):.2f}", f"{first / passed:.2f}", f"{alone / first:.2f}",
            f"{rate / 1e9:.1f} ({rate / best:.0%})",
        )  # fmt: skip
    table.caption = (
        f"seconds for a class (aim: 180), and where it is one of the first, with making and tracing; over bare passes "
        "(aim: 1.2); the first ones over making, tracing and doing these, and over doing these; one class at a time "
        f"({alone:.1f} s) over the first ones"
    )
    console.print(table)


def main() -> None:
    console = Console()
    network = classifiers.load("squeezenet")
    best, size = best_product(), network.input_shape[1]
    console.print(f"best matrix product: {best / 1e9:.1f} G multiply-adds / s")
    waves = build_spectral(size, 3, data.load("photos", size=size)[0], limit=2.0)
    compare(f"waves, {SPECTRAL_STEPS} steps", network, waves, SPECTRAL_STEPS, console, best)
    compare(f"random weights, {GENERATOR_STEPS} steps", network, None, GENERATOR_STEPS, console, best)


if __name__ == "__main__":
    main()
