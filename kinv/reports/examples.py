"""Which images of a report are shown."""

import numpy as np

from kinv.classifiers.predict import answers

from .subject import BATCH, Subject

LOOKED_AT = 40  # images among which examples are chosen


def examples(subject: Subject, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Images that the network is right about, or sure of, of different classes where possible; and others.

    Returns:
        At most `count` images, and the rest of those that were looked at, float32 `(N, H, W, C)` each.
    """
    images, labels = subject.sample(LOOKED_AT)
    classes, confidence = answers(subject.network, images, BATCH)
    right = np.ones(len(images), bool) if labels is None else classes == labels
    order = np.lexsort((-confidence, ~right))
    first = [place for rank, place in enumerate(order) if classes[place] not in classes[order[:rank]]]
    chosen = [*first, *(place for place in order if place not in first)][:count]
    return images[chosen], np.delete(images, chosen, axis=0)
