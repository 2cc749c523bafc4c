"""The figures of Bunne, Rahmann and Wolf for the Invariant Transformer Net."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from keras import ops
from matplotlib.figure import Figure

from kinv.arrays import check_drawn
from kinv.classifiers.predict import answers
from kinv.figures.labels import class_label, label
from kinv.figures.style import ACCENT, BAD, GOOD, INK, QUIET, new_figure, show_image


def training_curves(history: Mapping[str, Sequence[float]], accuracy_threshold: float) -> Figure:
    """Figure 4a: both losses over the epochs, the distances, and the accuracy with its threshold.

    Args:
        history: metric of `InvariantTransformer` to one value per epoch.
        accuracy_threshold: the threshold, drawn as a line: a share of the network's own accuracy.
    """
    figure, ((left, middle, right),) = new_figure(11, 3.2, 1, 3)
    epochs = np.arange(1, len(history["classifier_loss"]) + 1)
    left.plot(epochs, history["classifier_loss"], color=INK, label="classifier $L_{orig}$")
    twin = left.twinx()
    twin.plot(epochs, history["transformation_loss"], color=ACCENT)
    twin.set_ylabel("transformation loss", color=ACCENT)
    twin.spines["top"].set_visible(False)
    left.set(title="losses", xlabel="epoch", ylabel="classifier loss", ylim=(0, None))

    middle.plot(epochs, history["space_distance"], color=INK, label="space")
    middle.plot(epochs, history["color_distance"], color=ACCENT, label="colour")
    middle.set(title="distance from the identity", xlabel="epoch", ylabel="Frobenius distance", ylim=(0, None))
    middle.legend(frameon=False, loc="lower right")

    right.plot(epochs, history["accuracy"], color=INK, label="mean of the batches")
    gate = accuracy_threshold * np.asarray(history.get("own_accuracy", np.ones(len(epochs))))
    right.plot(epochs, gate, color=QUIET, linestyle="--", label="gate $acc_{orig}$")
    right.set(title="accuracy on transformed images", xlabel="epoch", ylim=(0, 1))
    right.legend(frameon=False, loc="lower right")
    return figure


def classification_along_k(
    k: np.ndarray, unchanged: Mapping[str, np.ndarray], confidence: Mapping[str, np.ndarray]
) -> Figure:
    """Figure 4b: the predictions as one control parameter grows and the others are 0.

    Args:
        k: `(K,)` in 0..1.
        unchanged: path, such as `"F([k, 0], [0, 0])"`, to the share of images with unchanged predictions, `(K,)`.
        confidence: path to the mean softmax output of the originally predicted class, `(K,)`.
    """
    figure, axes = new_figure(3.2 * len(unchanged), 3, 1, len(unchanged), sharey=True)
    for axis, path in zip(axes.flat, unchanged, strict=True):
        axis.plot(k, unchanged[path], color=INK, label="prediction unchanged")
        axis.plot(k, confidence[path], color=ACCENT, label="softmax of the original class")
        axis.set(title=label(path), xlabel="k", ylim=(0, 1.02), xlim=(0, 1))
    axes[0, 0].legend(frameon=False, loc="lower left", fontsize=8)
    return figure


CORNERS = {  # figure 5: control parameters (k_color, k_space)
    "all 0": ((0, 0), (0, 0)),
    "space (1, 0)": ((0, 0), (1, 0)),
    "space (0, 1)": ((0, 0), (0, 1)),
    "space (1, 1)": ((0, 0), (1, 1)),
    "colour (1, 0)": ((1, 0), (0, 0)),
    "colour (0, 1)": ((0, 1), (0, 0)),
    "colour (1, 1)": ((1, 1), (0, 0)),
    "all 1": ((1, 1), (1, 1)),
}


def at_corners(transformer: Any, images: np.ndarray) -> np.ndarray:
    """The images `(N, H, W, C)` at the corners of the control parameters: float32 `(N, 8, H, W, C)`."""
    pairs = (np.asarray(pair, "float32") for pair in CORNERS.values())
    return np.stack([ops.convert_to_numpy(transformer.transform(images, *pair)) for pair in pairs], axis=1)


def transformed_images(
    originals: np.ndarray,
    transformed: np.ndarray,
    titles: Sequence[str],
    original_names: Sequence[str],
    names: Sequence[Sequence[str]],
) -> Figure:
    """Figure 5: one row per image, one column per setting of the control parameters.

    Args:
        originals: `(N, H, W, C)` in 0..255.
        transformed: `(N, K, H, W, C)`.
        titles: names of the `K` settings.
        original_names: predicted classes of the originals, `N`.
        names: predicted classes of the transformed images, `N x K`; green if unchanged, else red.

    Raises:
        ValueError: images of another shape or range.
    """
    originals, transformed = check_drawn(originals, "originals"), check_drawn(transformed, "transformed", 5)
    rows, columns = len(originals), len(titles) + 1
    figure, axes = new_figure(1.45 * columns, 1.62 * rows, rows, columns)
    for row in range(rows):
        show_image(axes[row, 0], originals[row])
        axes[row, 0].set_xlabel(class_label(original_names[row]), fontsize=8)
        for column, image in enumerate(transformed[row], start=1):
            name = names[row][column - 1]
            show_image(axes[row, column], image)
            color = GOOD if name == original_names[row] else BAD
            axes[row, column].set_xlabel(class_label(name), color=color, fontsize=8)
    for column, title in enumerate(["original", *titles]):
        axes[0, column].set_title(label(title), fontsize=8)
    return figure


def predicted_images(
    classifier: Any, originals: np.ndarray, transformed: np.ndarray, class_names: Sequence[str]
) -> Figure:
    """Figure 5 with the network's predictions.

    Args:
        classifier: images to logits.
        originals: `(N, H, W, C)` in 0..255.
        transformed: `(N, 8, H, W, C)`, from `at_corners`.
        class_names: of the network's outputs.
    """
    count, settings = transformed.shape[:2]
    before, _ = answers(classifier, originals)
    after, _ = answers(classifier, transformed.reshape(-1, *originals.shape[1:]))
    names = [[class_names[int(index)] for index in row] for row in after.reshape(count, settings)]
    first = [class_names[int(index)] for index in before]
    return transformed_images(originals, transformed, list(CORNERS), first, names)
