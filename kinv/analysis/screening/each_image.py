"""The predictions for each image while a transformation is screened, and the table that they become.

Shapes: `N` images seen so far, `B` images of a batch, `M` magnitudes.
"""

from typing import Any

import numpy as np
import pandas as pd

from .tolerance import mean_over_range

NOWHERE = -1


class EachImage:
    """What the network says of each image; memory grows with their number.

    Args:
        points: ascending magnitudes `(M,)`.
    """

    STATE = ("labels", "before", "predicted")

    def __init__(self, points: np.ndarray):
        self.points = points
        self.labels = [np.zeros(0, "int32")]
        self.before = [np.zeros(0, "int32")]
        self.predicted = [np.zeros((0, len(points)), "int32")]

    def add(self, before: np.ndarray, predicted: np.ndarray, labels: np.ndarray) -> None:
        """Adds a batch: classes of the originals `(B,)`, at every magnitude `(M, B)`, and labels `(B,)`."""
        self.labels.append(labels.astype("int32"))
        self.before.append(before.astype("int32"))
        self.predicted.append(predicted.T.astype("int32"))

    def state(self) -> dict[str, np.ndarray]:
        """Everything, as arrays by name: labels and before `(N,)`, predicted `(N, M)`."""
        return {name: np.concatenate(getattr(self, name)) for name in self.STATE}

    @classmethod
    def from_state(cls, points: np.ndarray, state: Any) -> "EachImage":
        """Rebuilds it from what `state` returned."""
        known = cls(points)
        for name in cls.STATE:
            setattr(known, name, [state[name]])
        return known

    def table(self, about: dict[str, str], neutral: float, names: list[str]) -> pd.DataFrame:
        """The table `images` of a `Screening`, for this transformation.

        Args:
            about: the first columns.
            neutral: the magnitude that changes nothing.
            names: of the classes.
        """
        labels, before, predicted = (values.astype("int64") for values in self.state().values())
        stays = predicted == before[:, None]
        distance = np.where(stays, np.inf, np.abs(self.points - neutral))
        first = distance.argmin(axis=1)
        changed = ~stays.all(axis=1)
        into = np.where(changed, predicted[np.arange(len(first)), first], NOWHERE)
        return pd.DataFrame(
            {
                **about,
                "image": np.arange(len(labels)),
                "class": labels,
                "class_name": [names[index] for index in labels],
                "predicted": before,
                "predicted_name": [names[index] for index in before],
                "kept": [mean_over_range(self.points, row) for row in stays],
                "first_change": np.where(changed, self.points[first], np.nan),
                "turned_into": into,
                "turned_into_name": ["-" if index == NOWHERE else names[index] for index in into],
            }
        )
