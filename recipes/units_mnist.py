"""What units of a deep belief net and of denoising autoencoders look for, and what they ignore.

    python -m recipes.units_mnist                        # default: on digits
    python -m recipes.units_mnist --data patches         # of natural images
    python -m recipes.units_mnist --data silhouettes
    python -m recipes.units_mnist --preset smoke         # seconds: does it run?

Figures 1, 2, 3, 4 and 7 of Erhan, Courville and Bengio 2010, from the artifacts of `recipes.dbn_mnist`,
`recipes.sdae_mnist`, `recipes.dbn_patches` and `recipes.sdae_patches`: maxima of the activation in all layers and from
several starts, samples of clamped units, three ways to look at a unit, and how the activation falls along invariance
manifolds. Then what the paper dismisses, or leaves to future work: great circles of least curvature beside the
manifolds, and the part of the invariance that is one to rotation, translation, scaling or stroke width.
"""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from recipes.experiment.command_line import main
from recipes.experiment.experiment import Config as BaseConfig
from recipes.experiment.experiment import Experiment, of_data, presets, recipe


@dataclass(frozen=True)
class Config(BaseConfig):
    """What is analysed, and how closely."""

    data: Literal["mnist", "patches", "silhouettes"] = "mnist"
    networks: tuple[str, ...] = ("dbn_mnist", "sdae_mnist")  # artifacts
    limit: int = 10_000  # of the data, for its mean norm and its covariance
    output: Path = Path("runs")
    shown: int = 36  # units of a layer, the paper's
    restarts: int = 9  # the paper's
    sampled: int = 6  # units whose samples are shown, the paper's
    samples: int = 100  # of every unit
    gibbs_steps: int = 500
    measured: int = 100  # units of a layer whose invariance is measured
    distances: int = 11  # from epsilon 0 to 2
    starts: int = 1  # of every manifold
    whitened: bool = True  # whether manifolds are traced in whitened coordinates
    paths: int = 4  # starts and directions, where manifolds stand beside their baselines
    transformations: int = 256  # tried of each known family, before the best are refined; a power of two


PRESETS = presets(
    default=Config(),
    smoke=Config(
        limit=100, shown=4, restarts=2, sampled=2, samples=2, gibbs_steps=2, measured=12, distances=3, paths=1,
        transformations=8,
    ),
    paper=Config(measured=1000, distances=21, gibbs_steps=20_000),
)  # fmt: skip
NETWORKS = {"patches": ("dbn_patches", "sdae_patches"), "silhouettes": ("sdae_silhouettes",)}
DATA = {
    data: {name: replace(preset, networks=networks) for name, preset in of_data(PRESETS, data=data).items()}
    for data, networks in NETWORKS.items()
}
EXPECTED = {
    "mnist": (
        "Figure 1: third-layer units of both networks look for complicated patterns, some for pseudo-digits.",
        "Figure 1: most starts give roughly the same image, and activations close to each other.",
        "Figure 3: samples of a clamped unit look like digits, with one or two modes for each unit.",
        "Figure 4: linear combinations and maxima are alike, and show parts; maxima are sharper. The mean of samples "
        "looks like a digit or a superposition of two.",
        "Figure 7: the claim is that the activation falls more slowly in upper layers. The text says the opposite of "
        "it: slopes smaller for the first layer than for the second, and, on MNIST, for the second than for the third.",
    ),
    "patches": (
        "Figure 2: first-layer filters of autoencoders are like Gabor functions, those of the deep belief net are not.",
        "Figure 2: second-layer units of the deep belief net are gratings and Gabor functions; upper units of "
        "autoencoders find corners, among others.",
        "Figure 3: samples of a clamped unit have all the same pattern.",
        "Figure 7: as on digits, for the first two layers.",
    ),
    "silhouettes": (
        "Figure 2: a few third-layer units look for whole objects, such as faces; most for parts that are there or "
        "not.",
        "Figure 7: as on digits.",
    ),
}


@recipe(PRESETS, data=DATA)
def run(config: Config, experiment: Experiment) -> dict[str, Any]:
    """Analyses the networks; returns the numbers, by network and layer."""
    from recipes.families.units import analyse

    experiment.about("units", config.data)
    return analyse(experiment, EXPECTED[config.data])


if __name__ == "__main__":
    main(run, __doc__)
