"""What output units of a network of rotated digits look for and ignore: figure 6 of Erhan, Courville and Bengio 2010.

    python -m recipes.manifolds_rotated_mnist                   # default
    python -m recipes.manifolds_rotated_mnist --preset smoke    # seconds: does it run?

From the artifact of `recipes.sdae_mnist --data rotated`: maxima of two digits' output units from several starts,
invariance manifolds of the first from its best maximum, and the share of rotations in what the output units of all
digits ignore.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

import kinv
from recipes.experiment.command_line import main
from recipes.experiment.experiment import Config as BaseConfig
from recipes.experiment.experiment import Experiment, presets, recipe
from recipes.experiment.material import load_digits

EXPECTED = (
    "Figure 6, above: starts lead to different maxima, which are fours and fives at several angles.",
    "Figure 6, below: manifolds from one maximum differ by their first step alone, and capture rotations.",
)
LAYER = "logits"


@dataclass(frozen=True)
class Config(BaseConfig):
    """What is analysed, and how closely."""

    network: str = "sdae_rotated_mnist"  # artifact, or folder of one
    data: str = "rotated_mnist"
    limit: int = 10_000  # of the data, for its mean norm and its covariance
    output: Path = Path("runs")
    digits: tuple[int, int] = (4, 5)  # the paper's; manifolds are those of the first
    restarts: int = 9
    starts: int = 4  # manifolds, the paper's
    distances: int = 11  # from epsilon 0 to 2
    transformations: int = 256  # tried of each known family, before the best are refined; a power of two


PRESETS = presets(
    default=Config(),
    smoke=Config(limit=100, restarts=2, starts=2, distances=3, transformations=8),
    paper=Config(distances=21),
)


@recipe(PRESETS)
def run(config: Config, experiment: Experiment) -> dict[str, Any]:
    """Analyses the output units; returns the numbers."""
    from kinv.ops.whitening import ZcaWhitening
    from recipes.families import unit_tables

    classifier = kinv.load(config.network)
    train, _ = load_digits(config.data, config.download, config.limit)
    vectors = np.asarray(train.images, "float32").reshape(len(train.images), -1)
    norm = float(np.linalg.norm(vectors, axis=1).mean())
    epsilons = tuple(np.linspace(0, 2, config.distances))
    maxima = kinv.maximize_activation(classifier, LAYER, None, norm, config.restarts, config.seed)
    first, whitening = config.digits[0], ZcaWhitening(vectors)
    manifold = kinv.trace_manifold(
        classifier, LAYER, [first], maxima.best[[first]], epsilons, whitening, config.seed, starts=config.starts
    )
    free = kinv.trace_manifold(classifier, LAYER, None, maxima.best, epsilons, None, config.seed)
    known = kinv.decompose_invariance(
        classifier, LAYER, None, maxima.best, epsilons, free, None, config.seed, samples=config.transformations
    )
    kept = manifold.activations[0] / manifold.activations[0][:, :1]
    numbers = {
        "norm": norm,
        "agreement": {str(digit): float(maxima.agreement[digit]) for digit in config.digits},
        "spread": {str(digit): float(maxima.spread[digit]) for digit in config.digits},
        "kept": {f"{epsilon:.1f}": float(value) for epsilon, value in zip(epsilons, kept.mean(axis=0), strict=True)},
        "overlap": overlap(manifold.inputs[0, :, len(epsilons) // 2]),
        **unit_tables.summarise({LAYER: known})[LAYER],
    }
    experiment.keep_results(numbers, draw(maxima, manifold, known, config.digits))
    for digit in config.digits:
        print(f"Digit {digit}: mean cosine of the other starts' maxima with the best {maxima.agreement[digit]:.2f}")
    print(f"Digit {first}: mean cosine of its manifolds with each other at epsilon 1: {numbers['overlap']:.2f}")
    print(f"Units by what they ignore most: {numbers['groups']}")
    for kind in ("share", "tolerance"):
        cells = (f"{name} {'-' if value is None else format(value, '+.2f')}" for name, value in numbers[kind].items())
        print(f"{kind}, median: " + ", ".join(cells))
    unit_tables.print_expected(EXPECTED)
    return numbers


def draw(maxima, manifold, known, digits) -> dict[str, Any]:
    """Maxima of some digits' units, manifolds of the first's, and what known transformations explain of all."""
    from kinv.analysis.units import figures
    from kinv.models.layerwise import figures as deep_units

    def grey(images):
        return deep_units.around_grey(images[..., 0])

    inputs, title = (
        grey(manifold.inputs[0])[..., None],
        f"sdae_rotated_mnist: invariance manifolds of the output unit of digit {digits[0]}",
    )
    return {
        "maxima.png": deep_units.sheets(
            {f"output unit of digit {digit}, all starts": grey(maxima.inputs[digit]) for digit in digits}
        ),
        "manifolds.png": figures.manifold_rows(inputs, manifold.epsilons, manifold.activations[0], title),
        "restricted.png": figures.restricted_curves(
            {LAYER: known}, "sdae_rotated_mnist: output units under known transformations"
        ),
        "tolerance.png": figures.tolerance_map({LAYER: known}, "sdae_rotated_mnist: what output units ignore"),
    }


def overlap(inputs: np.ndarray) -> float:
    """Mean cosine of every two inputs `(S, ...)`."""
    flat = inputs.reshape(len(inputs), -1)
    flat = flat / np.linalg.norm(flat, axis=1, keepdims=True)
    count = len(flat)
    return float((np.sum(flat @ flat.T) - count) / (count * (count - 1)))


if __name__ == "__main__":
    main(run, __doc__)
