"""Size of learned transformations, and how often predictions stay, compared with random and hand-made ones.

Shapes: `N` images, `D` draws of `k`.
"""

from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from keras import ops

from kinv.backend import compile_model
from kinv.classifiers.predict import answers, slices
from kinv.data.checks import as_images, class_indices
from kinv.ops.affine import distance_from_identity
from kinv.progress_bar import progress_bar
from kinv.results import TableResult
from kinv.surgery.contract import check_logits

from .hand_made import COLOR, SPACE, hand_made_matrices

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
    """

    learned_unchanged: np.ndarray
    random_unchanged: np.ndarray
    learned_right: np.ndarray | None
    random_right: np.ndarray | None
    color_distance: np.ndarray
    space_distance: np.ndarray
    hand_made: tuple[str, str] | None = None
    hand_made_unchanged: np.ndarray | None = None

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
        }
        return {name: float(np.mean(value)) for name, value in values.items() if value is not None}

    def ahead(self, control: np.ndarray) -> bool:
        """Whether learned transformations keep more predictions than a control, by two standard errors over images."""
        gained = self.learned_unchanged.mean(axis=0) - control.mean(axis=0)
        return bool(gained.mean() > 2 * gained.std() / np.sqrt(len(gained)))

    def summary(self) -> str:
        """In sentences: how many predictions stay, beside those of the controls, and whether that is more."""
        found, (draws, images) = self.metrics(), self.learned_unchanged.shape
        distances = f"space {found['space_distance']:.2f}, colour {found['color_distance']:.2f}"
        lines = [
            f"Learned transformations keep {found['learned_unchanged']:.1%} of the predictions ({images} images x "
            f"{draws} draws; mean distance from the identity: {distances})."
        ]
        controls = {"random matrices, the control": self.random_unchanged}
        if self.hand_made is not None and self.hand_made_unchanged is not None:
            controls[f"the best hand-made family, {self.hand_made[0]} with {self.hand_made[1]}"] = (
                self.hand_made_unchanged
            )
        for name, control in controls.items():
            better = self.ahead(control)
            verdict = "fewer" if better else "NOT clearly fewer: that the learned ones are better does not show"
            lines.append(f"At the same distance, {name}, keep {control.mean():.1%}: {verdict}.")
        if max(found["space_distance"], found["color_distance"]) < EXPLORED:
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
    hand_made: tuple[str, str] | None = None,
) -> InvarianceComparison:
    """Compares learned transformations with random ones, on the images that the network classifies correctly.

    For every image and draw, `k` is uniform. The random matrices, the control, are the identity plus a uniformly
    random direction. Its Frobenius norm is the distance of the learned matrix for the same `k` from the identity.

    Args:
        transformer: a trained `InvariantTransformer`.
        classifier: the network, images to logits.
        images: held-out images, `(N, H, W, C)` in 0..255.
        labels: int `(N,)`; None uses all images, with the network's own predictions as labels.
        draws: transformations per image.
        batch_size: images per batch.
        seed: seeds `k` and the random directions.
        progress: whether to show a bar on stderr.
        hand_made: also compares with these hand-made families, of space and of colour, at the same distances.

    Raises:
        ValueError: images or labels that do not fit the network, or it classifies no image correctly.
    """
    images, originals, labels = _right(classifier, images, labels, batch_size)
    logits = compile_model(classifier)

    def classes(images, color, space):
        return np.argmax(ops.convert_to_numpy(logits(transformer.apply_matrices(images, color, space))), axis=-1)

    random, sides = np.random.default_rng(seed), np.random.default_rng([seed, 1])
    batches = [(draw, at) for draw in range(draws) for at in slices(len(images), batch_size)]
    rows: dict[str, list[np.ndarray]] = {name: [] for name in ("learned", "random", "hand_made", "color", "space")}
    with progress_bar("comparing with random transformations", len(batches), progress) as advance:
        for _, at in batches:
            color, space = _draw(transformer, at, random)
            at_random = _random_like(color, random), _random_like(space, random)
            rows["learned"].append(classes(images[at], color, space))
            rows["random"].append(classes(images[at], *at_random))
            rows["color"].append(_distances(color))
            rows["space"].append(_distances(space))
            if hand_made is not None:
                space_like = hand_made_matrices(hand_made[0], rows["space"][-1], images.shape[1:], sides)
                color_like = hand_made_matrices(hand_made[1], rows["color"][-1], images.shape[1:], sides)
                rows["hand_made"].append(classes(images[at], color_like, space_like))
            advance(1)

    found = {name: np.concatenate(row).reshape(draws, -1) for name, row in rows.items() if row}
    return InvarianceComparison(
        learned_unchanged=found["learned"] == originals,
        random_unchanged=found["random"] == originals,
        learned_right=None if labels is None else found["learned"] == labels,
        random_right=None if labels is None else found["random"] == labels,
        color_distance=found["color"],
        space_distance=found["space"],
        hand_made=hand_made,
        hand_made_unchanged=None if hand_made is None else found["hand_made"] == originals,
    )


def compare_with_controls(
    transformer: Any,
    classifier: keras.Model,
    images: np.ndarray,
    labels: np.ndarray | None = None,
    draws: int = 4,
    batch_size: int = 50,
    seed: int = 0,
    progress: bool = False,
) -> InvarianceComparison:
    """`compare_with_random`, and with the hand-made family that keeps most predictions at the same distance.

    That family is chosen on every second image; the results are of the others.

    Args:
        transformer, classifier, images, labels, draws, batch_size, seed, progress: as in `compare_with_random`.

    Raises:
        ValueError: as there, and if the network classifies fewer than four images correctly.
    """
    images, originals, labels = _right(classifier, images, labels, batch_size)
    if len(images) < FEWEST:
        raise ValueError(
            f"the network must classify at least {FEWEST} images correctly, received {len(images)}: half of them are "
            "for choosing the control"
        )
    chosen = _best_hand_made(transformer, classifier, images[::2], originals[::2], batch_size, seed, progress)
    rest = None if labels is None else labels[1::2]
    return compare_with_random(
        transformer, classifier, images[1::2], rest, draws, batch_size, seed, progress, hand_made=chosen
    )


def _best_hand_made(transformer, classifier, images, originals, batch_size, seed, progress) -> tuple[str, str]:
    """The hand-made families, of space and of colour, that keep most predictions at the learned distances."""
    logits, identity = compile_model(classifier), (np.eye(2, 3), np.eye(images.shape[-1], images.shape[-1] + 1))
    names = [*SPACE, *COLOR]
    kept = dict.fromkeys(names, 0)
    batches = [at for _ in range(CHOSEN_ON) for at in slices(len(images), batch_size)]
    with progress_bar("choosing a hand-made family", len(batches) * len(names), progress) as advance:
        for name in names:
            random = np.random.default_rng([seed, 2])  # the same draws for all
            for at in batches:
                color, space = _draw(transformer, at, random)
                matrices = hand_made_matrices(
                    name, _distances(space if name in SPACE else color), images.shape[1:], random
                )
                still = [np.repeat(one[None], len(matrices), axis=0).astype("float32") for one in identity]
                pair = (still[1], matrices) if name in SPACE else (matrices, still[0])
                answer = ops.convert_to_numpy(logits(transformer.apply_matrices(images[at], *pair)))
                kept[name] += int(np.sum(np.argmax(answer, axis=-1) == originals[at]))
                advance(1)
    return max(SPACE, key=kept.__getitem__), max(COLOR, key=kept.__getitem__)


def _right(classifier, images, labels, batch_size):
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


def _draw(transformer, at, random):
    """Learned matrices for uniform `k`, of colour and of space."""
    k_color, k_space = random.uniform(size=(2, at.stop - at.start, 2)).astype("float32")
    return [ops.convert_to_numpy(matrix) for matrix in transformer.matrices(k_color, k_space)]


def predictions_along_k(
    transformer: Any, classifier: keras.Model, images: np.ndarray, k_color: np.ndarray, k_space: np.ndarray
) -> np.ndarray:
    """Softmax outputs for every image at every control parameter, float `(K, N, classes)`.

    Args:
        transformer, classifier, images: as in `compare_with_random`.
        k_color, k_space: `(K, 2)` in 0..1.
    """
    pairs = zip(k_color.astype("float32"), k_space.astype("float32"), strict=True)
    softmax = [ops.softmax(compile_model(classifier)(transformer.transform(images, *pair))) for pair in pairs]
    return np.stack([ops.convert_to_numpy(outputs) for outputs in softmax])


def _random_like(matrices: np.ndarray, random: np.random.Generator) -> np.ndarray:
    direction = random.normal(size=matrices.shape)
    direction /= np.linalg.norm(direction, axis=(1, 2), keepdims=True)
    return (np.eye(*matrices.shape[1:]) + _distances(matrices)[:, None, None] * direction).astype("float32")


def _distances(matrices: np.ndarray) -> np.ndarray:
    return ops.convert_to_numpy(distance_from_identity(matrices))
