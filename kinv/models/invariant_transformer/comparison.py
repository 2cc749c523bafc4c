"""Size of learned transformations, and how often predictions stay, compared with random and hand-made ones.

Shapes: `N` images, `D` draws of `k`.
"""

from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from keras import ops

from kinv.backend import compile, compile_model
from kinv.classifiers.predict import answers, slices
from kinv.data.checks import as_images, class_indices
from kinv.halves import halves
from kinv.intervals import Chance, of_paired_shares
from kinv.progress_bar import progress_bar
from kinv.results import TableResult
from kinv.surgery.contract import check_logits
from kinv.verdicts import Verdict, judged

from .hand_made import best_hand_made, hand_made_like
from .matrices import Matrices, distances, learned_and_random, norms
from .variety import Variety, variety

EXPLORED = 0.1  # a mean distance from the identity below which images hardly change; untrained, it is 0.06
FEWEST = 4  # images that can be halved
CHOSEN_ON = 2  # draws


@dataclass(frozen=True, repr=False)
class InvarianceComparison(TableResult):
    """Learned transformations compared with random ones of the same size, for every image and draw.

    Attributes:
        learned_unchanged, random_unchanged: bool `(D, N)`: the prediction is the same as for the original image.
        learned_right, random_right: bool `(D, N)`: the prediction equals the label; None without labels.
        color_distance, space_distance: float `(D, N)`: Frobenius distance of all from the identity.
        hand_made: names of the hand-made families that were compared with, of space and of colour; or None.
        hand_made_unchanged: bool `(D, N)`: as `learned_unchanged`, for these; or None.
        space_variety, color_variety: how varied the learned maps are; None if too few were drawn to tell.
        beyond_distance: float `(D, N)`: norm of the sizes of flows; None for a family without.
    """

    learned_unchanged: np.ndarray
    random_unchanged: np.ndarray
    learned_right: np.ndarray | None
    random_right: np.ndarray | None
    color_distance: np.ndarray
    space_distance: np.ndarray
    hand_made: tuple[str, str] | None = None
    hand_made_unchanged: np.ndarray | None = None
    space_variety: Variety | None = None
    color_variety: Variety | None = None
    beyond_distance: np.ndarray | None = None

    def _numbers(self):
        return self.metrics()

    def _columns(self):
        draws, images = self.learned_unchanged.shape
        known = {name: value for name, value in vars(self).items() if isinstance(value, np.ndarray)}
        return {"draw": np.arange(draws)[:, None], "image": np.arange(images), **known}

    def metrics(self) -> dict[str, float]:
        """Means over images and draws, by name."""
        values = {
            "learned_unchanged": self.learned_unchanged,
            "random_unchanged": self.random_unchanged,
            "hand_made_unchanged": self.hand_made_unchanged,
            "learned_right": self.learned_right,
            "random_right": self.random_right,
            "color_distance": self.color_distance,
            "space_distance": self.space_distance,
            "beyond_distance": self.beyond_distance,
        }
        found = {name: float(np.mean(value)) for name, value in values.items() if value is not None}
        for part, varied in (("color", self.color_variety), ("space", self.space_variety)):
            if varied is not None:
                found[f"{part}_dimension"], found[f"{part}_offset"] = varied.effective_dimension, varied.offset
                found[f"{part}_between"] = varied.between
        return found

    def verdict(self, control: np.ndarray) -> Verdict:
        """Whether learned transformations keep more predictions than a control.

        Args:
            control: bool `(D, N)`, such as `random_unchanged`. It is compared image by image.
        """
        mean, variance = of_paired_shares(self.learned_unchanged.mean(axis=0) - control.mean(axis=0))
        return judged(mean, [Chance("images", self.learned_unchanged.shape[1], variance)])

    def summary(self) -> str:
        """In sentences: how many predictions stay, beside those of the controls, and whether that is more.

        Where it is not, the sentence tells a control that is as good from too few images to say; see `Verdict`.
        """
        found, (draws, images) = self.metrics(), self.learned_unchanged.shape
        moved = f"space {found['space_distance']:.2f}, colour {found['color_distance']:.2f}"
        without = ""
        if self.beyond_distance is not None:
            moved += f", flows {found['beyond_distance']:.2f}"
            without = ", without flows"
        lines = [
            f"Learned transformations keep {found['learned_unchanged']:.1%} of the predictions ({images} images x "
            f"{draws} {'draw' if draws == 1 else 'draws'}; mean distance from the identity: {moved})."
        ]
        controls = {"random matrices, the control, keep": self.random_unchanged}
        if self.hand_made is not None and self.hand_made_unchanged is not None:
            best = f"{self.hand_made[0]} with {self.hand_made[1]}{without}"
            controls[f"the best hand-made family, {best}, keeps"] = self.hand_made_unchanged
        for name, control in controls.items():
            verdict = self.verdict(control).words("the learned ones", "they")
            lines.append(f"At the same distance, {name} {control.mean():.1%}: {verdict}.")
        if self.space_variety is not None and self.color_variety is not None:
            lines.append(f"In space, {self.space_variety.words()}; in colour, {self.color_variety.words()}.")
        if max(found["space_distance"], found["color_distance"], found.get("beyond_distance", 0.0)) < EXPLORED:
            lines.append(
                "The family NEVER EXPLORED: its images hardly differ from the originals. Train longer, or lower "
                "accuracy_threshold."
            )
        return "\n".join(lines)


def compare_with_random(
    transformer: Any,
    classifier: keras.Model,
    images: np.ndarray,
    labels: np.ndarray | None = None,
    draws: int = 4,
    batch_size: int = 50,
    seed: int = 0,
    progress: bool = False,
    hand_made: bool = False,
    chosen_on: np.ndarray | None = None,
) -> InvarianceComparison:
    """Compares learned transformations with controls as large, on the images that the network classifies correctly.

    For every image and draw, `k` is uniform. The random matrices, the control, are the identity plus a uniformly
    random direction. Its Frobenius norm is the distance of the learned matrix for the same `k` from the identity. Sizes
    of flows, where the family has them, go in random directions as far; hand-made families have no flows.

    Args:
        transformer: a trained `InvariantTransformer`.
        classifier: the network, images to logits.
        images: held-out images, `(N, H, W, C)` in 0..255.
        labels: int `(N,)`; None uses all images, with the network's own predictions as labels.
        draws: transformations per image.
        batch_size: images per batch.
        seed: seeds `k` and the random directions.
        progress: whether to show bars on stderr.
        hand_made: also compares with the best hand-made family of space and of colour at the same distances.
        chosen_on: the images on which that family is chosen, `(M, H, W, C)`, such as those that the transformer was
            trained with. Default: a random half of `images`; all results are then of the others.

    Raises:
        ValueError: images or labels do not fit the network, or a number is too small. Or the network classifies too few
            images correctly: none, or fewer than four of which half are for choosing the hand-made family.
    """
    if min(draws, batch_size) < 1:
        raise ValueError(f"draws and batch_size must be at least 1, received {draws} and {batch_size}")
    images, originals, labels = right_images(classifier, images, labels, batch_size)
    predict = Predictions(transformer, classifier, batch_size, progress)
    if hand_made and chosen_on is None and len(images) < FEWEST:
        raise ValueError(
            f"the network must classify at least {FEWEST} images correctly, received {len(images)}: half of them are "
            "for choosing the hand-made family"
        )
    tried, tried_originals = images, originals
    if chosen_on is not None:
        tried, tried_originals, _ = right_images(classifier, chosen_on, None, batch_size)
    elif hand_made:
        half, rest = halves(len(images), seed)
        tried, tried_originals = images[half], originals[half]
        images, originals, labels = images[rest], originals[rest], None if labels is None else labels[rest]
    learned, at_random = learned_and_random(transformer, images, draws, batch_size, [seed])
    predicted = {"learned": predict(images, learned), "random": predict(images, at_random)}
    chosen = None
    if hand_made:
        others, _ = learned_and_random(transformer, tried, CHOSEN_ON, batch_size, [seed, 2])
        chosen = best_hand_made(
            lambda pairs: int(np.sum(predict(tried, pairs) == tried_originals)), others, learned, images.shape[1:], seed
        )
        predicted["hand_made"] = predict(images, hand_made_like(learned, *chosen, images.shape[1:], [seed, 1]))
    unchanged = {name: classes == originals for name, classes in predicted.items()}
    return InvarianceComparison(
        learned_unchanged=unchanged["learned"],
        random_unchanged=unchanged["random"],
        learned_right=None if labels is None else predicted["learned"] == labels,
        random_right=None if labels is None else predicted["random"] == labels,
        color_distance=distances(learned.color).reshape(draws, -1),
        space_distance=distances(learned.space).reshape(draws, -1),
        hand_made=chosen,
        hand_made_unchanged=unchanged.get("hand_made"),
        space_variety=_varied(learned.space),
        color_variety=_varied(learned.color),
        beyond_distance=None if learned.beyond is None else norms(learned.beyond).reshape(draws, -1),
    )


def _varied(maps):
    """How varied maps are; None if they are too few to tell, or mirror images, as of a family without bounds."""
    try:
        return variety(maps)
    except ValueError:
        return None


class Predictions:
    """The network's predictions for images that are transformed by pairs of matrices."""

    def __init__(self, transformer, classifier, batch_size, progress):
        self.transform, self.logits = compile(transformer.apply_matrices), compile_model(classifier)
        self.batch_size, self.progress = batch_size, progress
        self.seeded = transformer.beyond_generator is not None

    def __call__(self, images: np.ndarray, pairs: Matrices) -> np.ndarray:
        """Classes `(D, N)` of images `(N, H, W, C)` for `D * N` pairs."""
        count, total = len(images), len(pairs.color)
        classes = np.empty(total, "int64")
        with progress_bar("classifying transformed images", total, self.progress) as advance:
            for at in slices(total, self.batch_size):
                shown = images[np.arange(at.start, at.stop) % count]
                transformed = self.transform(shown, *pairs.rows(at), **self._seed(at))
                classes[at] = np.argmax(ops.convert_to_numpy(self.logits(transformed)), axis=-1)
                advance(len(shown))
        return classes.reshape(-1, count)

    def _seed(self, at):
        """Of the noise of some members, so that each has its own."""
        return {"seed": ops.convert_to_tensor([0, at.start], "int32")} if self.seeded else {}


def right_images(classifier, images, labels, batch_size):
    """The images that the network gets right, its predictions for them, and their labels; without labels, all."""
    check_logits(classifier)
    images = as_images(images, shape=classifier.input_shape[1:])
    labels = None if labels is None else class_indices(labels, len(images), classifier.output_shape[-1])
    originals, _ = answers(classifier, images, batch_size)
    if labels is None:
        return images, originals, None
    kept = originals == labels
    if not kept.any():
        raise ValueError(
            f"the network must classify at least one image correctly, received none of the {len(images)} images: "
            "check that images are in 0..255 and labels are its class indices"
        )
    return images[kept], originals[kept], labels[kept]


def predictions_along_k(transformer: Any, classifier: keras.Model, images: np.ndarray, *ks: np.ndarray) -> np.ndarray:
    """Softmax outputs for every image at every control parameter, float `(K, N, classes)`.

    Args:
        transformer, classifier, images: as in `compare_with_random`.
        *ks: control parameters of colour, of space, and of flows if there are any, `(K, controls)` each, in 0..1.
    """
    pairs = zip(*(k.astype("float32") for k in ks), strict=True)
    softmax = [ops.softmax(compile_model(classifier)(transformer.transform(images, *pair))) for pair in pairs]
    return np.stack([ops.convert_to_numpy(outputs) for outputs in softmax])
