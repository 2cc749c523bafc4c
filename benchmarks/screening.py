"""The whole screening beside the bare classifier, beside the loop a user would write, and its memory.

    python benchmarks/screening.py [CLASSIFIER]         # default: squeezenet

Rates are transformed and classified images a second, in one process, batches of 32. Those of the screening are
marginal: the time for 3N images minus that for N, so that compiling, which is done once, does not count. The loop
transforms image after image with SciPy or Pillow and calls `model.predict`; `imagecorruptions` joins where it is
installed. Memory is the peak of a fresh process that screens a stream of 500 or of 5,000 images.
"""

import functools
import resource
import subprocess
import sys
import time
from collections.abc import Callable

import kinv.backend

# isort: split
import numpy as np
from PIL import Image
from rich.console import Console
from rich.table import Table
from scipy import ndimage

import kinv
from kinv.backend import compile_model
from kinv.ops import TRANSFORMATIONS

BATCH, FEW, EVERY, REPEATS = 32, 32, 3, 3  # every third of the default magnitudes
CORRUPTIONS = {"blur": "gaussian_blur", "noise": "gaussian_noise", "contrast": "contrast", "brightness": "brightness"}
AIMS = {"blur": 0.7, "noise": 0.7}  # the others: 0.85


def batch(count: int, size: int) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (count, size, size, 3), "uint8")


def seconds(run: Callable[[], object]) -> float:
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def rates(classifier, images, name) -> tuple[float, float]:
    """Images a second of the screening, and its share of the bare classifier's rate: medians of runs in turn.

    The machine's speed drifts by a tenth within a minute, so that only runs next to each other are compared.
    """
    logits, points = compile_model(classifier), TRANSFORMATIONS[name].thinned(EVERY)
    options = {"transformations": [name], "magnitudes": {name: points}, "batch_size": BATCH}
    batches = [images[start : start + BATCH] for start in range(0, len(images), BATCH)]

    def screen(count):
        return lambda: kinv.screen(classifier, images[:count], **options)

    def bare():
        return [np.asarray(logits(batch)) for _ in points for batch in batches[FEW // BATCH :]]

    bare()
    found, shares = [], []
    for _ in range(REPEATS):
        much, alone, little = seconds(screen(3 * FEW)), seconds(bare), seconds(screen(FEW))
        found.append(2 * FEW * len(points) / (much - little))
        shares.append(alone / (much - little))
    return float(np.median(found)), float(np.median(shares))


def by_hand(name: str) -> Callable[[np.ndarray], np.ndarray] | None:
    """What a user would write for one image."""
    functions = {
        "rotation": lambda image: ndimage.rotate(image, 20, reshape=False, order=1),
        "translate_x": lambda image: ndimage.shift(image, (0, 20, 0), order=1),
        "zoom": lambda image: np.asarray(
            Image.fromarray(image).transform(image.shape[1::-1], 0, (1.2, 0, 0, 0, 1.2, 0))
        ),
        "translate_y": lambda image: ndimage.shift(image, (20, 0, 0), order=1),
        "scale_x": lambda image: np.asarray(
            Image.fromarray(image).transform(image.shape[1::-1], 0, (1.2, 0, 0, 0, 1, 0))
        ),
        "scale_y": lambda image: np.asarray(
            Image.fromarray(image).transform(image.shape[1::-1], 0, (1, 0, 0, 0, 1.2, 0))
        ),
        "contrast": lambda image: np.clip(1.3 * image.astype("float32"), 0, 255),
        "brightness": lambda image: np.clip(image + 50.0, 0, 255),
        "greyscale": lambda image: np.repeat(np.asarray(Image.fromarray(image).convert("L"))[..., None], 3, axis=-1),
        "blur": lambda image: ndimage.gaussian_filter(image, (2, 2, 0)),
        "noise": lambda image: np.clip(image + 255 * np.random.default_rng(0).normal(0, 0.1, image.shape), 0, 255),
    }
    return functions.get(name)


def loop_rate(classifier, images, transform) -> float:
    def loop():
        changed = np.stack([transform(image) for image in images]).astype("float32")
        classifier.predict(changed, batch_size=BATCH, verbose=0)

    loop()
    return len(images) / seconds(loop)


def corruptions() -> dict[str, Callable[[np.ndarray], np.ndarray]]:
    """Those of `imagecorruptions` that run: it needs setuptools below 81, and not all get along with scikit-image."""
    try:
        from imagecorruptions import corrupt
    except ImportError as error:
        print(f"imagecorruptions is left out: {error}")
        return {}
    found = {}
    for ours, theirs in CORRUPTIONS.items():
        transform = functools.partial(corrupt, corruption_name=theirs, severity=3)
        try:
            transform(batch(1, 64)[0])
            found[ours] = transform
        except TypeError as error:
            print(f"imagecorruptions' {theirs} is left out: {error}")
    return found


def peak_memory(count: int) -> float:
    """MB at the peak of a fresh process that screens a stream of so many images."""
    done = subprocess.run(
        [sys.executable, __file__, "--stream", str(count)], capture_output=True, text=True, check=True
    )
    return float(done.stdout.strip().splitlines()[-1])


def screen_stream(count: int) -> None:
    import tensorflow as tf

    classifier = kinv.classifiers.load("squeezenet")
    size = classifier.input_shape[1]
    numbers = tf.data.Dataset.range(count)
    stream = numbers.map(
        lambda n: tf.cast(tf.random.stateless_uniform((size, size, 3), tf.stack([n, 0]), 0, 255), "uint8")
    )
    kinv.screen(classifier, stream, transformations=["contrast"], magnitudes={"contrast": [0.5, 1]})
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


def main() -> None:
    classifier = kinv.classifiers.load(sys.argv[1] if len(sys.argv) > 1 else "squeezenet")
    images = batch(3 * FEW, classifier.input_shape[1])
    others = corruptions()
    table = Table(
        "transformation", "images/s", "of bare classifier", "aim", "of user's loop", "of imagecorruptions",
        title=f"{classifier.name}, batches of {BATCH}",
    )  # fmt: skip
    for name in TRANSFORMATIONS:
        rate, share = rates(classifier, images, name)
        loops = [loop_rate(classifier, images[:BATCH], f) if f else None for f in (by_hand(name), others.get(name))]
        cells = ["" if loop is None else f"{rate / loop:.1f}" for loop in loops]
        table.add_row(name, f"{rate:,.0f}", f"{share:.2f}", f"{AIMS.get(name, 0.85)}", *cells)
    Console().print(table)
    few, many = peak_memory(500), peak_memory(5000)
    print(f"Peak memory: 500 images {few:,.0f} MB, 5,000 images {many:,.0f} MB ({many / few:.2f} times)")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--stream"]:
        screen_stream(int(sys.argv[2]))
    else:
        main()
