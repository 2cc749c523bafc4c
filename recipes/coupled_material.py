"""What the recipes of the coupled generator work with: networks, photographs, classes and folders."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import keras

from kinv import data
from kinv.models import target
from kinv.models.coupled_generator.judgement import LEAST_SIDE
from recipes.coupled_ways import AUTOENCODER, TITLES, Coupling
from recipes.deep_training import seeded
from recipes.material import find_pictures, load_classifier
from recipes.unit_numbers import spread


def prepare(config: Any, ways: Sequence[str], judged: bool = True) -> tuple[Coupling, Any]:
    """Networks and photographs that the configuration names; returns the coupling and the judge, if there is one.

    Raises:
        ValueError: no way, or a judge that can't judge.
        ArtifactError: there is no autoencoder, and a way needs it.
    """
    if not ways:
        raise ValueError(f"ways must name at least one of {', '.join(TITLES)}.")
    seeded(config)
    network = load_classifier(config.classifier, "squeezenet", config.download)
    judge = load_classifier(config.judge, "efficientnet_lite0", config.download) if judged else None
    source = find_pictures(config.data, config.download).evenly(config.limit)
    print(f"Network:  {network.name}" + (f"; judge: {judge.name}" if judge else ""))
    print(f"Pictures: {source.description}", flush=True)
    if judge and (judge.name == network.name or judge.output_shape != network.output_shape):
        raise ValueError(
            f"judge must be another network with the same classes; {network.name} has {network.output_shape[-1]} "
            f"and {judge.name} {judge.output_shape[-1]}"
        )
    coupling = Coupling(network, source, config)
    if set(ways) & set(AUTOENCODER):
        size = coupling.autoencoder.size
        print(f"Decoder:  of {config.autoencoder}, {size} x {size} pixels", flush=True)
        if size < LEAST_SIDE:
            raise ValueError(f"The autoencoder's pictures must be at least {LEAST_SIDE} wide, {size} are.")
    return coupling, judge


def results_folder(config: Any, name: str, network: keras.Model) -> Path:
    """Where a recipe's pictures and numbers go, by preset."""
    suffix = "" if config.preset == "default" else f"_{config.preset}"
    return config.output / f"{name}_{network.name}{suffix}"


def class_names(network: keras.Model) -> list[str]:
    """Of all its classes: ImageNet's, or else numbers."""
    count = network.output_shape[-1]
    known = data.imagenet_class_names()
    return known if count == len(known) else [str(index) for index in range(count)]


def find_classes(network: keras.Model, chosen: Sequence[str]) -> list[int]:
    """Indices of classes that are named, or already given by index, each once.

    Raises:
        ValueError: none, or no such class, where near names are suggested.
    """
    names = class_names(network)
    found = [target.class_index(int(one) if one.isdecimal() else one, names, len(names)) for one in chosen]
    if not found:
        raise ValueError("classes must name at least one.")
    return list(dict.fromkeys(found))


def spread_classes(network: keras.Model, count: int) -> list[int]:
    """At most so many classes, evenly spread."""
    if count < 1:
        raise ValueError(f"expected a number of classes of at least 1, received {count}")
    return spread(network.output_shape[-1], count).tolist()


def labels_of(network: keras.Model, chosen: Sequence[int]) -> dict[int, str]:
    """A label for each class: index and name, as names may be the same."""
    names = class_names(network)
    return {index: f"{index:04d} {names[index]}" for index in chosen}
