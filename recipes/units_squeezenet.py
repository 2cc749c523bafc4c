"""What units of a network for photographs look for and ignore, layer by layer (Erhan, Courville and Bengio 2010).

    python -m recipes.units_squeezenet                   # default
    python -m recipes.units_squeezenet --classifier my_network.keras --layers conv1 conv2 logits --data my/photos
    python -m recipes.units_squeezenet --preset smoke    # seconds: does it run?

The paper analyses digits, patches and silhouettes; this is the same for units in the middle of the maps of a
convolutional network, each with the part of a photograph that reaches it. As in the paper, maxima and manifolds have
the data's mean norm, here of such parts of photographs around the mean colour, the point that stands for "nothing" as
black does for digits. Beside the paper's maxima there are readable ones: in the range of images, moved about while
they are made, smooth, and in waves instead of pixels.
"""

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

import kinv
from recipes.experiment.command_line import main
from recipes.experiment.experiment import Config as BaseConfig
from recipes.experiment.experiment import Experiment, presets, recipe
from recipes.experiment.material import evenly, find_images, load_classifier

EXPECTED = (
    "Figures 1 and 2, on digits and patches: first-layer units are edges and strokes; upper ones more complicated.",
    "Figure 1: most starts give roughly the same image, and activations close to each other.",
    "Figure 7: the claim is that the activation falls more slowly in upper layers.",
)
SQUEEZENET = ("conv1", "fire3_expand3x3", "fire5_expand3x3", "fire7_expand3x3", "fire9_expand3x3", "conv10")


@dataclass(frozen=True)
class Config(BaseConfig):
    """What is analysed, and how closely."""

    classifier: str = "squeezenet"
    layers: tuple[str, ...] = SQUEEZENET  # from below
    limit: int = 100  # photographs, for their mean colour and mean norm
    output: Path = Path("runs")

    shown: int = 8  # filters of a layer
    restarts: int = 3
    steps: int = 200  # of each maximum
    readable_steps: int = 200
    variation_weight: float = 0.3  # how much of the maximum's activation the total variation of photographs costs
    jitter: float = 0.07  # of the width of what a unit sees
    paths: int = 2  # starts of every manifold
    distances: int = 9  # from epsilon 0 to 2
    transformations: int = 64  # tried of each known family, before the best are refined; a power of two


PRESETS = presets(
    default=Config(),
    smoke=Config(
        layers=("conv1", "fire2_expand3x3"), limit=4, shown=2, restarts=2, steps=60, readable_steps=4, jitter=0.5,
        paths=1, distances=3, transformations=2,
    ),
    paper=Config(shown=36, restarts=9, paths=4, distances=21, transformations=256),
)  # fmt: skip


@recipe(PRESETS)
def run(config: Config, experiment: Experiment) -> dict[str, Any]:
    """Analyses the network; returns the numbers, by layer."""
    from recipes.families import unit_tables as tables

    classifier = load_classifier(config.classifier, "squeezenet", config.download)
    experiment.about("units", classifier.name)
    source = find_images(config.data, config.download)
    images = source.load(classifier.input_shape[1], config.limit)[0].astype("float32")
    color = images.mean(axis=(0, 1, 2))
    maxima, readable, ways, measured, decomposed, norms = {}, {}, {}, [], {}, {}
    for layer in config.layers:
        print(f"{layer}: maxima ...", flush=True)
        seen = _seen_by(classifier, layer, color)
        crops = images[:, seen.top : seen.top + seen.height, seen.left : seen.left + seen.width] - color
        norms[layer] = float(np.linalg.norm(crops.reshape(len(crops), -1), axis=1).mean())
        maxima[layer], readable[layer] = maximised(seen, layer, crops, color, norms[layer], config)
        print(f"{layer}: manifolds ...", flush=True)
        found, network, position = {layer: maxima[layer]}, seen.network, seen.position
        ways |= tables.follow(network, found, None, config.distances, config.paths, config.seed, False, position)
        measured.append(kinv.analysis.summarise_manifold(ways[layer][tables.FREE], config.seed))
        print(f"{layer}: known transformations ...", flush=True)
        decomposed |= tables.decompose(network, found, ways, None, config.transformations, config.seed, position)
    numbers = tables.numbers_of(maxima, measured, ways, decomposed)
    drawings = draw(classifier.name, maxima, readable, measured, ways[config.layers[-1]][tables.FREE], color)
    drawings |= tables.draw(classifier.name, ways, decomposed)
    experiment.keep_results({"norms": norms, "networks": {classifier.name: numbers}}, drawings)
    tables.print_table({classifier.name: numbers})
    tables.print_tables({classifier.name: numbers})
    tables.print_expected(EXPECTED)
    return numbers


def maximised(seen, layer: str, crops: np.ndarray, color: np.ndarray, norm: float, config: Config) -> tuple[Any, Any]:
    """The paper's maxima of a layer's units, and readable ones.

    Args:
        seen: the network of the part of an image that reaches the units.
        layer: its name.
        crops: such parts of photographs, less their mean colour.
        color: that colour.
        norm: of the maxima.
        config: the recipe's.
    """
    from keras import ops

    from kinv.ops.image_priors import total_variation

    ascend = partial(
        kinv.maximize_activation, seen.network, layer, evenly(seen.units, config.shown), norm,
        position=seen.position, value_range=(-float(color.min()), 255 - float(color.max())),
    )  # fmt: skip
    maxima = ascend(config.restarts, config.seed, steps=config.steps)
    variation = float(np.mean(ops.convert_to_numpy(total_variation(crops / 255))))
    per_variation = max(float(np.median(maxima.best_activations)), 0.0) / variation
    readable = ascend(
        1, config.seed, steps=config.readable_steps, box=True, cosine_waves=True,
        jitter=round(config.jitter * seen.width), variation_weight=config.variation_weight * per_variation,
    )  # fmt: skip
    return maxima, readable


def draw(name, maxima, readable, measured, last, color) -> dict[str, Any]:
    """Maxima by layer, readable ones, some manifolds of the last layer, and how invariant the layers are."""
    from kinv.analysis.units import figures
    from kinv.figures import images

    rows, title = _contrasted(last.inputs[:4, 0]), f"{name}: invariance manifolds of units of {last.layer}"
    return {
        "maxima.png": images.labelled_rows(
            {layer: _contrasted(found.best) for layer, found in maxima.items()},
            inches=1.1,
            title=f"What units of {name} look for: 8 in the middle of each layer's map",
        ),
        "readable.png": images.labelled_rows(
            {layer: found.best + color for layer, found in readable.items()},
            inches=1.1,
            title=f"What units of {name} look for: 8 in the middle of each layer's map, smooth and in range",
        ),
        "manifolds.png": figures.manifold_rows(rows, last.epsilons, last.activations[:4, 0], title, last.names),
        "invariance.png": figures.invariance_curves({name: measured}, "How activations fall"),
    }


@dataclass(frozen=True)
class _Seen:
    """The network of the part of an image that reaches the units in the middle of a layer's map.

    Attributes:
        network: of such parts, less the mean colour, which is also what surrounds them.
        position: of the units.
        units: how many the layer has.
        top, left, height, width: of the part, in pixels.
    """

    network: Any
    position: Any
    units: int
    top: int
    left: int
    height: int
    width: int


def _seen_by(classifier, layer, color) -> _Seen:
    import keras
    from keras import layers, ops

    from kinv import backend
    from kinv.surgery.tap import MEAN

    shape = kinv.analysis.tap(classifier, layer).network.output_shape
    position = (shape[1] // 2, shape[2] // 2) if len(shape) == 4 else MEAN
    tapped = kinv.analysis.tap(classifier, layer, None, position)
    noise = np.random.default_rng(0).uniform(0, 255, (4, *classifier.input_shape[1:])).astype("float32")
    slope = backend.value_and_grad(lambda images: ops.sum(ops.abs(tapped.activations(images))))(noise)[1][0]
    reached = ops.convert_to_numpy(slope).any(axis=(0, 3))
    rows, columns = (np.flatnonzero(reached.any(axis=axis)) for axis in (1, 0))
    top, left = int(rows[0]), int(columns[0])
    height, width = int(rows[-1]) + 1 - top, int(columns[-1]) + 1 - left
    below, right = (size - end - 1 for size, end in zip(reached.shape, (rows[-1], columns[-1]), strict=True))
    parts = keras.Input((height, width, classifier.input_shape[-1]))
    x = layers.ZeroPadding2D(((top, int(below)), (left, int(right))), name="surroundings")(parts)
    network = keras.Model(parts, classifier(layers.Rescaling(1.0, color.tolist(), name="mean_color")(x)))
    return _Seen(network, position, shape[-1], top, left, height, width)


def _contrasted(images):
    """Around grey, each as strong as it may be without losing more than one value in two hundred."""
    largest = np.quantile(np.abs(images), 0.995, axis=(-3, -2, -1), keepdims=True)
    return 127.5 + 127.5 * images / np.maximum(largest, 1e-12)


if __name__ == "__main__":
    main(run, __doc__)
