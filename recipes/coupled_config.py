"""What the recipes of the coupled generator can be told."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Way = Literal["pixels", "priors", "untrained", "improved", "pretrained", "decoded", "spectral"]


@dataclass(frozen=True)
class CoupledConfig:
    """Which network is asked, and with how much effort pictures are made for it.

    What is called the paper's has the settings of its Table 1, but for width, steps and the deviations of
    `CoupledGenerator`.
    """

    preset: Literal["smoke", "default", "paper"] = "default"
    classifier: str = "squeezenet"
    judge: str = "efficientnet_lite0"  # which pictures are not made for
    autoencoder: str = "dae_photos"  # an artifact
    data: str = "auto"  # imagenet_samples, else tfds:imagenet_v2, else photos
    download: bool = False
    limit: int = 200  # photographs, for their statistics
    output: Path = Path("runs")  # a folder for the figures is made in here
    seed: int = 0

    at_a_time: int = 10  # pictures
    pixel_steps: int = 100
    prior_steps: int = 200
    generator_steps: int = 150  # paper: 500
    width: float = 0.125  # of generators; the paper's is 1
    pretrained_steps: int = 150  # paper: 1200
    decoded_steps: int = 150
    decoded_rate: float = 0.3  # Adam, in deviations of photographs' codes
    spectral_size: int | None = None  # of its pictures; none: the network's
    spectral_steps: int = 120
    spectral_rate: float = 1.5  # of steps of norm 1, in deviations of photographs' waves
    spectral_limit: float = 2.0  # of a wave, in the same deviations
    smallest_view: float = 0.3
