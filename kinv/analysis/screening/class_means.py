"""Which classes keep more of their predictions than the others, where there are enough images to tell.

An image's share is the mean over all transformations. The images of a class are what was drawn at random.
"""

import numpy as np
import pandas as pd

from kinv.intervals import CONFIDENCE, Chance, mean_interval
from kinv.verdicts import judged

from .paired import simultaneous

LEAST = 5  # images of a class, to say anything about it
COLUMNS = ["class", "class_name", "images", "right", "kept", "low", "high", "difference", "verdict"]


def image_shares(images: pd.DataFrame) -> pd.DataFrame:
    """One row for each image: class, class_name, predicted, and `kept`, its mean over all transformations.

    Args:
        images: the table of a `Screening`.
    """
    grouped = images.groupby("image", sort=True)
    return grouped.agg({"class": "first", "class_name": "first", "predicted": "first", "kept": "mean"}).reset_index()


def class_means(images: pd.DataFrame, least: int = LEAST, confidence: float = CONFIDENCE) -> pd.DataFrame:
    """The mean shares of predictions that classes keep over all transformations, and which differ from the others.

    Args:
        images: the table of a `Screening`.
        least: classes with fewer images are left out.
        confidence: of each interval; and with which all verdicts hold together (Bonferroni). 0..1.

    Returns:
        A row for each class, the most tolerant first: `class`, `class_name`, `images`, `right` (before any change,
        0..1), `kept` with its interval `low` to `high`, `difference` from the mean of all other images, and `verdict`,
        the kind of a `Verdict` with these as the control; `"unknown"` if there are no others.
    """
    shares = image_shares(images)
    classes, kept = shares["class"].to_numpy(), shares["kept"].to_numpy()
    right = shares["predicted"].to_numpy() == classes
    known, first, counts = np.unique(classes, return_index=True, return_counts=True)
    pooled, enough = _pooled_variance(kept, classes), counts >= least
    needed, rows = simultaneous(confidence, int(enough.sum())), []
    for index, start in zip(known[enough], first[enough], strict=True):
        own, others = kept[classes == index], kept[classes != index]
        chance = _chance("images of the class", own, pooled)
        low, high = mean_interval(own.mean(), [chance], confidence)
        difference, kind = np.nan, "unknown"
        if len(others):
            difference = own.mean() - others.mean()
            kind = judged(difference, [chance, _chance("other images", others, pooled)], needed).kind
        about = index, shares["class_name"].iloc[start], len(own), right[classes == index].mean()
        rows.append((*about, own.mean(), max(low, 0.0), min(high, 1.0), difference, kind))
    table = pd.DataFrame(rows, columns=COLUMNS)
    return table.sort_values("kept", ascending=False, ignore_index=True, kind="stable")


def _pooled_variance(kept, classes) -> float:
    """The variance within classes, of all together."""
    known, rows, counts = np.unique(classes, return_inverse=True, return_counts=True)
    within = kept - (np.bincount(rows, kept) / counts)[rows]
    return float(np.square(within).sum() / max(len(kept) - len(known), 1))


def _chance(of, kept, pooled) -> Chance:
    """How sure a mean is: a few images that happen to be alike are no surer than those of other classes.

    Nor is it ever surer than one image more could move it.
    """
    own = float(np.var(kept, ddof=1)) if len(kept) > 1 else 0.0
    return Chance(of, len(kept), max(own / len(kept), pooled / len(kept), (0.5 / (len(kept) + 1)) ** 2))
