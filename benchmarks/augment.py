"""Images per second of the exported augmenter beside what else people augment with, in one process.

    python benchmarks/augment.py [ARTIFACT]             # default: itn_squeezenet

Batches of 32 images of 224 x 224, affine and colour, on the cores that there are. Keras: RandomAffine-style layers
(RandomTranslation, RandomRotation, RandomZoom) and RandomBrightness and RandomContrast. Albumentations: Affine and
ColorJitter, one image after the other, as it is used (extra `bench`).
"""

import sys
import time
from collections.abc import Callable

import kinv.backend  # noqa: F401  (starts TensorFlow quietly, before anything else imports it)

# isort: split
import keras
import numpy as np
import tensorflow as tf
from rich.console import Console
from rich.table import Table

from kinv import hub

BATCH, SIZE, SECONDS = 32, 224, 3.0


def images_per_second(augment: Callable[[int], object]) -> float:
    """Throughput over some seconds, after two batches to warm up."""
    for batch in range(2):
        augment(batch)
    start, batches = time.perf_counter(), 0
    while time.perf_counter() - start < SECONDS:
        augment(batches)
        batches += 1
    return batches * BATCH / (time.perf_counter() - start)


def main() -> None:
    folder = hub.find(sys.argv[1] if len(sys.argv) > 1 else "itn_squeezenet")
    images = np.random.default_rng(0).integers(0, 256, (BATCH, SIZE, SIZE, 3), "uint8")
    floats = tf.constant(images.astype("float32"))
    exported = tf.saved_model.load(str(folder / "saved_model"))
    compiled = tf.function(exported.augment, jit_compile=True)

    layers = keras.layers
    affine = [layers.RandomTranslation(0.15, 0.15), layers.RandomRotation(0.03), layers.RandomZoom(0.1)]
    color = [layers.RandomBrightness(0.1, (0, 255)), layers.RandomContrast(0.1, (0, 255))]
    pipeline = keras.Sequential([*affine, *color])
    keras_layers = tf.function(lambda x: pipeline(x, training=True))

    rates = {
        "kinv, exported": images_per_second(lambda i: exported.augment(floats, tf.constant([i, 0])).numpy()),
        "kinv, exported, XLA": images_per_second(lambda i: compiled(floats, tf.constant([i, 0])).numpy()),
        "Keras layers": images_per_second(lambda i: keras_layers(floats).numpy()),
    }
    try:
        import albumentations as A
    except ImportError:
        print("albumentations is not installed: left out (extra `bench`)")
    else:
        album = A.Compose(
            [
                A.Affine(scale=(0.9, 1.1), translate_percent=(-0.15, 0.15), rotate=(-10, 10), p=1),
                A.ColorJitter(0.1, 0.1, 0.1, 0.05, p=1),
            ]
        )
        rates["Albumentations (uint8)"] = images_per_second(
            lambda i: np.stack([album(image=image)["image"] for image in images])
        )

    table = Table("augmentation", "images/s", "kinv XLA / this", title=f"{BATCH} x {SIZE} x {SIZE} x 3, {folder.name}")
    for name, rate in rates.items():
        table.add_row(name, f"{rate:,.0f}", f"{rates['kinv, exported, XLA'] / rate:.2f}")
    Console().print(table)


if __name__ == "__main__":
    main()
