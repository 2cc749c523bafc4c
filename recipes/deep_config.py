"""What all recipes of deep belief nets and denoising autoencoders can be told."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal


@dataclass(frozen=True)
class GreedyConfig:
    """Greedy training, layer by layer."""

    preset: Literal["smoke", "default", "paper"] = "default"
    output: Path = Path("artifacts")  # the artifact's folder is made in here
    checkpoints: Path = Path("runs")
    seed: int = 0

    units: tuple[int, ...] = (1000, 1000, 1000)  # of the hidden layers
    epochs: int = 10  # for every layer
    batch_size: int = 100
    learning_rate: float = 0.1  # SGD, with a cosine to zero for every layer
    momentum: float = 0.0
    upper_rate: float | None = None  # of the layers above the first, where it is another


@dataclass(frozen=True)
class DeepConfig(GreedyConfig):
    """Greedy training on labelled pictures, then fine-tuning."""

    data: str = "mnist"  # mnist, rotated_mnist or silhouettes
    download: bool = False  # lets MNIST be fetched
    limit: int | None = None  # pictures to train with, and to test with
    deformed: bool = False  # whether pictures are deformed at random, in greedy training and in fine-tuning
    tune_epochs: int = 20  # of fine-tuning
    tune_batch_size: int = 100
    tune_rate: float = 0.1  # SGD with momentum, and a cosine to zero
    tune_momentum: float = 0.9


@dataclass(frozen=True)
class PatchConfig(GreedyConfig):
    """Greedy training on natural patches. The paper chose by reconstruction error and names no values."""

    source: str = "auto"  # see kinv.data.natural_patches
    patches: int = 100_000  # the paper's
    size: int = 12  # pixels, the paper's
    units: tuple[int, ...] = (400, 400, 400)


SILHOUETTES = {  # of both recipes
    "data": "silhouettes",
    "deformed": False,
    "units": (500, 500, 500),
    "epochs": 40,
    "batch_size": 50,
    "tune_batch_size": 50,
    "tune_rate": 0.03,
}
