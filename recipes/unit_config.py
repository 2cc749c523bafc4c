"""What the recipes of unit analysis can be told."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal


@dataclass(frozen=True)
class UnitConfig:
    """What is analysed, and how closely."""

    preset: Literal["smoke", "default", "paper"] = "default"
    networks: tuple[str, ...] = ("dbn_mnist", "sdae_mnist")  # artifacts
    data: str = "mnist"  # mnist, rotated_mnist, silhouettes or patches
    download: bool = False  # lets MNIST be fetched
    limit: int = 10_000  # of the data, for its mean norm and its covariance
    output: Path = Path("runs")  # a folder for the figures is made in here
    seed: int = 0

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
