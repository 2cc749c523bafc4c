"""How large families of transformations are at the same share of unchanged predictions: learned, and simple ones.

Shapes: `N` images, `D` draws, `B = D * N` members, `G` generators, first those of colour, then those of space, then
modes of flows.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from keras import ops

from kinv.intervals import Chance, mean_interval
from kinv.results import TableResult

from .box import calibrated_box
from .comparison import Predictions, right_images
from .conditioned import conditioned, factors_of, for_images
from .families import Generators, random_directions
from .matrices import Matrices
from .scaled_family import ScaledFamily, scaled_family

SIMPLE = "random directions", "hand-made", "calibrated box"
CALIBRATED_ON = 72  # images
WORDS = {
    "space": "In space",
    "color": "In colour",
    "beyond": "In flows beyond affine maps",
    "both": "In both together, which share one budget",
    "all": "In all three together, which share one budget",
}
NAMES = {"space": "space", "color": "colour", "beyond": "flows"}
MEASURED = 1000  # members at least, to know the covariance


@dataclass(frozen=True, repr=False)
class FamilyComparison(TableResult):
    """Families of transformations at the same share of unchanged predictions.

    Attributes:
        share: of the predictions that stay, at which families are compared.
        families: the learned one first, then the simple ones.
        images: how many images were used.
        in_proportion: the learned family, with its parts in the proportion of the best simple one: larger by as many
            nats in each. None where no simple family has a volume.
    """

    share: float
    families: tuple[ScaledFamily, ...]
    images: int
    in_proportion: ScaledFamily | None

    def _numbers(self):
        return self.metrics()

    def _columns(self):
        rows: dict[str, list] = {"family": [family.name for family in self.families]}
        rows["unchanged"] = [family.unchanged.mean() for family in self.families]
        rows["unchanged_as_it_is"] = [family.as_it_is.mean() for family in self.families]
        rows["factor"] = [family.factor for family in self.families]
        for part in self.families[0].parts:
            for number in ("distance", "between", "effective_dimension", "log_volume", "offset"):
                rows[f"{part}_{number}"] = [getattr(family.parts[part], number) for family in self.families]
        rows["left_out"] = [family.left_out for family in self.families]
        return {name: np.array(column) for name, column in rows.items()}

    def metrics(self) -> dict[str, float]:
        """The learned family's log-volumes at the share, and by how much it is larger than the best simple one."""
        learned = self.families[0]
        found = {"share": self.share}
        for part in (*learned.parts, learned.whole):
            _, difference, (low, high) = self.larger(part)
            found[f"{part}_log_volume"] = learned.log_volume(part)
            found[f"{part}_larger"], found[f"{part}_larger_low"], found[f"{part}_larger_high"] = difference, low, high
            if part in learned.parts:
                found[f"{part}_dimension"] = learned.parts[part].effective_dimension
        if self.in_proportion is not None:
            _, found["each_larger"], (found["each_larger_low"], found["each_larger_high"]) = self.larger_in_each()
        return found

    def larger_in_each(self) -> tuple[str, float, tuple[float, float]]:
        """The best simple family in all parts, and by how many nats the learned one is larger in each of them, when it
        is brought to the same proportion; with the interval.

        A family can be large in space by being small in colour. This compares all parts at once.

        Raises:
            ValueError: no simple family has a volume.
        """
        if self.in_proportion is None:
            raise ValueError("no simple family has a volume: there is nothing to compare with")
        whole, parts = self.in_proportion.whole, len(self.in_proportion.parts)
        best = max(self.simple, key=lambda family: family.log_volume(whole))
        difference = (self.in_proportion.log_volume(whole) - best.log_volume(whole)) / parts
        return best.name, difference, _interval(difference, self.in_proportion, best, whole, 1 / parts)

    def larger(self, part: str) -> tuple[str, float, tuple[float, float]]:
        """The best simple family of a part, by how many nats the learned one is larger, and the interval.

        Args:
            part: `"space"`, `"color"`, `"beyond"` where there are flows, or `"both"` (with flows `"all"`). A family can
                be large in one by being small in another.
        """
        learned = self.families[0]
        best = max(self.simple, key=lambda family: family.log_volume(part))
        difference = learned.log_volume(part) - best.log_volume(part)
        if not math.isfinite(difference):
            return best.name, difference, (difference, difference)
        return best.name, difference, _interval(difference, learned, best, part)

    @property
    def simple(self) -> tuple[ScaledFamily, ...]:
        """The families that were not learned."""
        return tuple(family for family in self.families if family.name in SIMPLE)

    def summary(self) -> str:
        """In sentences: how large the families are at the same share, and whether the learned one is the largest."""
        lines = [f"Families that keep {self.share:.0%} of the predictions for {self.images} images:"]
        for family in self.families:
            parts = (
                f"{NAMES[part]} {_nats(varied.log_volume)}, {varied.effective_dimension:.1f} of {varied.generators} "
                f"directions, {varied.offset:.0%} fixed"
                for part, varied in family.parts.items()
            )
            lines.append(f"  {family.name}: {'; '.join(parts)}.")
        learned = self.families[0]
        for part in (*learned.parts, learned.whole):
            words = WORDS[part]
            best, difference, (low, high) = self.larger(part)
            size = f"{abs(difference):.1f} nats (95% interval of the difference: {low:.1f} to {high:.1f})"
            if low > 0:
                verdict = f"larger than {best}, the best simple family, by {size}"
            elif high < 0:
                verdict = f"SMALLER than {best} by {size}"
            else:
                verdict = f"about as large as {best}: they differ by {size}"
            lines.append(f"{words}, the learned family is {verdict}.")
        if self.in_proportion is not None:
            best, difference, (low, high) = self.larger_in_each()
            others = " and ".join(f"in {NAMES[part]}" for part in list(learned.parts)[1:])
            lines.append(
                f"In the proportion of {best}, it differs from that by {difference:+.1f} nats in space and as many "
                f"{others} (95% interval: {low:+.1f} to {high:+.1f})."
            )
        return "\n".join(lines)


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
        others: further learned families by name, such as the paper's; with the same flows or none.
        progress: whether to show bars on stderr.

    Raises:
        ValueError: images or labels do not fit the network, a number is out of range, a family has too few members with
            a logarithm, or other flows.
    """
    if not 0 < share < 1:
        raise ValueError(f"share must lie between 0 and 1, received {share}")
    if min(draws, batch_size) < 1:
        raise ValueError(f"draws and batch_size must be at least 1, received {draws} and {batch_size}")
    images, originals, _ = right_images(classifier, images, labels, batch_size)
    chosen, chosen_originals, _ = right_images(classifier, calibrated_on, None, batch_size)
    rows = np.unique(np.linspace(0, len(chosen) - 1, min(CALIBRATED_ON, len(chosen))).astype(int))
    chosen, chosen_originals = chosen[rows], chosen_originals[rows]
    flows = transformer.beyond_generator
    generators = Generators(transformer.channels, 0 if flows is None else flows.controls)
    predict = Predictions(transformer, classifier, batch_size, progress)
    count, random = max(draws * len(images), MEASURED), np.random.default_rng(seed)

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
        found = scaled_family(
            name, members, lambda some: kept(some, model, factors), share, generators, random, exponents
        )
        return found if factors is None else conditioned(found, factors)

    learned = {"learned": transformer, **(others or {})}
    for name, other in learned.items():
        others_flows = other.beyond_generator
        if others_flows is not None and (flows is None or others_flows.flows != flows.flows):
            raise ValueError(
                f"all families must have the flows of the first or none, received {', '.join(others_flows.flows)} of "
                f"{name!r} beside {', '.join(flows.flows) if flows is not None else 'none'}"
            )
    members = {name: _members(model, count, random, generators) for name, model in learned.items()}
    families = [
        scaled(name, members[name], model) for name, model in learned.items()
    ]  # before the boxes, which take long
    known = members["learned"][np.isfinite(members["learned"]).all(axis=1)]
    like = known[random.integers(0, len(known), count)]
    families.append(scaled(SIMPLE[0], random_directions(generators.split(like), random)))
    for name, directions in ((SIMPLE[1], generators.hand_made), (SIMPLE[2], np.eye(generators.count))):
        families.append(scaled(name, calibrated_box(kept_there, directions).draw(count, random)))
    whole = families[0].whole
    best = max(families[len(learned) :], key=lambda family: family.log_volume(whole))
    in_proportion = None
    if math.isfinite(best.log_volume(whole)):
        start, exponents = _in_proportion(families[0], best, generators)
        proportioned = members["learned"] * start
        in_proportion = scaled("in proportion", proportioned, transformer, exponents)
    return FamilyComparison(share, tuple(families), len(images), in_proportion)


def _nats(volume):
    return f"{volume:.1f} nats" if math.isfinite(volume) else "no volume"


def _interval(difference, learned, best, part, weight=1.0):
    """95 %, over images, of `weight` times a difference of log-volumes."""
    influence = weight * (learned.influence(part) - best.influence(part))
    chance = Chance("images", len(influence), float(influence.var(ddof=1) / len(influence)))
    return mean_interval(difference, [chance])


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
