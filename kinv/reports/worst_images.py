"""The images whose predictions change soonest, before and after."""

from itertools import islice
from typing import Any

import numpy as np
import pandas as pd
from keras import ops

from kinv.analysis.screening.class_means import image_shares
from kinv.classifiers.predict import answers
from kinv.ops import TRANSFORMATIONS
from kinv.printable import file_stem

from .subject import BATCH, Subject
from .words import amount, title_of

SHOWN, OF_A_CLASS = 6, 2  # of fewer classes, more


def soonest(images: pd.DataFrame, accuracy: pd.DataFrame, labelled: bool) -> pd.DataFrame:
    """The images that keep the fewest predictions, a few of each class, and the smallest change of each.

    Args:
        images, accuracy: the tables of a `Screening`.
        labelled: whether to leave out images that the network gets wrong before any change, where others are left.

    Returns:
        Rows of `images`, one for each image: of its first changes under each transformation, the one that the most
        predictions stand. These are `unchanged`, 0..1; `kept` is the mean over all transformations.
    """
    shares = image_shares(images)
    right = shares["predicted"] == shares["class"]
    shares = shares[right] if labelled and right.any() else shares
    stand = accuracy[["transformation", "magnitude", "unchanged"]].rename(columns={"magnitude": "first_change"})
    changed = images[images["first_change"].notna()].merge(stand, on=["transformation", "first_change"])
    mildest = changed.loc[changed.groupby("image")["unchanged"].idxmax()].set_index("image")
    shares = shares[shares["image"].isin(mildest.index)].sort_values("kept", kind="stable")
    most = max(OF_A_CLASS, -(-SHOWN // max(shares["class"].nunique(), 1)))
    chosen = shares.groupby("class", sort=False).head(most).head(SHOWN).set_index("image")
    return mildest.loc[chosen.index].assign(kept=chosen["kept"]).reset_index()


def worst_images(subject: Subject) -> list[dict[str, Any]]:
    """These images before and after their mildest change, with what the network says, as JSON values."""
    screening = subject.screening
    rows = soonest(screening.images, screening.accuracy, subject.stream.labelled).to_dict("records")
    pixels = _pixels(subject, {row["image"] for row in rows})
    return [_before_and_after(subject, number, row, pixels[row["image"]]) for number, row in enumerate(rows)]


def _pixels(subject, places) -> dict[int, np.ndarray]:
    """The images at these places in their order, by place."""
    found: dict[int, np.ndarray] = {}
    batches = islice(subject.stream.batches(BATCH), max(places, default=-BATCH) // BATCH + 1)
    for number, (images, _) in enumerate(batches):
        start = number * BATCH
        found |= {place: images[place - start].astype("float32") for place in places if start <= place < start + BATCH}
    return found


def _before_and_after(subject, number, row, image):
    name, magnitude = row["transformation"], row["first_change"]
    seed = np.array([subject.seed, row["image"]], "int32")  # as in the screening
    changed = ops.convert_to_numpy(TRANSFORMATIONS[name](image[None], magnitude, seed=seed))[0]
    classes, confidence = answers(subject.network, np.stack([image, changed]), BATCH)
    shown = [
        {
            "file": subject.keep_image(f"classes/{number}-{file_stem(when)}", one),
            "says": subject.names[classes[place]],
            "confidence": float(confidence[place]),
            "same": bool(classes[place] == classes[0]),
        }
        for place, (when, one) in enumerate((("before", image), ("after", changed)))
    ]
    about = {"title": title_of(name), "amount": amount(name, magnitude, sign=True)}
    about |= {key: row[key] for key in ("class_name", "kept", "unchanged")}
    return {**about, "before": shown[0], "after": shown[1]}
