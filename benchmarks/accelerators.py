"""What runs on every backend of Keras, on the accelerator that it finds: over the bare passes, and beside a peer.

    KERAS_BACKEND=torch python benchmarks/accelerators.py      # or jax; minutes on a GPU, TensorFlow is not needed

Where there is a CPU only, nothing is measured: it would take hours, and the other benchmarks are for that.

Activation maximisation over the compiled value and gradient of the same units for the same batch: the steps of a call
(the time of eight times as many minus that of so many), then the whole call, with what is traced and compiled in it.
The screening over the bare classifier, which is given every magnitude's images from the host; marginal too. The
spatial transformer, forward and backward, beside PyTorch's own `grid_sample` on the same device, where the backend is
PyTorch. All in one process and in turn; medians. Random weights and images, so that nothing has to be downloaded.
"""

import math
import time
from collections.abc import Callable
from typing import Any

import kinv.backend

# isort: split
import keras
import numpy as np
from keras import ops

import kinv
from kinv import backend, classifiers
from kinv.backend import compile_model
from kinv.ops.affine import affine_sample
from kinv.surgery.tap import Tap, tap

TURNS, STEPS, MORE = 3, 64, 8  # times as many steps, for the marginal rate
FILTERS = (8, 64)  # of SqueezeNet's fire9_expand3x3, at a time
BATCH, FEW = 128, 128  # of the screening; the rate is the marginal one
SCREENED = ("rotation", "zoom", "contrast", "blur", "noise")
SHAPE, CALLS = (64, 227, 227, 3), 10  # of the spatial transformer: images, and calls in a row


def seconds(run: Callable[[], object]) -> float:
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def medians(ways: dict[str, Callable[[], object]]) -> dict[str, float]:
    """Seconds of every way, after one turn that does not count."""
    took = [{name: seconds(way) for name, way in ways.items()} for _ in range(TURNS + 1)]
    return {name: float(np.median([turn[name] for turn in took[1:]])) for name in ways}


def accelerator() -> str | None:
    """What the backend computes on, in words; None: a CPU."""
    name = keras.backend.backend()
    if name == "jax":
        import jax

        first = jax.devices()[0]
        return None if first.platform == "cpu" else f"jax {jax.__version__}, {first.device_kind}"
    if name == "torch":
        import torch

        return f"torch {torch.__version__}, {torch.cuda.get_device_name()}" if torch.cuda.is_available() else None
    import tensorflow as tf

    found = tf.config.list_logical_devices("GPU")
    return f"tensorflow {tf.__version__}, {found[0].name}" if found else None


def show(name: str, took: str, rate: str, beside: str) -> None:
    """One line, as soon as it is known."""
    print(f"{name:<50}{took:>10}{rate:>22}  {beside}", flush=True)


def maximisation(tapped: Tap, name: str) -> None:
    network, units = tapped.network, tapped.units.tolist()
    start = np.random.default_rng(0).uniform(0, 255, (1, *tapped.input_shape)).astype("float32")
    numbers = ops.convert_to_tensor(units, "int32")
    starts = ops.convert_to_tensor(np.repeat(start, len(units), axis=0))
    traced = backend.compile(backend.value_and_grad(lambda inputs: tapped.activation_of(inputs, numbers)))

    def bare():
        last = [traced(starts)[0] for _ in range(STEPS)][-1]
        ops.convert_to_numpy(last)

    def ascend(steps):
        kinv.maximize_activation(
            network, network.layers[-1].name, units, math.inf, start=start, steps=steps, threshold=0.0
        )

    took = medians({"bare": bare, "few": lambda: ascend(STEPS), "many": lambda: ascend(MORE * STEPS)})
    marginal = (took["many"] - took["few"]) / (MORE - 1)
    rate, beside = len(units) * STEPS / marginal, f"{marginal / took['bare']:.2f}"
    show(name, f"{marginal:.2f} s", f"{rate:,.0f} unit steps/s", beside)
    show(f"{name}, the whole call", f"{took['few']:.2f} s", f"{len(units) / took['few']:,.1f} units/s", "")


def screening(classifier: keras.Model) -> None:
    size = classifier.input_shape[1:]
    images = np.random.default_rng(0).integers(0, 256, (3 * FEW, *size), "uint8")
    logits = compile_model(classifier)
    for name in SCREENED:
        points = kinv.ops.TRANSFORMATIONS[name].thinned(3)
        options = {"transformations": [name], "magnitudes": {name: points}, "batch_size": BATCH}

        def bare(points=points):
            for _ in points:
                for begin in range(FEW, 3 * FEW, BATCH):
                    ops.convert_to_numpy(logits(images[begin : begin + BATCH]))

        took = medians(
            {
                "much": lambda options=options: kinv.screen(classifier, images, **options),
                "little": lambda options=options: kinv.screen(classifier, images[:FEW], **options),
                "bare": bare,
            }
        )
        marginal = took["much"] - took["little"]
        rate = 2 * FEW * len(points) / marginal
        show(f"screening, {name}", f"{marginal:.2f} s", f"{rate:,.0f} images/s", f"{marginal / took['bare']:.2f}")


def spatial_transformer() -> None:
    random = np.random.default_rng(0)
    images = random.uniform(0, 255, SHAPE).astype("float32")
    matrices = (np.eye(2, 3) + 0.1 * random.normal(size=(SHAPE[0], 2, 3))).astype("float32")
    for fill, mode in (("zeros", "zeros"), ("reflect", "reflection"), ("nearest", "border")):
        step = backend.compile(
            backend.value_and_grad(lambda x, a, fill=fill: ops.sum(ops.square(affine_sample(x, a, fill))))
        )
        arguments = [ops.convert_to_tensor(values) for values in (images, matrices)]

        def ours(step=step, arguments=arguments):
            last = [step(*arguments)[1][1] for _ in range(CALLS)][-1]
            ops.convert_to_numpy(last)

        ways: dict[str, Callable[[], object]] = {"kinv": ours}
        if keras.backend.backend() == "torch":
            ways["peer"] = grid_sample(images, matrices, mode)
        took = medians(ways)
        beside = f"{took['kinv'] / took['peer']:.2f}" if "peer" in took else ""
        rate = CALLS * SHAPE[0] / took["kinv"]
        show(f"spatial transformer, {fill}", f"{took['kinv'] / CALLS:.4f} s", f"{rate:,.0f} images/s", beside)


def grid_sample(images: np.ndarray, matrices: np.ndarray, mode: str) -> Callable[[], Any]:
    import torch

    first = ops.convert_to_tensor(np.ascontiguousarray(images.transpose(0, 3, 1, 2))).requires_grad_(True)
    affine = ops.convert_to_tensor(matrices).requires_grad_(True)

    def step():
        with torch.enable_grad():
            grid = torch.nn.functional.affine_grid(affine, list(first.shape), align_corners=False)
            sampled = torch.nn.functional.grid_sample(first, grid, padding_mode=mode, align_corners=False)
            return torch.autograd.grad((sampled**2).sum(), [first, affine])[1]

    return lambda: ops.convert_to_numpy([step() for _ in range(CALLS)][-1])


def main() -> None:
    found = accelerator()
    if found is None:
        print(f"{keras.backend.backend()} finds no accelerator here: nothing is measured.")
        return
    keras.utils.set_random_seed(0)
    print(f"Keras {keras.__version__}, {found}")
    show("", "seconds", "rate", "over bare passes or grid_sample")
    photographs, digits = classifiers.build("squeezenet"), classifiers.build("digit_cnn")
    for count in FILTERS:
        tapped = tap(photographs, "fire9_expand3x3", range(count))
        maximisation(tapped, f"squeezenet, {count} filters, {STEPS} steps")
    maximisation(tap(digits, "norm4", range(32)), f"digit_cnn, 32 filters, {STEPS} steps")
    screening(photographs)
    spatial_transformer()


if __name__ == "__main__":
    main()
