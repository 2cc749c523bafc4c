"""Compares how large families of transformations are at the same share of unchanged predictions.

Shapes: `N` images, `D` draws, `B = D * N` members, `G` generators, first those of colour, then those of space, then
modes of flows.
"""

import math
import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

from .box import calibrated_box
from .comparison import Predictions, right_images
from .conditioned import conditioned, factors_of, for_images
from .families import Generators, random_directions
from .family_comparison import LEARNED, SIMPLE, FamilyComparison
from .matrices import Matrices
from .scaled_family import ScaledFamily, scaled_family

CALIBRATED_ON = 72  # images
MEASURED = 1000  # members at least, to know the covariance


def compare_families(
    transformer: Any,
    classifier: keras.Model,
    images: np.ndarray,
    labels: np.ndarray | None = None,
    *,
    calibrated_on: np.ndarray,
    share: float = 0.85,
    draws: int = 2,
    batch_size: int = 50,
    seed: int = 0,
    others: Mapping[str, Any] | None = None,
    simple: Sequence[str] = SIMPLE,
    progress: bool = False,
) -> FamilyComparison:
    """Compares the volume of a learned family with those of simple ones, at the same share of unchanged predictions.

    Every family is scaled about the identity, in the Lie algebra, until that share of the predictions stays. Then
    their log-volumes can be compared: half the logarithm of the determinant of the covariance of their members, over 6
    generators of space and 12 of colour, and over the modes of the flows that the learned family has. Simple families
    are random directions with the learned sizes; shifts, rotation, zoom, contrast and brightness (`"hand-made"`); and
    all generators and modes (`"calibrated box"`). The last two are uniform between two ends each, at which 90 % of the
    predictions stay.

    Args:
        transformer: a trained `InvariantTransformer`.
        classifier: the network, images to logits.
        images: held-out images, `(N, H, W, C)` in 0..255.
        labels: int `(N,)`: only images that the network gets right are used. None: all, with its own predictions.
        calibrated_on: other images, `(M, H, W, C)`, such as those that the transformer was trained with: the ends of
            the simple families are found on 72 of them.
        share: of the predictions that stay, in 0..1.
        draws: members for each image.
        batch_size: images per batch.
        seed: draws the members.
        others: further learned families by name, such as the paper's; with the same fill, and the same flows or none.
        simple: which simple families. For the last two, a search along every direction comes first.
        progress: whether to show bars on stderr.

    Raises:
        ValueError: images or labels do not fit the network, a number is out of range, a family has too few members with
            a logarithm, or another fill or other flows, or keeps the share at no size; an unknown simple family, or
            another one with its name.
    """
    if not 0 < share < 1:
        raise ValueError(f"share must lie between 0 and 1, received {share}")
    if min(draws, batch_size) < 1:
        raise ValueError(f"draws and batch_size must be at least 1, received {draws} and {batch_size}")
    if not simple or not set(simple) <= set(SIMPLE):
        raise ValueError(f"simple must be among {', '.join(SIMPLE)}, received {', '.join(simple) or 'none'}")
    if taken := {LEARNED, *SIMPLE} & set(others or {}):
        raise ValueError(f"others need names of their own, received {', '.join(sorted(taken))}")
    images, originals, _ = right_images(classifier, images, labels, batch_size)
    chosen, chosen_originals, _ = right_images(classifier, calibrated_on, None, batch_size)
    rows = np.unique(np.linspace(0, len(chosen) - 1, min(CALIBRATED_ON, len(chosen))).astype(int))
    chosen, chosen_originals = chosen[rows], chosen_originals[rows]
    flows = transformer.beyond_generator
    generators = Generators(transformer.channels, 0 if flows is None else flows.controls)
    predict = Predictions(transformer, classifier, batch_size, progress)
    count = max(draws * len(images), MEASURED)

    def kept(members: np.ndarray, model: Any = None, factors: Any = None) -> np.ndarray:
        """Share of predictions that stay, for every image, `(N,)`, with the first members."""
        some = members[: draws * len(images)]
        some = some if factors is None else for_images(model, factors, some, generators)
        return (predict(images, generators.maps(some)) == originals).mean(axis=0)

    def kept_there(member: np.ndarray) -> float:
        maps = generators.maps(np.repeat(member[None], len(chosen), axis=0))
        return float((predict(chosen, maps) == chosen_originals).mean())

    def scaled(name: str, members: np.ndarray, model: Any = None, exponents: float | np.ndarray = 1.0) -> ScaledFamily:
        factors = None if model is None or model.conditioner is None else factors_of(model, images)
        random = np.random.default_rng([seed, len(SIMPLE) + 1])
        found = scaled_family(
            name, members, lambda some: kept(some, model, factors), share, generators, random, exponents
        )
        return found if factors is None else conditioned(found, factors)

    learned = {LEARNED: transformer, **(others or {})}
    for name, other in learned.items():
        if other.fill != transformer.fill:
            raise ValueError(
                f"all families must fill alike, received {other.fill!r} of {name!r} beside {transformer.fill!r}"
            )
        others_flows = other.beyond_generator
        if others_flows is not None and (flows is None or others_flows.flows != flows.flows):
            raise ValueError(
                f"all families must have the flows of the first or none, received {', '.join(others_flows.flows)} of "
                f"{name!r} beside {', '.join(flows.flows) if flows is not None else 'none'}"
            )
    randoms = [np.random.default_rng([seed, place]) for place in range(len(SIMPLE))]
    members, families = {}, []
    for name, model in learned.items():  # of the same control parameters, and before boxes, which take long
        members[name] = _members(model, count, np.random.default_rng([seed, len(SIMPLE)]), generators)
        families.append(scaled(name, members[name], model))
    if SIMPLE[0] in simple:
        known = members[LEARNED][np.isfinite(members[LEARNED]).all(axis=1)]
        like = known[randoms[0].integers(0, len(known), count)]
        families.append(scaled(SIMPLE[0], random_directions(generators.split(like), randoms[0])))
    for place, directions in enumerate((generators.hand_made, np.eye(generators.count)), 1):
        if SIMPLE[place] in simple:
            box = calibrated_box(kept_there, directions)
            families.append(scaled(SIMPLE[place], box.draw(count, randoms[place])))
    whole = families[0].whole
    best = max(families[len(learned) :], key=lambda family: family.log_volume(whole))
    in_proportion = {}
    for family, (name, model) in zip(families, learned.items(), strict=False):
        if math.isfinite(best.log_volume(whole) - family.log_volume(whole)):
            start, exponents = _in_proportion(family, best, generators)
            try:
                in_proportion[name] = scaled(f"{name}, in proportion", members[name] * start, model, exponents)
            except ValueError as error:
                warnings.warn(f"{name} is not compared in the proportion of {best.name}: {error}", stacklevel=2)
    return FamilyComparison(share, tuple(families), len(images), in_proportion)


def _in_proportion(learned: ScaledFamily, best: ScaledFamily, generators: Generators) -> tuple[np.ndarray, np.ndarray]:
    """Factors `(G,)` that make a learned family larger by as much in every part, and exponents that keep it so.

    A factor of one part adds its logarithm to the log-volume once for each of the part's generators.
    """
    parts = generators.split(np.arange(generators.count)[None])
    larger = {part: learned.log_volume(part) - best.log_volume(part) for part in generators.parts}
    mean = sum(larger.values()) / len(larger)
    start, exponents = np.empty(generators.count), np.empty(generators.count)
    for more, rows in zip(larger.values(), parts, strict=True):
        count = rows.size
        start[rows[0]] = learned.factor * np.exp((mean - more) / count)
        exponents[rows[0]] = generators.count / (len(larger) * count)
    return start, exponents


def _members(transformer, count, random, generators):
    """Members of a learned family, `(B, G)`; without flows, sizes of theirs are 0."""
    ks = (random.uniform(size=(count, controls)).astype("float32") for controls in transformer.controls)
    maps = Matrices(*(ops.convert_to_numpy(part) for part in transformer.matrices(*ks)))
    sizes = generators.sizes(maps)
    return np.pad(sizes, ((0, 0), (0, generators.count - sizes.shape[1])))
