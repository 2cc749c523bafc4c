"""The figures of Bunne, Rahmann and Wolf for the Invariant Transformer Net."""

import itertools
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from keras import ops
from matplotlib.figure import Figure

from kinv.arrays import check_drawn
from kinv.classifiers.predict import answers
from kinv.figures.labels import fitted, fitted_class
from kinv.figures.style import (
    ACCENT,
    BAD,
    INK,
    LINE,
    LINEAR,
    QUIET,
    headline,
    legend_below,
    new_figure,
    note_below,
    series,
    show_image,
)

INCHES = 1.08  # side of an image
PARTS = {"space": "space", "color": "colour", "beyond": "flows"}
SAME, OTHER = "\N{CHECK MARK}", "\N{BALLOT X}"  # under an image: its class is still that of the original, or another


def training_curves(history: Mapping[str, Sequence[float]], accuracy_threshold: float, title: str = "") -> Figure:
    """Figure 4a: both losses over the epochs, the distances, and the accuracy with its threshold.

    Of the largest family, the log-volumes take the place of the losses. Of flows, the distance is the norm of sizes.

    Args:
        history: metric of `InvariantTransformer` to one value per epoch.
        accuracy_threshold: the threshold, drawn as a line: a share of the network's own accuracy.
        title: title of the figure.
    """
    figure, ((left, middle, right),) = new_figure(10.2, 3.8, 1, 3)
    epochs = np.arange(1, len(history["classifier_loss"]) + 1)
    parts = {part: name for part, name in PARTS.items() if f"{part}_distance" in history}
    if "transformation_loss" in history:
        left.plot(epochs, history["classifier_loss"], **series(0), label="of the classifier")
        twin = left.twinx()
        twin.plot(epochs, history["transformation_loss"], **series(1), label="of the transformation")
        twin.set_ylabel("transformation loss", color=ACCENT)
        twin.spines["top"].set_visible(False)
        left.set(title="Losses", xlabel="epoch", ylabel="classifier loss, cross-entropy", ylim=(0, None))
    else:
        for number, (part, name) in enumerate(parts.items()):
            left.plot(epochs, history[f"{part}_volume"], **series(number), label=name)
        left.set(title="Log-volume of the family", xlabel="epoch", ylabel="nats")
        left.legend(frameon=False, loc="best")

    for number, (part, name) in enumerate(parts.items()):
        middle.plot(epochs, history[f"{part}_distance"], **series(number), label=name)
    norm = "Frobenius distance" + (", norm of sizes" if "beyond" in parts else "")
    middle.set(title="Distance from the identity", xlabel="epoch", ylabel=norm, ylim=(0, None))

    right.plot(epochs, history["accuracy"], **series(0), label="mean of the batches")
    gate = accuracy_threshold * np.asarray(history.get("own_accuracy", np.ones(len(epochs))))
    right.plot(epochs, gate, **LINEAR, label="to be kept")
    right.set(title="Accuracy, transformed images", xlabel="epoch", ylabel="accuracy", ylim=(0, 1))
    middle.legend(frameon=False, loc="best")
    right.legend(frameon=False, loc="lower right")
    headline(figure, title)
    return figure


def classification_along_k(
    k: np.ndarray, unchanged: Mapping[str, np.ndarray], confidence: Mapping[str, np.ndarray], title: str = ""
) -> Figure:
    """Figure 4b: the predictions as one control parameter grows and the others are 0.

    Args:
        k: `(K,)` in 0..1.
        unchanged: path, such as `"F([k, 0], [0, 0])"`, to the share of images with unchanged predictions, `(K,)`.
        confidence: path to the mean softmax output of the originally predicted class, `(K,)`.
        title: title of the figure.
    """
    figure, axes = new_figure(2.5 * len(unchanged), 3.6, 1, len(unchanged), sharey=True)
    for axis, path in zip(axes.flat, unchanged, strict=True):
        axis.plot(k, unchanged[path], **series(0, len(k)), label="predictions unchanged, share")
        axis.plot(k, confidence[path], **series(1, len(k)), label="softmax of the original class, mean")
        axis.set(
            xlabel="control parameter k", ylim=(0, 1.02), xlim=(0, 1), xticks=(0, 0.5, 1), xticklabels=("0", "0.5", "1")
        )
        axis.set_title(fitted(path, 2.2), fontsize=10)
    axes[0, 0].set_ylabel("share, mean")
    legend_below(figure, axes[0, 0])
    headline(figure, title)
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
    """The images `(N, H, W, C)` at the corners of the control parameters: float32 `(N, 8, H, W, C)`.

    Of the largest family, at corners of its `plane`: of space alone, of colour alone, and twice of all at once.
    """
    rest = transformer.neutral
    ks = []
    for name, corner in CORNERS.items():
        together = name.startswith("all")
        moved = {"color": together or name.startswith("colour"), "space": together or name.startswith("space")}
        points: list[np.ndarray | None] = [
            np.full((1, 2), rest) if rest is not None and not moved[part] else np.asarray([point])
            for part, point in zip(("color", "space"), corner, strict=True)
        ]
        if together and transformer.beyond_generator is not None:
            points.append(np.asarray([corner[0]]))  # of flows
        ks.append([ops.convert_to_numpy(k)[0] for k in transformer.plane(*points)])
    return np.stack([ops.convert_to_numpy(transformer.transform(images, *k)) for k in ks], axis=1)


def transformed_images(
    originals: np.ndarray,
    transformed: np.ndarray,
    titles: Sequence[str],
    original_names: Sequence[str],
    names: Sequence[Sequence[str]],
    title: str = "",
) -> Figure:
    """Figure 5: one row per image, one column per setting of the control parameters.

    Args:
        originals: `(N, H, W, C)` in 0..255.
        transformed: `(N, K, H, W, C)`.
        titles: names of the `K` settings.
        original_names: predicted classes of the originals, `N`.
        names: predicted classes of the transformed images, `N x K`; marked where they changed.
        title: title of the figure.

    Raises:
        ValueError: images of another shape or range.
    """
    originals, transformed = check_drawn(originals, "originals"), check_drawn(transformed, "transformed", 5)
    rows, columns = len(originals), len(titles) + 1
    firsts = [fitted_class(name, INCHES, 3) for name in original_names]
    said = [
        [SAME if name == first else fitted(f"{OTHER} {str(name).split(',')[0]}", INCHES, 3) for name in of]
        for first, of in zip(original_names, names, strict=True)
    ]
    lines = 1 + max(text.count("\n") for text in itertools.chain(firsts, *said))
    figure, axes = new_figure(INCHES * columns, (INCHES + LINE * (lines + 0.5)) * rows + 5 * LINE, rows, columns)
    for row in range(rows):
        show_image(axes[row, 0], originals[row])
        axes[row, 0].set_xlabel(firsts[row], color=INK)
        for axis, image, text in zip(axes[row, 1:], transformed[row], said[row], strict=True):
            show_image(axis, image)
            axis.set_xlabel(text, color=QUIET if text == SAME else BAD)
    for column, text in enumerate(["original", *titles]):
        axes[0, column].set_title(fitted(text, INCHES), fontsize=10)
    note_below(figure, f"under the originals: what the network predicts; {SAME}: the same; {OTHER}: another class")
    headline(figure, title)
    return figure


def predicted_images(
    classifier: Any, originals: np.ndarray, transformed: np.ndarray, class_names: Sequence[str], title: str = ""
) -> Figure:
    """Figure 5 with the network's predictions.

    Args:
        classifier: images to logits.
        originals: `(N, H, W, C)` in 0..255.
        transformed: `(N, 8, H, W, C)`, from `at_corners`.
        class_names: of the network's outputs.
        title: title of the figure.
    """
    count, settings = transformed.shape[:2]
    before, _ = answers(classifier, originals)
    after, _ = answers(classifier, transformed.reshape(-1, *originals.shape[1:]))
    names = [[class_names[int(index)] for index in row] for row in after.reshape(count, settings)]
    first = [class_names[int(index)] for index in before]
    return transformed_images(originals, transformed, list(CORNERS), first, names, title)
