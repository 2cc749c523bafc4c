"""Augmentations that are learned from what a network ignores: families of transformations, and the calibrated box.

A learned family is anything that `learn` returns: it has `augment`, and `matrices` and `apply_matrices` to scale it.
"""

import functools
import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
from keras import ops

import kinv
from kinv.classifiers.predict import answers
from kinv.models.invariant_transformer.box import Box, calibrated_box
from kinv.models.invariant_transformer.families import Generators
from kinv.ops.affine import affine_color, affine_sample
from kinv.ops.stateless_random import hashed_seed, hashed_uniform, seed_pair
from recipes.experiment.material import evenly
from recipes.families.augmentation.maps import Maps
from recipes.families.augmentation.material import Augmentation, Material

ROUNDS = 3  # families of the own network: of it trained without augmentation, then of it trained with the one before
REFRESHED = 0.5  # steps of a family that goes on from the one before, as a part of the first's
MOST_FOR_FAMILY = 5000  # images that a family of another network is learned on
MOST_FOR_BOX = 64  # images that the box is calibrated on
MOST_TO_ADAPT = 32  # images on which a family finds its start
RATE, LAST_RATE = 0.03, 0.05  # of the largest family, and the last as a part of the first


class Scaled:
    """A learned family whose maps are brought nearer to the identity, or farther from it.

    Args:
        family: with `matrices` of control parameters, `apply_matrices` and `augment`.
        strength: what the difference of every map from the identity is multiplied by.
    """

    def __init__(self, family: Any, strength: float):
        self.family, self.strength = family, strength

    def augment(self, images: np.ndarray, seed: int) -> np.ndarray:
        """Images `(B, H, W, C)` in 0..255, changed; the same seed gives the same images."""
        controls, pair = self.family.controls, seed_pair(seed)
        ks = ops.split(hashed_uniform(pair, len(images), sum(controls)), np.cumsum(controls)[:-1].tolist(), axis=1)
        maps = [self._scaled(map_) for map_ in self.family.matrices(*ks, images=images)]
        return ops.convert_to_numpy(
            self.family.apply_matrices(images, *maps, **({"seed": hashed_seed(pair, 0)} if maps[2:] else {}))
        )

    def _scaled(self, matrices: Any) -> Any:
        if len(matrices.shape) == 2:  # sizes of flows
            return self.strength * matrices
        identity = ops.eye(*matrices.shape[1:])
        return identity + self.strength * (matrices - identity)


def learn(
    network: Any, images: np.ndarray, labels: np.ndarray, steps: int, seed: int, family: str = "largest",
    flows: Sequence[str] = (),
) -> Any:  # fmt: skip
    """A family of transformations that a network ignores, of its training images `(N, H, W, C)`."""
    transformer = kinv.models.InvariantTransformer(network, family=family, beyond=flows, seed=seed)
    if family == "largest":
        some = evenly(len(images), MOST_TO_ADAPT)
        transformer.adapt(images[some], labels[some])
    fit(transformer, images, labels, steps, seed)
    return transformer


def fit(transformer: Any, images: np.ndarray, labels: np.ndarray, steps: int, seed: int) -> None:
    """Trains a family of transformations from where it is."""
    import keras

    rate = keras.optimizers.schedules.CosineDecay(RATE, steps, LAST_RATE)
    transformer.compile(keras.optimizers.SGD(rate) if transformer.family == "largest" else None)
    batches = kinv.training.shuffled_batches(images, labels, 32, seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a family that stays near the identity is a result here
        transformer.fit(batches, steps_per_epoch=steps, shuffle=False, verbose=0, preflight=False)


def paper_of_own_network(material: Material, strength: float) -> Augmentation:
    """The paper's Invariant Transformer Net, of the network trained without augmentation."""
    return Scaled(_once(material, "paper", _paper), strength)


def of_own_network(material: Material, strength: float) -> Augmentation:
    """A family learned from the own network, which goes on to learn when that network was trained with it, twice."""

    def first(material: Material) -> tuple[Any, list[np.ndarray], np.ndarray]:
        family = learn(material.network(), *_known(material), material.steps, material.seed)
        return family, family.get_weights(), ops.convert_to_numpy(family.seed_generator.state)

    family, weights, state = _once(material, "first", first)
    family.set_weights(weights)  # other strengths went on from it
    family.seed_generator.state.assign(state)
    for number in range(1, ROUNDS):
        material.trained_with(Scaled(family, strength))  # the network that the family is of, with other weights now
        fit(family, *_known(material), round(REFRESHED * material.steps), material.seed + 1000 * number)
    return Scaled(family, strength)


def box(material: Material, strength: float) -> Augmentation:
    """The calibrated box of the own network's predictions on its training images."""
    return _drawn_from(_once(material, "box", _box), material, strength)


def refreshed_box(material: Material, strength: float) -> Augmentation:
    """The same, calibrated again when the network was trained with it, as often as a family is refreshed."""
    found, (images, _) = _once(material, "box", _box), _known(material)
    for _ in range(1, ROUNDS):
        found = box_of(material.trained_with(_drawn_from(found, material, strength)), images)
    return _drawn_from(found, material, strength)


def artifact(name: str, strength: float) -> Augmentation:
    """A family that was learned before, by the name of its artifact."""
    return Scaled(_loaded(name), strength)


def of_classifier(name: str, images: str, steps: int, strength: float, flows: tuple[str, ...] = ()) -> Augmentation:
    """A family learned now from a network that comes with kinv, on its own images: it saw all of their labels."""
    return Scaled(_of_classifier(name, images, steps, flows), strength)


def box_of(network: Any, images: np.ndarray) -> Any:
    """The calibrated box of a network, of at most `MOST_FOR_BOX` of the images."""
    chosen = np.asarray(images[evenly(len(images), MOST_FOR_BOX)], "float32")
    before, _ = answers(network, chosen)
    generators = Generators(chosen.shape[-1])

    def kept(member: np.ndarray) -> float:
        maps = generators.maps(member[None])
        moved = affine_sample(chosen, maps.space[0], "zeros")
        return float(np.mean(answers(network, ops.convert_to_numpy(affine_color(moved, maps.color[0])))[0] == before))

    return calibrated_box(kept, np.eye(generators.count))


def _drawn_from(found: Box, material: Material, strength: float) -> Augmentation:
    def draw(shape, count, random):
        return Generators(shape[-1]).maps(strength * found.draw(count, random))

    return Maps(draw, material.fill)


@functools.lru_cache
def _of_classifier(name: str, images: str, steps: int, flows: tuple[str, ...]) -> Any:
    source = kinv.data.find(images, "train").evenly(MOST_FOR_FAMILY)
    return learn(kinv.classifiers.load(name), *source.load_labelled(), steps, 0, flows=flows)


@functools.lru_cache
def _loaded(name: str) -> Any:
    return kinv.load(name)


_LEARNED: dict[str, Any] = {}  # of the material that was used last: strengths share what is learned from it


def _once(material: Material, name: str, make: Any) -> Any:
    """What is learned from a material, for all strengths."""
    if _LEARNED.get("of") is not material:
        _LEARNED.clear()
        _LEARNED["of"] = material
    if name not in _LEARNED:
        _LEARNED[name] = make(material)
    return _LEARNED[name]


def _paper(material: Material) -> Any:
    return learn(material.network(), *_known(material), material.steps, material.seed, "paper")


def _box(material: Material) -> Any:
    if material.images is None:
        raise ValueError("the box is calibrated on training images, and the task has none for it.")
    return box_of(material.network(), material.images)


def _known(material: Material) -> tuple[np.ndarray, np.ndarray]:
    if material.images is None or material.labels is None:
        raise ValueError("this augmentation is learned from labelled images, and the task has none for it.")
    return material.images, material.labels
