"""What the Invariant Transformer Net's recipes show: a table and the paper's figures."""

import itertools
from typing import Any

import keras
import numpy as np
from rich.console import Console
from rich.table import Table

import kinv
from kinv.models.invariant_transformer import figures
from recipes.experiment.material import find_halves

SHARED = {
    "classifier_loss": "classifier",
    "accuracy": "accuracy",
    "own_accuracy": "of originals",
    "color_distance": "colour",
    "space_distance": "space",
}
COLUMNS = {  # of the two families
    "paper": {**SHARED, "transformation_loss": "transform", "expanding": "expanding"},
    "largest": {**SHARED, "color_volume": "colour, nats", "space_volume": "space, nats", "multiplier": "multiplier"},
}
OF_FLOWS = {"beyond_distance": "flows", "beyond_volume": "flows, nats"}
PATHS = {  # figure 4b: which of (k_color_1, k_color_2, k_space_1, k_space_2) follows k
    "space 1: F([0, 0], [k, 0])": (0, 0, 1, 0),
    "space 2: F([0, 0], [0, k])": (0, 0, 0, 1),
    "colour 1: F([k, 0], [0, 0])": (1, 0, 0, 0),
    "colour 2: F([0, k], [0, 0])": (0, 1, 0, 0),
}
DRAWS = 3  # of the family, beside each other
SHOWN, MEASURED, STEPS_ALONG_K = 4, 50, 6  # four: there are no more embedded photographs to hold out
IMAGENET_CLASSES = 1000


def columns(transformer: Any) -> dict[str, str]:
    """What is shown of a training, by metric."""
    return {**COLUMNS[transformer.family], **(OF_FLOWS if transformer.beyond else {})}


def draw(
    transformer: Any, classifier: keras.Model, images: np.ndarray, labels: np.ndarray | None, names: list[str],
    history: dict[str, list] | None, shown: np.ndarray | None = None,
) -> tuple[dict[str, Any], dict[str, float]]:  # fmt: skip
    """The paper's figures of held-out images, by file name, and how visible the changes of figure 5 are.

    Args:
        transformer: trained on images to logits of `classifier`, whose classes have `names`.
        classifier: the network under study.
        images: held out, in 0..255.
        labels: of the images; None: predictions take their place.
        names: of the classes.
        history: of the training; None: no figure of it.
        shown: images of figure 5; None: some of `images`.
    """
    k = np.linspace(0, 1, STEPS_ALONG_K, dtype="float32")
    unchanged, confidence = {}, {}
    sample = images[:MEASURED]
    first = kinv.analysis.predict_classes(classifier, sample)
    rest = 0 if transformer.neutral is None else transformer.neutral
    along = np.concatenate([np.where(follows, k[:, None], rest) for follows in PATHS.values()]).astype("float32")
    ks = [keras.ops.convert_to_numpy(part) for part in transformer.plane(along[:, :2], along[:, 2:])]
    softmax = kinv.analysis.predictions_along_k(transformer, classifier, sample, *ks)
    for path, outputs in zip(PATHS, np.split(softmax, len(PATHS)), strict=True):
        unchanged[path] = np.mean(np.argmax(outputs, axis=-1) == first, axis=1)
        confidence[path] = np.mean(outputs[:, np.arange(len(first)), first], axis=1)
    shown = images[_chosen(classifier, images, labels)] if shown is None else shown
    moved = figures.at_corners(transformer, shown)
    of = f"Transformations learned from {classifier.name}"
    drawings = {
        "classification.png": figures.classification_along_k(
            k, unchanged, confidence, f"{of}: {len(sample)} held-out images, one control parameter at a time"
        ),
        "images.png": figures.predicted_images(classifier, shown, moved, names, f"{of}: held-out images"),
    }
    if transformer.neutral is not None:  # many directions: corners of two planes show little of them
        draws = {
            f"draw {seed}": keras.ops.convert_to_numpy(transformer.augment(shown, seed)) for seed in range(1, DRAWS + 1)
        }
        drawings["draws.png"] = kinv.figures.labelled_rows({"held out": shown, **draws})
    if history:
        drawings["training.png"] = figures.training_curves(history, transformer.accuracy_threshold, f"{of}: training")
    return drawings, visible_changes(shown, moved)


def publishable(classifier: keras.Model) -> np.ndarray | None:
    """Held-out photographs of known licences, which come with packages, for figures of networks with ImageNet's
    classes; None for other networks, and where the packages are missing."""
    from kinv.requirements import installed

    if classifier.output_shape[-1] != IMAGENET_CLASSES or not installed("skimage"):
        return None
    images, _ = find_halves("photos", False)[1].load(classifier.input_shape[1], None)
    predicted, confidence = kinv.analysis.predict(classifier, images)
    surest = [np.flatnonzero(predicted == index)[np.argmax(confidence[predicted == index])] for index in set(predicted)]
    return images[sorted(sorted(surest, key=lambda place: -confidence[place])[:SHOWN])]


def _chosen(classifier: keras.Model, images: np.ndarray, labels: np.ndarray | None) -> np.ndarray:
    """Which images are shown: evenly spread over those it gets right; without labels, the surest of each part."""
    predictions, confidence = kinv.analysis.predict(classifier, images)
    if labels is None:
        parts = np.array_split(np.arange(len(images)), min(SHOWN, len(images)))
        return np.array([part[np.argmax(confidence[part])] for part in parts])
    right = np.flatnonzero(predictions == labels)
    return right[np.linspace(0, len(right) - 1, min(SHOWN, len(right))).astype(int)]


def visible_changes(images: np.ndarray, transformed: np.ndarray) -> dict[str, float]:
    """How visible the changes of figure 5 are: mean absolute differences in grey levels, 0..255."""
    changes = np.abs(transformed - images[:, None]).mean(axis=(2, 3, 4))
    pairs = itertools.combinations(range(transformed.shape[1]), 2)
    between = [np.abs(transformed[:, one] - transformed[:, other]).mean(axis=(1, 2, 3)).min() for one, other in pairs]
    return {"smallest_change": float(changes.min()), "smallest_difference": float(min(between))}


def print_table(name: str, metrics: dict[str, float], held_out: dict[str, int]) -> None:
    """The table of the README: learned transformations beside random ones of the same size."""
    table = Table(title=f"{name}: {held_out['right']} held-out images, {held_out['draws']} draws of k each")
    table.add_column("")
    table.add_column("learned", justify="right")
    table.add_column("random, same distance", justify="right")
    table.add_row("prediction unchanged", f"{metrics['learned_unchanged']:.1%}", f"{metrics['random_unchanged']:.1%}")
    if "learned_right" in metrics:
        table.add_row("true class still right", f"{metrics['learned_right']:.1%}", f"{metrics['random_right']:.1%}")
    distances = f"{metrics['space_distance']:.2f} / {metrics['color_distance']:.2f}"
    table.add_row("distance from identity, space / colour", distances, distances)
    Console().print(table)


def class_names(classifier: keras.Model, source: Any) -> list[str]:
    """What the classifier's outputs are called."""
    count = classifier.output_shape[-1]
    if count == 1000:
        return kinv.data.imagenet_class_names()
    if source.class_names is not None and len(source.class_names) == count:
        return source.class_names
    return [str(index) for index in range(count)]
