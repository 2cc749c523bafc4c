"""The errors under ImageNet-C's corruptions, and their means relative to AlexNet's.

Hendrycks and Dietterich 2019 (arXiv:1903.12261), section 4.1.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from kinv.intervals import wilson_interval
from kinv.ops.transformations.imagenet_c.catalogue import IMAGENET_C
from kinv.ops.transformations.imagenet_c.corruption import SEVERITIES
from kinv.results import TableResult

# AlexNet's published errors, mean over the severities: https://github.com/hendrycks/robustness, and the paper's table 1
ALEXNET = {
    "imagenet_c.gaussian_noise": 0.886428,
    "imagenet_c.shot_noise": 0.894468,
    "imagenet_c.impulse_noise": 0.922640,
    "imagenet_c.defocus_blur": 0.819880,
    "imagenet_c.glass_blur": 0.826268,
    "imagenet_c.motion_blur": 0.785948,
    "imagenet_c.zoom_blur": 0.798360,
    "imagenet_c.snow": 0.866816,
    "imagenet_c.frost": 0.826572,
    "imagenet_c.fog": 0.819324,
    "imagenet_c.brightness": 0.564592,
    "imagenet_c.contrast": 0.853204,
    "imagenet_c.elastic_transform": 0.646056,
    "imagenet_c.pixelate": 0.717840,
    "imagenet_c.jpeg_compression": 0.606500,
}
ALEXNET_CLEAN = 0.435  # the paper's table 1
IMAGENET_CLASSES = 1000


@dataclass(frozen=True, repr=False)
class CorruptionErrors(TableResult):
    """The errors of a network under the fifteen corruptions of ImageNet-C, as shares of the images in 0..1.

    `mce` is the paper's mean corruption error; 0.75 is what the paper writes as 75 %. It divides by AlexNet's published
    errors, which are of all 50,000 images of ImageNet-C. On other images, and with corruptions that are not its very
    files, it compares with published values only roughly. `mean_error` divides by nothing. Two networks that were
    screened on the same images compare by either.

    Attributes:
        network: the network's name.
        corruptions: their names, `(15,)`.
        errors: the error under each, the mean over severities 1 to 5, `(15,)`.
        low, high: its interval: the means of the ends of the 95 % intervals at each severity, `(15,)`. As in
            `tolerance`, that is safe, and wider than it has to be.
        clean_error: the error on the images as they are, the baseline.
        images: how many there were.
        labelled: False if the network's own predictions took the place of labels. Errors are then shares of
            predictions that change.
        comparable: whether AlexNet's errors mean anything here: labels were given, and the network has 1,000 classes.
    """

    network: str
    corruptions: tuple[str, ...]
    errors: np.ndarray
    low: np.ndarray
    high: np.ndarray
    clean_error: float
    images: int
    labelled: bool
    comparable: bool

    @property
    def mean_error(self) -> float:
        """The mean of the fifteen errors."""
        return float(self.errors.mean())

    @property
    def relative_to_alexnet(self) -> np.ndarray:
        """Each error divided by AlexNet's, `(15,)`: the paper's CE. NaN unless `comparable`."""
        return self.errors / self._alexnet()

    @property
    def mce(self) -> float:
        """The mean of `relative_to_alexnet`: 1 is as wrong as AlexNet. NaN unless `comparable`."""
        return float(self.relative_to_alexnet.mean())

    @property
    def relative_mce(self) -> float:
        """The same of what each corruption adds to the error on images as they are. NaN unless `comparable`."""
        return float(((self.errors - self.clean_error) / (self._alexnet() - ALEXNET_CLEAN)).mean())

    def _alexnet(self):
        return np.array([ALEXNET[name] if self.comparable else np.nan for name in self.corruptions])

    def _columns(self):
        alexnet = {"alexnet_error": self._alexnet(), "relative_to_alexnet": self.relative_to_alexnet}
        names = {"network": self.network, "corruption": list(self.corruptions)}
        return {**names, "error": self.errors, "low": self.low, "high": self.high, **alexnet}

    def _numbers(self):
        numbers = {"mean_error": self.mean_error}
        return {**numbers, "mCE": self.mce, "relative_mCE": self.relative_mce} if self.comparable else numbers

    def summary(self) -> str:
        """In a few sentences: the mean error with its baseline, the worst corruption, and the mCE if it can be had."""
        worst = int(self.errors.argmax())
        kind = "error" if self.labelled else "share of changed predictions"
        text = (
            f"ImageNet-C: mean {kind} {self.mean_error:.3f} over fifteen corruptions at five severities, "
            f"{self.clean_error:.3f} without them; the largest is {self.errors[worst]:.3f}, under "
            f"{self.corruptions[worst]}."
        )
        if not self.comparable:
            why = "the network does not have ImageNet's 1,000 classes" if self.labelled else "there are no labels"
            return f"{text} No mCE: {why}."
        return (
            f"{text} mCE {self.mce:.3f}, relative mCE {self.relative_mce:.3f}. 1 is AlexNet's published error on all "
            "of ImageNet-C, so on other images they compare with published values only roughly."
        )


def is_complete(screening: Any, network: str) -> bool:
    """Whether a `Screening` of a network has what `corruption_errors` needs."""
    return not _missing(screening.classes, network)


def corruption_errors(screening: Any, network: str | None = None) -> CorruptionErrors:
    """The errors under the corruptions of ImageNet-C.

    Args:
        screening: a `Screening` with all fifteen at all severities.
        network: its name, if the screening has several.

    Raises:
        ValueError: if corruptions or severities are missing, or the network is not the only one and is not named.
    """
    known = screening.accuracy["network"].unique().tolist()
    if network is None and len(known) == 1:
        network = known[0]
    if network not in known:
        raise ValueError(f"network must be one of {known}, received {network!r}")
    missing = _missing(screening.classes, network)
    if missing:
        raise ValueError(
            f"the screening of {network} must have all 15 corruptions at severities 0 to 5, {len(missing)} are not "
            f'complete, such as {missing[0]}: screen with transformations="imagenet_c"'
        )
    table = screening.classes[screening.classes["network"] == network]
    table = table[table["transformation"].isin(IMAGENET_C)]
    table = table.assign(wrong=(table["images"] * (1 - table["accuracy"])).astype("float64"))
    sums = table.groupby(["transformation", "magnitude"])[["wrong", "images"]].sum()  # of all classes
    wrong, images = (sums[column].unstack().loc[list(IMAGENET_C), list(SEVERITIES)] for column in ("wrong", "images"))
    low, high = wilson_interval(wrong.round().to_numpy(), images.to_numpy())
    errors = (wrong / images).to_numpy()
    labelled, classes = _about(screening.metadata, network)
    return CorruptionErrors(
        network=str(network),
        corruptions=tuple(IMAGENET_C),
        errors=errors[:, 1:].mean(axis=1),
        low=low[:, 1:].mean(axis=1),
        high=high[:, 1:].mean(axis=1),
        clean_error=float(errors[0, 0]),
        images=int(images.to_numpy()[0, 0]),
        labelled=labelled,
        comparable=labelled and classes == IMAGENET_CLASSES,
    )


def _missing(classes, network) -> list[str]:
    """The corruptions that lack a severity."""
    there = classes[classes["network"] == network].groupby("transformation")["magnitude"].unique().to_dict()
    return [name for name in IMAGENET_C if not set(SEVERITIES) <= set(there.get(name, ()))]


def _about(metadata, network):
    """Whether labels were given, and the number of the network's classes; joined screenings have metadata each."""
    of = [one for one in metadata.get("joined", [metadata]) if one.get("network", network) == network]
    labelled = all(one.get("labels", "given") == "given" for one in of)
    counts = {one.get("network_classes") for one in of}
    return labelled, counts.pop() if len(counts) == 1 else None
