"""What output units of a network of rotated digits look for and ignore: figure 6 of Erhan, Courville and Bengio 2010.

    python -m recipes.manifolds_rotated_mnist                   # default
    python -m recipes.manifolds_rotated_mnist --preset smoke    # seconds: does it run?

From the artifact of `recipes.sdae_rotated_mnist`: maxima of two digits' output units from several starts, invariance
manifolds of the first from its best maximum, and the share of rotations in what the output units of all digits ignore.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from recipes.command_line import main

EXPECTED = (
    "Figure 6, above: starts lead to different maxima, which are fours and fives at several angles.",
    "Figure 6, below: manifolds from one maximum differ by their first step alone, and capture rotations.",
)


@dataclass(frozen=True)
class Config:
    """What is analysed, and how closely."""

    preset: Literal["smoke", "default", "paper"] = "default"
    network: str = "sdae_rotated_mnist"  # artifact, or folder of one
    data: str = "rotated_mnist"
    download: bool = False  # lets MNIST be fetched
    limit: int = 10_000  # of the data, for its mean norm and its covariance
    output: Path = Path("runs")  # a folder for the figures is made in here
    seed: int = 0

    digits: tuple[int, int] = (4, 5)  # the paper's; manifolds are those of the first
    restarts: int = 9
    starts: int = 4  # manifolds, the paper's
    distances: int = 11  # from epsilon 0 to 2
    transformations: int = 256  # tried of each known family, before the best are refined; a power of two


PRESETS = {
    "default": Config(),
    "smoke": Config(preset="smoke", limit=100, restarts=2, starts=2, distances=3, transformations=8),
    "paper": Config(distances=21),
}


def run(config: Config) -> dict[str, Any]:
    """Analyses the output units; returns the numbers."""
    import kinv.backend

    # isort: split
    import numpy as np

    import kinv
    from kinv.analysis.units import figures
    from kinv.models.layerwise import figures as deep_units
    from kinv.ops.whitening import ZcaWhitening
    from recipes import unit_paths
    from recipes.deep_training import seeded
    from recipes.material import load_digits
    from recipes.provenance import as_json

    seeded(config)
    classifier = kinv.load(config.network)
    train, _ = load_digits(config)
    vectors = np.asarray(train.images, "float32").reshape(len(train.images), -1)
    norm = float(np.linalg.norm(vectors, axis=1).mean())
    epsilons = tuple(np.linspace(0, 2, config.distances))
    given: Sequence[Any] = (classifier, "logits")
    maxima = kinv.maximize_activation(*given, None, norm, config.restarts, config.seed)
    first = config.digits[0]
    manifold = kinv.trace_manifold(
        *given, [first], maxima.best[[first]], epsilons, ZcaWhitening(vectors), config.seed, starts=config.starts
    )
    free = kinv.trace_manifold(*given, None, maxima.best, epsilons, None, config.seed)
    known = kinv.decompose_invariance(
        *given, None, maxima.best, epsilons, free, None, config.seed, samples=config.transformations
    )

    def grey(pictures):
        return deep_units.around_grey(pictures[..., 0])

    drawings = {
        "maxima.png": deep_units.sheets(
            {f"output unit of digit {digit}, all starts": grey(maxima.inputs[digit]) for digit in config.digits}
        ),
        "manifolds.png": figures.manifold_rows(
            grey(manifold.inputs[0])[..., None],
            manifold.epsilons,
            manifold.activations[0],
            f"manifolds of digit {first}",
        ),
        "restricted.png": figures.restricted_curves({"logits": known}),
        "tolerance.png": figures.tolerance_map({"logits": known}),
    }
    kept = manifold.activations[0] / manifold.activations[0][:, :1]
    numbers = {
        "agreement": {str(digit): float(maxima.agreement[digit]) for digit in config.digits},
        "spread": {str(digit): float(maxima.spread[digit]) for digit in config.digits},
        "kept": {f"{epsilon:.1f}": float(value) for epsilon, value in zip(epsilons, kept.mean(axis=0), strict=True)},
        "overlap": _overlap(manifold.inputs[0, :, len(epsilons) // 2]),
        **unit_paths.summarise({"logits": known})["logits"],
    }
    folder = config.output / "manifolds_rotated_mnist"
    folder.mkdir(parents=True, exist_ok=True)
    for file_name, figure in drawings.items():
        figure.savefig(folder / file_name)
    everything = {"config": as_json(config), "norm": norm, **numbers}
    (folder / "numbers.json").write_text(json.dumps(everything, indent=1) + "\n", encoding="utf-8")
    for digit in config.digits:
        print(f"Digit {digit}: mean cosine of the other starts' maxima with the best {maxima.agreement[digit]:.2f}")
    print(f"Digit {first}: mean cosine of its manifolds with each other at epsilon 1: {numbers['overlap']:.2f}")
    print(f"Units by what they ignore most: {numbers['groups']}")
    for kind in ("share", "tolerance"):
        cells = (f"{name} {'-' if value is None else format(value, '+.2f')}" for name, value in numbers[kind].items())
        print(f"{kind}, median: " + ", ".join(cells))
    print("\nThe paper:")
    for sentence in EXPECTED:
        print(f"- {sentence}")
    print(f"\nNumbers and pictures: {folder}")
    return numbers


def _overlap(inputs) -> float:
    """Mean cosine of every two inputs `(S, ...)`."""
    import numpy as np

    flat = inputs.reshape(len(inputs), -1)
    flat = flat / np.linalg.norm(flat, axis=1, keepdims=True)
    count = len(flat)
    return float((np.sum(flat @ flat.T) - count) / (count * (count - 1)))


if __name__ == "__main__":
    main(run, PRESETS, __doc__)
