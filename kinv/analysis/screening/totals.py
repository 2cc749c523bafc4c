"""Sums over images while a transformation is screened, and the tables that they become.

Shapes: `B` images of a batch, `M` magnitudes, `R` classes of the images seen so far, `K` classes of the network.
"""

from typing import Any

import numpy as np
import pandas as pd
from scipy.special import softmax

from kinv.intervals import wilson_interval

from .each_image import NOWHERE, EachImage

SHOWN_CLASSES = 3  # section IV-A: "three predicted classes with the highest softmax output"
OTHERS = -1


class Totals:
    """Running sums over all images for one transformation; memory grows only with the number of classes seen.

    Args:
        points: the magnitudes `(M,)` or `(M, D)`.
        classes: number of classes of the network.
        each_image: whether to keep the predictions for each image as well, of magnitudes `(M,)`.
    """

    STATE = ("points", "turned", "classes", "images", "right", "stayed", "softmax")

    def __init__(self, points: np.ndarray, classes: int, each_image: bool = False):
        self.points = points
        self.turned = np.zeros((len(points), classes), "int64")  # where predictions that changed went
        self.classes = np.zeros(0, "int64")
        self.images = np.zeros(0, "int64")
        self.right = np.zeros((0, len(points)), "int64")
        self.stayed = np.zeros((0, len(points)), "int64")  # as for the original image
        # the curves of a map would fill the memory, and no figure uses them
        measured = len(points) if points.ndim == 1 else 0
        self.softmax = np.zeros((0, measured, classes), "float64")
        self.each_image = EachImage(points) if each_image and points.ndim == 1 else None

    def add(self, original: np.ndarray, answers: np.ndarray, labels: np.ndarray | None) -> None:
        """Adds a batch: logits for the originals `(B, K)` and for every magnitude `(M, B, K)`."""
        before, predicted = original.argmax(axis=-1), answers.argmax(axis=-1)
        truth = before if labels is None else labels
        magnitudes, changed = np.nonzero(predicted != before)
        np.add.at(self.turned, (magnitudes, predicted[magnitudes, changed]), 1)
        rows = self._rows(truth)
        np.add.at(self.images, rows, 1)
        np.add.at(self.right, rows, (predicted == truth).T)
        np.add.at(self.stayed, rows, (predicted == before).T)
        if self.points.ndim == 1:
            np.add.at(self.softmax, rows, softmax(answers, axis=-1).transpose(1, 0, 2))
        if self.each_image is not None:
            self.each_image.add(before, predicted, truth)

    def state(self) -> dict[str, np.ndarray]:
        """Everything, as arrays by name."""
        images = {} if self.each_image is None else self.each_image.state()
        return {**{name: getattr(self, name) for name in self.STATE}, **images}

    @classmethod
    def from_state(cls, state: Any) -> "Totals":
        """Rebuilds the totals from what `state` returned."""
        totals = cls(state["points"], state["softmax"].shape[-1])
        for name in cls.STATE:
            setattr(totals, name, state[name])
        if set(EachImage.STATE) <= set(state):
            totals.each_image = EachImage.from_state(totals.points, state)
        return totals

    def tables(self, network: str, transformation: Any, shape: tuple[int, ...], names: list[str]) -> dict[str, Any]:
        """The tables of `Screening`, for this transformation."""
        about = {"network": network, "transformation": transformation.name}
        order = np.argsort(self.classes)
        shares = self.right[order] / self.images[order, None]
        softmax = self.softmax[order] / self.images[order, None, None]
        classes = self.classes[order]
        unchanged = self.stayed.sum(axis=0)
        low, high = wilson_interval(unchanged, self.images.sum())
        into, moved = self.turned.argmax(axis=1), self.turned.sum(axis=1)
        accuracy = pd.DataFrame(
            {
                **about,
                **self._magnitudes(),
                "distance": transformation.distance(self.points, shape).astype("float64"),
                "accuracy": shares.mean(axis=0),
                "unchanged": unchanged / self.images.sum(),
                "images": int(self.images.sum()),
                "classes": len(classes),
                "unchanged_low": low,
                "unchanged_high": high,
                "turned_into": np.where(moved, into, NOWHERE),
                "turned_into_name": [names[index] if count else "-" for index, count in zip(into, moved, strict=True)],
                "turned_into_share": np.divide(
                    self.turned.max(axis=1), moved, out=np.full(len(into), np.nan), where=moved > 0
                ),
            }
        )
        tables = {"accuracy": accuracy}
        if self.points.ndim == 1:
            curves = [self._curves(index, mean) for index, mean in zip(classes, softmax, strict=True)]
            tables["softmax"] = pd.concat([_named(about, curve, names) for curve in curves])
            tables["classes"] = _named(about, pd.concat([self._of_class(row) for row in order]), names)
            rows = [
                {
                    "class": index,
                    "side": side,
                    **critical_point(self.points, margin, transformation.neutral, side),
                    "end": self.points[0 if side == "below" else -1],
                }
                for index, mean in zip(classes, softmax, strict=True)
                for margin in [_margin(mean, index)]
                for side in ("below", "above")
                if _has_side(self.points, transformation.neutral, side)
            ]
            tables["critical_points"] = _named(about, pd.DataFrame(rows, columns=CRITICAL_COLUMNS), names)
        if self.each_image is not None:
            tables["images"] = self.each_image.table(about, transformation.neutral, names)
        return {name: table.reset_index(drop=True) for name, table in tables.items()}

    def _rows(self, labels):
        """The row of every label; new classes get new rows."""
        new = np.setdiff1d(labels, self.classes)
        if len(new):
            self.classes = np.concatenate([self.classes, new])
            grow = lambda array: np.concatenate([array, np.zeros((len(new), *array.shape[1:]), array.dtype)])  # noqa: E731
            self.images, self.right, self.stayed, self.softmax = map(
                grow, (self.images, self.right, self.stayed, self.softmax)
            )
        order = np.argsort(self.classes)
        return order[np.searchsorted(self.classes, labels, sorter=order)]

    def _magnitudes(self):
        if self.points.ndim == 1:
            return {"magnitude": self.points, "magnitude_2": np.nan}
        return {"magnitude": self.points[:, 0], "magnitude_2": self.points[:, 1]}

    def _of_class(self, row):
        images, stayed = self.images[row], self.stayed[row]
        low, high = wilson_interval(stayed, images)
        return pd.DataFrame(
            {
                "class": int(self.classes[row]),
                "magnitude": self.points,
                "images": int(images),
                "accuracy": self.right[row] / images,
                "unchanged": stayed / images,
                "unchanged_low": low,
                "unchanged_high": high,
            }
        )

    def _curves(self, index, mean):
        """The class's own curve, the three highest, and the maximum of the others; `mean` is `(M, K)`."""
        highest = np.argsort(-mean.max(axis=0), kind="stable")[:SHOWN_CLASSES]
        shown = [*highest, *([index] if index not in highest else [])]
        curves = {int(predicted): mean[:, predicted] for predicted in shown}
        rest = np.delete(mean, shown, axis=1)
        if rest.shape[1]:
            curves[OTHERS] = rest.max(axis=1)
        parts = [
            pd.DataFrame({"class": int(index), "predicted": predicted, "magnitude": self.points, "softmax": curve})
            for predicted, curve in curves.items()
        ]
        return pd.concat(parts)


CRITICAL_COLUMNS = ["class", "side", "status", "magnitude", "end"]


def critical_point(points: np.ndarray, margin: np.ndarray, neutral: float, side: str) -> dict[str, Any]:
    """The magnitude on one side of the neutral one at which the class's mean prediction stops being correct.

    Args:
        points: ascending magnitudes `(M,)`.
        margin: the class's mean softmax minus the highest of the other classes, `(M,)`; correct where above 0.
        neutral: the magnitude that changes nothing.
        side: `"below"` or `"above"` the neutral magnitude.

    Returns:
        `status` and `magnitude`. With `"within"`, the magnitude is the zero of the margin, by linear interpolation.
        It is NaN with `"never"`, where the prediction stays correct up to the end of the range, and with
        `"wrong at neutral"`, where it is already incorrect at the neutral magnitude.
    """
    walk = np.flatnonzero(points >= neutral) if side == "above" else np.flatnonzero(points <= neutral)[::-1]
    along, values = points[walk], margin[walk]
    if values[0] <= 0:
        return {"status": "wrong at neutral", "magnitude": np.nan}
    wrong = np.flatnonzero(values <= 0)
    if not len(wrong):
        return {"status": "never", "magnitude": np.nan}
    last, first = wrong[0] - 1, wrong[0]
    share = values[last] / (values[last] - values[first])
    return {"status": "within", "magnitude": float(along[last] + share * (along[first] - along[last]))}


def _has_side(points, neutral, side):
    return (points > neutral).any() if side == "above" else (points < neutral).any()


def _margin(mean, index):
    return mean[:, index] - np.delete(mean, index, axis=1).max(axis=1)


def _named(about, table, names):
    table = table.assign(**about, class_name=[names[index] for index in table["class"]])
    if "predicted" in table:
        table["predicted_name"] = ["others" if index == OTHERS else names[index] for index in table["predicted"]]
    first = [*about, "class", "class_name"]
    return table[first + [column for column in table if column not in first]]
