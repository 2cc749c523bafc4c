"""The spatial transformer's forward and backward pass beside its peers, on one batch, in one process.

    python benchmarks/spatial_transformer.py            # prints a table; about a minute on two cores

Gradients for images and matrices. `keras.ops.image.map_coordinates` is measured on fewer images and scaled up: on
the whole batch it takes most of a minute.
"""

import time
from collections.abc import Callable

import kinv.backend  # noqa: F401  (starts TensorFlow quietly, before anything else imports it)

# isort: split
import keras
import numpy as np
import tensorflow as tf
from keras import ops
from rich.console import Console
from rich.table import Table

from kinv import backend
from kinv.ops.affine import affine_sample

BATCH, SIZE, CHANNELS = 64, 227, 3
REPEATS = 7


def best_of(run: Callable[[], object]) -> float:
    """Seconds of the fastest of some runs, after one to warm up."""
    run()
    times = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        run()
        times.append(time.perf_counter() - start)
    return min(times)


def ours(images, matrices, fill, jit_compile):
    gradients = backend.value_and_grad(lambda x, a: ops.sum(ops.square(affine_sample(x, a, fill))))
    step = backend.compile(gradients, jit_compile)
    images, matrices = tf.constant(images), tf.constant(matrices)
    return best_of(lambda: step(images, matrices)[0].numpy())


def map_coordinates(images, matrices, count=2):
    """What Keras itself offers: one image and channel at a time."""
    grid = np.stack(np.meshgrid(np.arange(SIZE), np.arange(SIZE), indexing="ij")).astype("float32")
    centred = (grid + 0.5) * 2 / SIZE - 1
    homogeneous = np.stack([centred[1], centred[0], np.ones_like(centred[0])])

    def sample(x, a):
        u = ops.einsum("brc,chw->brhw", a, homogeneous)
        coordinates = ((u + 1) * SIZE - 1) / 2
        return [
            ops.image.map_coordinates(x[b, :, :, c], coordinates[b, ::-1], order=1)
            for b in range(count)
            for c in range(CHANNELS)
        ]

    step = tf.function(backend.value_and_grad(lambda x, a: sum(ops.sum(ops.square(y)) for y in sample(x, a))))
    images, matrices = tf.constant(images[:count]), tf.constant(matrices[:count])
    return best_of(lambda: step(images, matrices)[0].numpy()) * BATCH / count


def grid_sample(images, matrices, fill):
    import torch

    mode = {"zeros": "zeros", "reflect": "reflection", "nearest": "border"}[fill]
    batch = torch.tensor(np.ascontiguousarray(images.transpose(0, 3, 1, 2)), requires_grad=True)
    affine = torch.tensor(matrices, requires_grad=True)

    def step():
        grid = torch.nn.functional.affine_grid(affine, list(batch.shape), align_corners=False)
        sampled = torch.nn.functional.grid_sample(batch, grid, padding_mode=mode, align_corners=False)
        return torch.autograd.grad((sampled**2).sum(), [batch, affine])

    return best_of(step)


def main() -> None:
    random = np.random.default_rng(0)
    images = random.uniform(0, 255, (BATCH, SIZE, SIZE, CHANNELS)).astype("float32")
    matrices = (np.eye(2, 3) + 0.1 * random.normal(size=(BATCH, 2, 3))).astype("float32")
    try:
        import torch  # noqa: F401

        with_torch = True
    except ImportError:
        with_torch = False
        print("torch is not installed: no comparison with grid_sample (pip install torch)")

    table = Table(
        title=f"forward + backward, {BATCH} x {SIZE} x {SIZE} x {CHANNELS} float32, Keras {keras.__version__}"
    )
    for title in ("fill", "kinv, XLA", "kinv, tf.function", "torch grid_sample", "kinv XLA / grid_sample"):
        table.add_column(title, justify="right")
    for fill in ("zeros", "reflect", "nearest"):
        compiled, plain = ours(images, matrices, fill, True), ours(images, matrices, fill, False)
        peer = grid_sample(images, matrices, fill) if with_torch else float("nan")
        table.add_row(fill, f"{compiled:.3f} s", f"{plain:.3f} s", f"{peer:.3f} s", f"{compiled / peer:.2f}")
    Console().print(table)
    keras_own, compiled = map_coordinates(images, matrices), ours(images, matrices, "zeros", True)
    print(f"keras.ops.image.map_coordinates: {keras_own:.1f} s, {keras_own / compiled:.0f} times kinv's (XLA, zeros)")


if __name__ == "__main__":
    main()
