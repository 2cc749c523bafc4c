"""`kinv evaluate`."""

import dataclasses
from typing import Any

from kinv.printable import printable

from .networks import OnImages

BATCH = 50  # images at a time
WORST = 3  # classes that are named


@dataclasses.dataclass(kw_only=True)
class Evaluate(OnImages):
    """Measures a classifier's accuracy on labelled images."""

    def result(self) -> dict[str, Any]:
        self.check_names()
        network = self.load()

        import numpy as np

        from kinv import analysis, classifiers
        from kinv.classifiers.predict import answers
        from kinv.classifiers.preflight import preflight
        from kinv.data.image_stream import ImageStream
        from kinv.progress_bar import progress_bar

        source = self.find(network)
        if source.labels is None:
            raise ValueError(f"{source.description} have no labels: put the images into one sub-folder per class.")
        if self.preflight:
            preflight(network, source).enforce()
        pairs = []
        with progress_bar(f"evaluating {network.name}", source.count, self.progress) as advance:
            for images, labels in ImageStream(network, source).batches(BATCH):
                pairs.append((labels, answers(network, images)[0]))
                advance(len(images))
        labels, predicted = (np.concatenate(part) for part in zip(*pairs, strict=True))
        right = predicted == labels
        low, high = analysis.wilson_interval(right.sum(), len(right))
        return {
            "network": network.name,
            "images": source.description,
            "count": len(right),
            "top1": right.mean(),
            "low": low,
            "high": high,
            "chance": 1 / network.output_shape[-1],
            "classes": _by_class(labels, predicted, classifiers.class_names(network, source.class_names)),
        }

    def show(self, result: dict[str, Any]) -> None:
        from .artifacts import plain

        interval = f"95 %: {result['low']:.3f} to {result['high']:.3f}, chance {result['chance']:.3f}"
        print(plain(f"{result['network']} on {result['images']}: top-1 {result['top1']:.3f} ({interval})"))
        mistaken = [one for one in result["classes"] if one["right"] < one["images"]]
        for one in sorted(mistaken, key=lambda one: one["right"] - one["images"])[:WORST]:
            said = (
                f"{one['right']} of {one['images']} right, the others mostly taken for {printable(one['mistaken_for'])}"
            )
            print(f"{printable(one['name'])}: {said}")


def _by_class(labels: Any, predicted: Any, names: list[str] | None) -> list[dict[str, Any]]:
    """Of every class of the images: its name, how many there are and are right, and the most frequent mistake."""
    import numpy as np

    def name(index):
        return str(index) if names is None else names[index]

    rows = []
    for index in np.unique(labels):
        answers = predicted[labels == index]
        wrong = answers[answers != index]
        rows.append(
            {
                "class": index,
                "name": name(index),
                "images": len(answers),
                "right": len(answers) - len(wrong),
                "mistaken_for": name(np.bincount(wrong).argmax()) if len(wrong) else None,
            }
        )
    return rows
