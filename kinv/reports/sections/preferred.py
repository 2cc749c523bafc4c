"""What classes look for: images that are made until the network is as sure as can be, beside real ones."""

from typing import Any

import keras
import numpy as np
import pandas as pd

from kinv.classifiers.classes import class_names
from kinv.classifiers.predict import logits_in_batches, resized_for
from kinv.models.coupled_generator.judgement import class_ranks
from kinv.printable import printable

from ..preferred_images import PreferredImages
from ..subject import BATCH, Subject

SPECTRUM = 60  # images of which the spectrum is taken
AT_RANDOM = 4  # images of the same spectrum that were made for nothing
SHOWN = 224  # pixels: fine detail matters here
TOP = 5  # among the first so many counts as recognised
WORTH_A_SENTENCE = 3  # images judged


def make(subject: Subject) -> dict[str, Any]:
    """Images of a few classes, with their ranks in the network and in the judge."""
    channels, count = subject.network.input_shape[-1], subject.network.output_shape[-1]
    if channels not in (1, 3):
        raise ValueError(f"images of {channels} channels can't be shown: they must be grey or of colour.")
    seen = seen_classes(subject.predictions.classes, subject.predictions.confidence, subject.settings.preferred_classes)
    judge, classes = fitting_judge(subject), list(seen)
    maker = PreferredImages(subject.network, _squares(subject), subject.seed)
    made = maker.of_classes(classes, subject.settings.preferred_steps)
    at_random, real = maker.at_random(AT_RANDOM), _real_images(subject, list(seen.values()))
    judges = {"own": subject.network} if judge is None else {"own": subject.network, "judge": judge}
    ranks = {name: class_ranks(by, made, classes) for name, by in judges.items()}
    shown = resized_for(subject.network, made)
    sure, sure_of_real = (_confidence(subject.network, images, classes) for images in (shown, real))
    rows = [
        {
            "name": subject.names[one],
            "made": subject.keep_image(f"preferred/made-{place}", shown[place], SHOWN),
            "real": subject.keep_image(f"preferred/real-{place}", real[place], SHOWN),
            "confidence": float(sure[place]),
            "confidence_of_real": float(sure_of_real[place]),
            "rank": {name: int(found[place]) + 1 for name, found in ranks.items()},
        }
        for place, one in enumerate(classes)
    ]
    known, name = printable(subject.name), None if judge is None else printable(judge.name)
    return {
        "sentences": sentences(known, name, [row["rank"] for row in rows], count),
        "classes": rows,
        "at_random": subject.keep_image("preferred/at-random", resized_for(subject.network, at_random[:1])[0]),
        "rank_at_random": {name: _mean_rank(by, at_random, classes) for name, by in judges.items()},
        "count": count,
        "judge": name,
        "steps": subject.settings.preferred_steps,
        "tables": [subject.keep_table("preferred", _table(rows))],
        "figures": [],
    }


def seen_classes(classes: np.ndarray, confidence: np.ndarray, most: int) -> dict[int, int]:
    """The most frequent predictions, and where each is surest; of equally frequent ones the surer first.

    Args:
        classes, confidence: of all images, `(N,)`.
        most: at most so many classes.
    """
    best = {int(one): max(np.flatnonzero(classes == one), key=lambda at: confidence[at]) for one in np.unique(classes)}
    order = sorted(best, key=lambda one: (-np.sum(classes == one), -confidence[best[one]], one))
    return {one: int(best[one]) for one in order[:most]}


def fitting_judge(subject: Subject) -> keras.Model | None:
    """The judge, if it knows the same classes and takes as many channels."""
    judge, network = subject.judge, subject.network
    if judge is None or judge.input_shape[-1] != network.input_shape[-1] or judge.name == network.name:
        return None
    known = class_names(judge), class_names(network)
    return judge if known[0] is not None and known[0] == known[1] else None


def sentences(network: str, judge: str | None, ranks: list[dict[str, int]], count: int) -> list[str]:
    """How often the judge sees the class in images that were made for the network; nothing without enough of them."""
    if judge is None or len(ranks) < WORTH_A_SENTENCE or any(rank["own"] > 1 for rank in ranks):
        return []
    recognised = sum(rank["judge"] <= TOP for rank in ranks)
    return [
        f"{judge}, another network, has the class among its first {TOP} of {count:,} for {recognised or 'none'} of "
        f"{len(ranks)} images that were made to please {network} alone."
    ]


def _squares(subject):
    """Images of the report as squares, for their spectrum."""
    images, _ = subject.sample(SPECTRUM)
    side = max(images.shape[1:3])
    if images.shape[1:3] == (side, side):
        return images
    return keras.ops.convert_to_numpy(keras.ops.image.resize(images, (side, side), antialias=True))


def _real_images(subject, places):
    """The images at these places, `(T, H, W, C)`."""
    found, begin = {}, 0
    for images, _ in subject.stream.batches(BATCH):
        found |= {at: images[at - begin] for at in places if begin <= at < begin + len(images)}
        begin += len(images)
    return np.stack([found[at] for at in places]).astype("float32")


def _mean_rank(classifier, images, classes):
    """The rank of the classes, from 1, on average over images that were made for none of them."""
    return float(np.mean([class_ranks(classifier, images, [one] * len(images)) for one in classes])) + 1


def _table(rows):
    """A row for each class."""
    return pd.DataFrame(
        [
            {**{k: v for k, v in row.items() if k != "rank"}, **{f"rank_{k}": v for k, v in row["rank"].items()}}
            for row in rows
        ]
    )


def _confidence(classifier, images, classes):
    """Softmax outputs of the classes, `(T,)`."""
    images = resized_for(classifier, images)
    logits = np.concatenate([found for _, found in logits_in_batches(classifier, images)])
    return keras.ops.convert_to_numpy(keras.ops.softmax(logits))[np.arange(len(classes)), classes]
