"""Size of learned transformations, and how often the prediction stays unchanged, compared with random ones.

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


@dataclass(frozen=True, repr=False)
class InvarianceComparison(TableResult):
    """Learned transformations compared with random ones of the same size, for every image and draw.

    Attributes:
        learned_unchanged, random_unchanged: bool `(D, N)`: the prediction is the same as for the original image.
        learned_right, random_right: bool `(D, N)`: the prediction equals the label; None without labels.
        color_distance, space_distance: float `(D, N)`: Frobenius distance of both from the identity.
    """

    learned_unchanged: np.ndarray
    random_unchanged: np.ndarray
    learned_right: np.ndarray | None
    random_right: np.ndarray | None
    color_distance: np.ndarray
    space_distance: np.ndarray

    def _numbers(self):
        return self.metrics()

    def _columns(self):
        draws, images = self.learned_unchanged.shape
        known = {name: value for name, value in vars(self).items() if value is not None}
        return {"draw": np.arange(draws)[:, None], "image": np.arange(images), **known}

    def metrics(self) -> dict[str, float]:
        """Means over images and draws, by name."""
        values = {
            "learned_unchanged": self.learned_unchanged,
            "random_unchanged": self.random_unchanged,
            "learned_right": self.learned_right,
            "random_right": self.random_right,
            "color_distance": self.color_distance,
            "space_distance": self.space_distance,
        }
        return {name: float(np.mean(value)) for name, value in values.items() if value is not None}


def compare_with_random(
    transformer: Any,
    classifier: keras.Model,
    images: np.ndarray,
    labels: np.ndarray | None = None,
    draws: int = 4,
    batch_size: int = 50,
    seed: int = 0,
    progress: bool = False,
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

    Raises:
        ValueError: images or labels that do not fit the network, or it classifies no image correctly.
    """
    images = as_images(images, shape=classifier.input_shape[1:])
    labels = None if labels is None else class_indices(labels, len(images), classifier.output_shape[-1])
    originals, _ = answers(classifier, images, batch_size)
    if labels is not None:
        kept = originals == labels
        if not kept.any():
            raise ValueError(
                f"the network must classify at least one image correctly, received none of the {len(images)} images: "
                "check that images are in 0..255 and labels are its class indices"
            )
        images, originals, labels = images[kept], originals[kept], labels[kept]

    logits = compile_model(classifier)

    def classes(images, color, space):
        return np.argmax(ops.convert_to_numpy(logits(transformer.apply_matrices(images, color, space))), axis=-1)

    random = np.random.default_rng(seed)
    batches = [(draw, at) for draw in range(draws) for at in slices(len(images), batch_size)]
    rows: dict[str, list[np.ndarray]] = {name: [] for name in ("learned", "random", "color", "space")}
    with progress_bar("comparing with random transformations", len(batches), progress) as advance:
        for _, at in batches:
            count = at.stop - at.start
            k_color, k_space = random.uniform(size=(2, count, 2)).astype("float32")
            color, space = (ops.convert_to_numpy(matrix) for matrix in transformer.matrices(k_color, k_space))
            at_random = _random_like(color, random), _random_like(space, random)
            rows["learned"].append(classes(images[at], color, space))
            rows["random"].append(classes(images[at], *at_random))
            rows["color"].append(_distances(color))
            rows["space"].append(_distances(space))
            advance(1)

    learned, at_random, color, space = (np.concatenate(rows[name]).reshape(draws, -1) for name in rows)
    return InvarianceComparison(
        learned_unchanged=learned == originals,
        random_unchanged=at_random == originals,
        learned_right=None if labels is None else learned == labels,
        random_right=None if labels is None else at_random == labels,
        color_distance=color,
        space_distance=space,
    )


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
