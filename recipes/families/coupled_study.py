"""What the coupled generator's recipes are told, and what they work with: networks, photographs and classes."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

import kinv
from recipes.experiment.experiment import Config, Experiment
from recipes.experiment.material import evenly, find_images, load_classifier

Way = Literal["pixels", "priors", "untrained", "improved", "pretrained", "decoded", "spectral"]


@dataclass(frozen=True)
class CoupledConfig(Config):
    """Which network is asked, and with how much effort images are made for it.

    What is called the paper's has the settings of its Table 1, but for width, steps and the deviations of
    `CoupledGenerator`.
    """

    classifier: str = "squeezenet"
    judge: str = "efficientnet_lite0"  # which images are not made for
    autoencoder: str = "dae_photos"  # an artifact
    limit: int = 200  # photographs, for their statistics
    output: Path = Path("runs")

    at_a_time: int = 10  # images
    pixel_steps: int = 100
    prior_steps: int = 200
    generator_steps: int = 150  # paper: 500
    width: float = 0.125  # of generators; the paper's is 1
    pretrained_steps: int = 150  # paper: 1200
    decoded_steps: int = 150
    decoded_rate: float = 0.3  # Adam, in standard deviations of photographs' codes
    spectral_size: int | None = None  # of its images; none: the network's
    spectral_steps: int = 120
    spectral_rate: float = 1.5  # of steps of norm 1, in standard deviations of photographs' waves
    spectral_limit: float = 2.0  # of a wave, in the same standard deviations
    smallest_view: float = 0.3


SMOKE: dict[str, Any] = {
    "limit": 4,
    "at_a_time": 2,
    "spectral_size": 64,
    "spectral_steps": 20,
}  # of all these


def prepare(experiment: Experiment, ways: Sequence[str], judged: bool = True) -> tuple[Any, Any]:
    """Networks and photographs that the settings name; returns the `Coupling` and the judge, if there is one.

    Raises:
        ValueError: no way, or a judge that can't judge.
        ArtifactError: there is no autoencoder, and a way needs it.
    """
    from recipes.families.coupled_ways import AUTOENCODER, LEAST_SIDE, TITLES, Coupling

    config = experiment.config
    if not ways:
        raise ValueError(f"ways must name at least one of {', '.join(TITLES)}.")
    network = load_classifier(config.classifier, "squeezenet", config.download)
    judge = load_classifier(config.judge, "efficientnet_lite0", config.download) if judged else None
    source = find_images(config.data, config.download, config.limit)
    if judge and (judge.name == network.name or judge.output_shape != network.output_shape):
        raise ValueError(
            f"judge must be another network with the same classes; {network.name} has {network.output_shape[-1]} "
            f"and {judge.name} {judge.output_shape[-1]}"
        )
    experiment.about(experiment.subject, network.name)
    coupling = Coupling(network, source, experiment)
    if set(ways) & set(AUTOENCODER):
        size = coupling.autoencoder.size
        print(f"Decoder:  of {config.autoencoder}, {size} x {size} pixels", flush=True)
        if size < LEAST_SIDE:
            raise ValueError(f"The autoencoder's images must be at least {LEAST_SIDE} wide, {size} are.")
    return coupling, judge


def class_names(network: Any) -> list[str]:
    """Of all its classes: ImageNet's, or else numbers."""
    count = network.output_shape[-1]
    return kinv.classifiers.class_names(network) or [str(index) for index in range(count)]


def find_classes(network: Any, chosen: Sequence[str]) -> list[int]:
    """Indices of classes that are named, or already given by index, each once.

    Raises:
        ValueError: none, or no such class, where near names are suggested.
    """
    names = class_names(network)
    find = kinv.classifiers.class_index
    found = [find(int(one) if one.isdecimal() else one, names, len(names)) for one in chosen]
    if not found:
        raise ValueError("classes must name at least one.")
    return list(dict.fromkeys(found))


def spread_classes(network: Any, count: int) -> list[int]:
    """At most so many classes, evenly spread."""
    if count < 1:
        raise ValueError(f"expected a number of classes of at least 1, received {count}")
    return evenly(network.output_shape[-1], count).tolist()


def targets_of(network: Any, chosen: Sequence[int]) -> dict[str, Any]:
    """The target of each class, by a label of index and name, as names may be the same."""
    names = class_names(network)
    return {f"{index:04d} {names[index]}": kinv.models.target.classes(index) for index in chosen}


def judged(network: Any, judge: Any, images: Any, chosen: Sequence[int]) -> dict[str, float]:
    """How images of classes `chosen` fare in the network and in the judge, and how like photographs they are."""
    own, other = (kinv.analysis.class_ranks(by, images, chosen) for by in (network, judge))
    return {
        "first": float((own == 0).mean()),
        "first_five_of_judge": float((other < 5).mean()),
        "median_rank_of_judge": float(np.median(other)),
        **kinv.analysis.image_statistics(images).as_dict(),
    }
