"""How far one can go in a direction until predictions change.

Shapes: `N` images, `V` directions, `D` generators.
"""

from collections.abc import Callable

import numpy as np
from keras import ops

from kinv.classifiers.predict import slices
from kinv.farthest import farthest

from .form import Answers
from .parts import Part

FIRST, LIMIT, BISECTIONS = 0.02, 0.64, 3  # shares of the frame's side, or of the range of pixels
AT_A_TIME = 8  # images: few, since most sizes that go too far show it at once


class Reach:
    """The share of predictions that stay, for images of which the network is least sure first.

    These show first that a size goes too far. Then the rest needs no answer.

    Args:
        part: the part of transformations.
        answers: the classifier's.
        images: `(N, H, W, C)` in 0..255.
        share: of predictions to keep, 0..1.
        advance: called after each search.
    """

    def __init__(
        self, part: Part, answers: Answers, images: np.ndarray, share: float, advance: Callable[[float], None]
    ):
        self.part, self.answers, self.share, self.advance = part, answers, share, advance
        logits = np.concatenate([answers.logits(images[at]) for at in slices(len(images), AT_A_TIME)])
        runners_up, best = np.sort(logits, axis=-1)[:, -2:].T
        order = np.argsort(best - runners_up, kind="stable")
        self.count, self.allowed = len(images), (1 - share) * len(images) + 1e-6
        chosen = [order[at] for at in slices(len(images), AT_A_TIME)]
        self.images = [images[places].astype("float32") for places in chosen]
        self.batches = [
            (part.prepare(ops.convert_to_tensor(images[places])), logits[places].argmax(axis=-1)) for places in chosen
        ]

    def ends(self, vectors: np.ndarray) -> np.ndarray:
        """The largest multiples of directions `(V, D)`, back and ahead, that keep the share: `(V, 2)`.

        `LIMIT` is as far as is looked.
        """
        found = np.zeros((len(vectors), 2))
        for place in np.ndindex(found.shape):
            vector = vectors[place[0]] * (-1, 1)[place[1]]
            found[place] = farthest(
                lambda size, along=vector: float(self.keeps(size * along)), 1.0, FIRST, LIMIT, BISECTIONS
            )
            self.advance(1)
        return found

    def keeps(self, sizes: np.ndarray) -> bool:
        """Whether the share of predictions stays under a map of sizes `(D,)`."""
        one, changed = self.part.maps(sizes[None]), 0
        for prepared, before in self.batches:
            maps = np.broadcast_to(one, (len(before), *one.shape[1:]))
            predicted = self.answers.logits(self.part.changed(prepared, maps)).argmax(axis=-1)
            changed += int((predicted != before).sum())
            if changed > self.allowed:
                return False
        return True

    def changes(self, vectors: np.ndarray, ends: np.ndarray) -> np.ndarray:
        """How far images have changed at the ends `(V, 2)` of directions: root mean square of 0..255, `(V, 2)`."""
        squares = np.zeros(ends.shape)
        for place in np.ndindex(ends.shape):
            one = self.part.maps((-1, 1)[place[1]] * ends[place] * vectors[place[0]][None])
            for (prepared, before), images in zip(self.batches, self.images, strict=True):
                changed = self.part.changed(prepared, np.broadcast_to(one, (len(before), *one.shape[1:])))
                squares[place] += np.square(ops.convert_to_numpy(changed) - images).mean(axis=(1, 2, 3)).sum()
        return np.sqrt(squares / self.count)
