"""The slope of a classifier's loss for spatial matrices, three ways: why `InvariantTransformer` smooths.

    python benchmarks/sampling_gradient.py [CLASSIFIER]         # default: squeezenet; half a minute

Images are moved sideways (0.32 in the matrix, a sixth of the width). For the entry of the matrix that moves them, the
table shows the mean over images of the slope, its standard deviation between images, and how many images a
mean needs until its standard error is as small as the slope of the first row.
"""

import sys

import kinv.backend  # noqa: F401  (starts TensorFlow quietly, before anything else imports it)

# isort: split
import keras
import numpy as np
import tensorflow as tf
from rich.console import Console
from rich.table import Table

from kinv import analysis, classifiers, data
from kinv.models.invariant_transformer.smoothed_gradient import smoothed_gradient
from kinv.ops.affine import affine_sample

IMAGES, BATCH, MOVED, ENTRY = 192, 32, 0.32, (0, 2)


def main() -> None:
    classifier = classifiers.load(sys.argv[1] if sys.argv[1:] else "squeezenet")
    images, labels = data.find("imagenet_samples").load(classifier.input_shape[1])
    if labels is None:
        sys.exit("imagenet_samples must be labelled: file names that start with WordNet ids")
    right = analysis.predict_classes(classifier, images) == labels
    images, labels = images[right][:IMAGES], labels[right][:IMAGES]
    cross_entropy = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    matrices = np.repeat(np.array([[[1, 0, MOVED], [0, 1, 0]]], "float32"), BATCH, axis=0)

    @tf.function
    def losses(batch, truth, moved):
        return cross_entropy.call(truth, classifier(affine_sample(batch, moved), training=False))

    def backpropagated(batch, truth):
        with tf.GradientTape() as tape:
            moved = tf.constant(matrices)
            tape.watch(moved)
            total = tf.reduce_sum(losses(batch, truth, moved))
        return np.asarray(tape.gradient(total, moved))[:, *ENTRY]

    def central(reach):
        step = np.zeros((2, 3), "float32")
        step[ENTRY] = reach
        return lambda x, y: (losses(x, y, matrices + step) - losses(x, y, matrices - step)) / (2 * reach)

    def smoothed(std):
        random = np.random.default_rng(0)

        def slope(batch, truth):
            directions = random.normal(size=matrices.shape).astype("float32")
            return smoothed_gradient(lambda a: losses(batch, truth, a), matrices, directions, std)[:, *ENTRY]

        return slope

    ways = {
        "central difference, 0.1 either way (this entry alone)": central(0.1),
        "backpropagation through bilinear sampling (all entries)": backpropagated,
        "smoothed, standard deviation 0.05 (all entries)": smoothed(0.05),
        "smoothed, standard deviation 0.1 (all entries)": smoothed(0.1),
    }
    table, true = Table("slope", "mean", "deviation between images", "images needed"), None
    for name, way in ways.items():
        batches = range(0, len(images) - BATCH + 1, BATCH)
        slopes = np.concatenate([way(images[at : at + BATCH], labels[at : at + BATCH]) for at in batches])
        true = slopes.mean() if true is None else true
        table.add_row(name, f"{slopes.mean():.2f}", f"{slopes.std():.1f}", f"{(slopes.std() / true) ** 2:.0f}")
    Console().print(table)


if __name__ == "__main__":
    main()
