"""The result of `invariant_directions`.

Shapes: `N` images, `D` directions of a part, as many as it has generators; `R` random directions.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import permutations

import numpy as np
import pandas as pd

from kinv.choices import class_index
from kinv.halves import halves
from kinv.results import Result, TableResult

from .form import ordered, overlap, values_along
from .parts import COLOR, PARTS, SPACE, Part, mean_shift
from .reach import LIMIT
from .words import named, seen

FEWEST = 5  # images of a class
RESAMPLES = 1000  # of the images, for intervals
ENDS = 2.5, 97.5  # per cent
CLEARLY = 0.5  # times a random direction's movement: what moves predictions less is called ignored
STILL = 1e-3  # a random direction's movement below which predictions do not move at all
UNITS = {SPACE: "side of the frame", COLOR: "range of pixel values"}
TITLES = {SPACE: "Space", COLOR: "Colour"}


@dataclass(frozen=True, repr=False)
class Directions(Result):
    """Directions of one part of transformations, from the most to the least ignored.

    Attributes:
        part: `"space"` or `"color"`.
        generators: names of the part's generators.
        channels: of the images.
        forms: a quadratic form for each image, `(N, D, D)`, see `kinv.analysis.directions.form.forms_of`.
        metric: the form of how far images change, `(D, D)`, see `Part.metric`. A unit is the whole side of the frame in
            space, and the whole range of pixel values in colour.
        reach: how far one can go back and ahead along each direction, in these units, `(D, 2)`; None if not searched.
            It is that of a small change; where colours are clipped, it is less.
        image_change: how far pixels have changed there: root mean square of their values in 0..255, `(D, 2)`.
        random_reach, random_image_change: the same of random directions, the control, `(R, 2)`.
    """

    part: str
    generators: tuple[str, ...]
    channels: int
    forms: np.ndarray = field(repr=False)
    metric: np.ndarray = field(repr=False)
    reach: np.ndarray | None = None
    random_reach: np.ndarray | None = None
    image_change: np.ndarray | None = None
    random_image_change: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.generators)

    @cached_property
    def form(self) -> np.ndarray:
        """The mean form `(D, D)`, in sizes of generators."""
        return self.forms.mean(axis=0)

    @cached_property
    def vectors(self) -> np.ndarray:
        """Sizes of generators in each direction, rows `(D, D)`, the most ignored first; each changes images by a unit.

        They are the generalised eigenvectors of `form` and `metric`: a direction is not called ignored because it
        hardly changes images.
        """
        return ordered(self.form, self.metric)[1]

    @cached_property
    def movement(self) -> np.ndarray:
        """How far predictions move along each direction, per unit, `(D,)`; root mean square over images.

        It is the distance of the square roots of two softmax outputs, at most 1.41.
        """
        return np.sqrt(ordered(self.form, self.metric)[0])

    @cached_property
    def interval(self) -> np.ndarray:
        """95 % intervals of the movement along these directions, over images (bootstrap), `(D, 2)`."""
        values = values_along(self.forms, self.vectors)
        drawn = np.random.default_rng(0).integers(len(values), size=(RESAMPLES, len(values)))
        return np.sqrt(np.percentile(values[drawn].mean(axis=1), ENDS, axis=0).T)

    @cached_property
    def held_out(self) -> np.ndarray:
        """The movement on images that directions were not chosen on, `(D,)`: of each half along the other's."""
        found = [values_along(a[None], ordered(b, self.metric)[1])[0] for a, b in permutations(self._of_halves())]
        return np.sqrt(np.mean(found, axis=0))

    @property
    def random(self) -> float:
        """The movement along a random direction, the control: root mean square over all of them."""
        return float(np.sqrt(np.trace(np.linalg.solve(self.metric, self.form)) / len(self)))

    @property
    def generator_movement(self) -> np.ndarray:
        """The movement along each plain generator, per unit, `(D,)`."""
        return np.sqrt(np.diag(self.form).clip(0) / np.diag(self.metric))

    @property
    def agreement(self) -> float:
        """How far two halves of the images agree on the more ignored half of directions: 1; by chance, 0.5."""
        first, second = (ordered(form, self.metric)[1] for form in self._of_halves())
        return overlap(first[: len(self) // 2], second[: len(self) // 2], self.metric)

    def _of_halves(self):
        return [self.forms[rows].mean(axis=0) for rows in halves(len(self.forms))]

    @property
    def still(self) -> bool:
        """Whether predictions do not move along any direction: the part is ignored as a whole."""
        return self.random < STILL

    @property
    def ignored(self) -> np.ndarray:
        """Which directions move predictions clearly less than a random one, by their interval and held out, `(D,)`.

        All, if predictions do not move at all.
        """
        return np.full(len(self), self.still) | (np.maximum(self.interval[:, 1], self.held_out) < CLEARLY * self.random)

    @cached_property
    def changes(self) -> np.ndarray:
        """How much of each direction's change of images is each generator's, rows of length 1, `(D, D)`."""
        found = self.vectors * np.sqrt(np.diag(self.metric))
        return found / np.linalg.norm(found, axis=1, keepdims=True)

    @property
    def names(self) -> tuple[str, ...]:
        """Each direction by its largest generators, such as `zoom +0.82, shear -0.41`."""
        return tuple(named(change, self.generators) for change in self.changes)

    def seen(self, index: int) -> tuple[str, str]:
        """What images become when one goes back and ahead along a direction, such as `smaller, moved up`."""
        return tuple(seen(sign * self.changes[index], self.generators) for sign in (-1, 1))  # type: ignore[return-value]

    def of_images(self, chosen: np.ndarray) -> "Directions":
        """The directions of some of the images, bool `(N,)`; how far they reach is not searched."""
        return Directions(self.part, self.generators, self.channels, self.forms[chosen], self.metric)

    def maps(self, index: int) -> np.ndarray:
        """The two maps at the ends of a direction's reach, float32 `(2, R, R + 1)`.

        Raises:
            ValueError: it was not searched.
        """
        if self.reach is None:
            raise ValueError("how far directions go was not measured: pass reach_images=24 to invariant_directions")
        ends = self.reach[index][:, None] * np.array([[-1], [1]])
        return Part(self.part, self.channels).maps(ends * self.vectors[index])

    def amounts(self, index: int) -> np.ndarray:
        """How far the two maps of `maps` move pixels, in sides of the frame, or change their values, in ranges."""
        if self.part == SPACE or self.image_change is None:
            return mean_shift(self.maps(index))
        return self.image_change[index] / 255

    def to_frame(self) -> pd.DataFrame:
        """A row for each direction, the most ignored first."""
        unknown = np.full((len(self), 2), np.nan)
        reach, changes = (unknown if found is None else found for found in (self.reach, self.image_change))
        return pd.DataFrame(
            {
                "part": self.part,
                "rank": np.arange(len(self)),
                "name": self.names,
                "movement": self.movement,
                "low": self.interval[:, 0],
                "high": self.interval[:, 1],
                "held_out": self.held_out,
                "random": self.random,
                "ignored": self.ignored,
                "back": reach[:, 0],
                "ahead": reach[:, 1],
                "back_limited": reach[:, 0] >= LIMIT,
                "ahead_limited": reach[:, 1] >= LIMIT,
                "back_image_change": changes[:, 0],
                "ahead_image_change": changes[:, 1],
                **{f"{name}": self.vectors[:, place] for place, name in enumerate(self.generators)},
            }
        )

    def summary(self) -> str:
        """In sentences: what is ignored most and least, and how far one can go."""
        if self.still:
            return (
                f"{TITLES[self.part]}: predictions do not move along any direction ({self.random:.1g} per "
                f"{UNITS[self.part]}). The network ignores all of them, or answers the same to everything."
            )
        lines = [
            f"{TITLES[self.part]}: a random direction moves predictions by {self.random:.2f} per {UNITS[self.part]}"
            f"{self._random_reach()}."
        ]
        for title, index in (("Most", 0), ("Least", -1)):
            lines.append(
                f"{title} ignored: {self.names[index]}; {self.movement[index]:.2f} ({self.interval[index, 0]:.2f} to "
                f"{self.interval[index, 1]:.2f}; on other images {self.held_out[index]:.2f}){self._reach(index)}."
            )
        clearly = f"{self.ignored.sum()} of {len(self)} directions are" if self.ignored.any() else "No direction is"
        lines.append(
            f"{clearly} ignored clearly, with less than half of a random one's movement. Two halves of the images "
            f"agree by {self.agreement:.2f} on which half of directions is ignored more (by chance 0.50)."
        )
        return "\n".join(lines)

    def _reach(self, index):
        if self.reach is None:
            return ""
        ends = [f"{sign}{self._size(size)}" for sign, size in zip("-+", self.reach[index], strict=True)]
        return f"; reaches from {ends[0]} to {ends[1]}"

    def _random_reach(self):
        return "" if self.random_reach is None else f", and reaches to {self._size(np.median(self.random_reach))}"

    def _size(self, size):
        return f"{100 * size:.1f} %" + ("" if size < LIMIT else " (the limit)")


@dataclass(frozen=True, repr=False)
class InvariantDirections(TableResult):
    """The result of `invariant_directions`.

    Attributes:
        network: the network's name.
        space, color: the directions of each part.
        classes: of the images, by their labels or as predicted, int `(N,)`.
        class_names: one for each class of the network, or None.
        share: of predictions that stay as far as directions reach.
        reach_images: with how many images that was measured.
    """

    network: str
    space: Directions
    color: Directions
    classes: np.ndarray
    class_names: tuple[str, ...] | None
    share: float
    reach_images: int

    def __getitem__(self, part: str) -> Directions:
        if part not in PARTS:
            raise KeyError(f"part must be one of {', '.join(PARTS)}, received {part!r}")
        return self.space if part == SPACE else self.color

    @property
    def known_classes(self) -> Mapping[int, int]:
        """How many images there are of each class that has enough for `of_class`."""
        values, counts = np.unique(self.classes, return_counts=True)
        return {int(value): int(count) for value, count in zip(values, counts, strict=True) if count >= FEWEST}

    def of_class(self, name: int | str) -> "InvariantDirections":
        """The directions of the images of one class; how far they reach is not searched.

        Args:
            name: its index, or its name.

        Raises:
            ValueError: there is no such class, or it has fewer than five images.
        """
        known = len(self.class_names) if self.class_names else int(self.classes.max()) + 1
        index = class_index(name, self.class_names, known)
        found = self.classes == index
        if found.sum() < FEWEST:
            raise ValueError(f"a class must have at least {FEWEST} images, received {found.sum()} of class {name!r}")
        space, color = (self[part].of_images(found) for part in PARTS)
        return replace(self, space=space, color=color, classes=self.classes[found], reach_images=0)

    def to_frame(self) -> pd.DataFrame:
        """A row for each direction, those of space first; a column for each generator has its size."""
        return pd.concat([self.space.to_frame(), self.color.to_frame()], ignore_index=True)

    def generators(self) -> pd.DataFrame:
        """How far predictions move along each plain generator: a row each, columns part, generator and movement."""
        rows = [
            {"part": part, "generator": name, "movement": movement, "random": self[part].random}
            for part in PARTS
            for name, movement in zip(self[part].generators, self[part].generator_movement, strict=True)
        ]
        return pd.DataFrame(rows)

    def summary(self) -> str:
        """In sentences: what is ignored most and least, in space and in colour, and how far one can go."""
        lines = [f"{self.network}, {len(self.classes)} images."]
        if self.reach_images:
            lines[0] += f" As far as directions go, {self.share:.0%} of predictions stay ({self.reach_images} images)."
        return "\n".join([*lines, self.space.summary(), self.color.summary()])

    def _numbers(self):
        return {
            f"{part}_{name}": value
            for part in PARTS
            for name, value in (("least_movement", self[part].movement[0]), ("random_movement", self[part].random))
        }
