"""How good generated filters are: their accuracy, beside other filters that move the layer's outputs as far."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import keras
import numpy as np
from keras import ops

from kinv.classifiers.filter_sets import right_of_sets
from kinv.classifiers.patch_moments import patch_moments
from kinv.classifiers.predict import accuracy
from kinv.data.checks import as_image_source, as_images, class_indices
from kinv.models.filter_gan.diversity import relative_spread
from kinv.progress_bar import progress_bar
from kinv.results import TableResult
from kinv.surgery.cut import freeze_up_to
from kinv.training.batches import shuffled_batches
from kinv.verdicts import Verdict

from .curves import GENERATED, MOVEMENTS, MovementCurves, movement_curves
from .generated import generated_sets

CODES = 512  # latent codes for explained variance and diversity
CHUNK = 250
MOMENTS_OF = 2000  # images, for the movement of outputs
ALIKE = 0.02  # movements that differ by less are compared as one


@dataclass(frozen=True, repr=False)
class FilterQuality(TableResult):
    """Results of `filter_quality`; accuracies are shares of test images, 0..1.

    Attributes:
        network: accuracy of the unchanged classifier.
        averaged: with the average of several draws as filters, and the layers above retrained (the paper's 98.2 %).
        control: with the real filters, and the layers above retrained in the same way.
        singles: `(draws,)`, with the filters of one draw, nothing retrained.
        movement: how far these move the outputs of one image, in standard deviations between images, on average.
        apart: how far the outputs of one image lie apart under two draws, in the same unit.
        curves: accuracy of single sets over movement, nothing retrained, beside noise and hand-made filters: what any
            filters that move outputs as far cost.
        explained_variance: of the latent code, by the InfoGAN head, averaged over noise as in training; 1 is all.
        diversity: for each filter that is alive, the standard deviation of its weights over draws, divided by that of
            the real filter's weights. No measure of what a network ignores: most of it can be where outputs don't move.
        averaged_network: the network of `averaged`.
    """

    network: float
    averaged: float
    control: float
    singles: np.ndarray
    movement: float
    apart: float
    curves: MovementCurves
    explained_variance: float
    diversity: np.ndarray
    averaged_network: keras.Model = field(repr=False)

    def _numbers(self):
        return {name: self.metrics()[name] for name in ("movement", "single_mean", "best_other")}

    def _columns(self):
        return {name: [value] for name, value in self.metrics().items()}

    @property
    def column(self) -> int:
        """The place in `curves` of the movement that is nearest to the draws' own."""
        return int(np.argmin(np.abs(self.curves.movements - self.movement)))

    @property
    def better_than_noise(self) -> bool:
        """Whether generated sets are clearly more accurate than the best others that move outputs as far."""
        return self.verdict is not None and self.verdict.kind == "better"

    @property
    def verdict(self) -> Verdict | None:
        """On generated sets beside the best others at the draws' movement; None where a side does not move so far."""
        other = self.curves.best_other(GENERATED, self.column)
        at_all = ~np.isnan(self.curves.by_set[0, self.column]).all()
        return None if other is None or not at_all else self.curves.verdict(GENERATED, other, self.column)

    def summary(self) -> str:
        """In sentences: what generated filters keep, beside the best others that move outputs as far.

        Where these are not worse, the sentence tells ones that are as good from too few images or sets to say.
        """
        found, verdict = self.metrics(), self.verdict
        beside = "No other filters move outputs so far."
        if verdict is not None:
            other = self.curves.best_other(GENERATED, self.column)
            at, ours, theirs = (found[name] for name in ("compared_at", "generated", "best_other"))
            beside = (
                f"At a movement of {at:.2f}, generated filters keep {ours:.1%}, and the best others, {other}, "
                f"{theirs:.1%}: {verdict.words('generated filters', 'these')}."
            )
        return "\n".join(
            [
                f"Filters of one draw move outputs by {self.movement:.2f} of their standard deviation between images.",
                f"They classify {found['single_mean']:.1%} correctly (at worst {found['single_worst']:.1%}), the "
                f"network itself {self.network:.1%}.",
                beside,
                f"Under two draws, the outputs of one image lie {self.apart:.2f} apart.",
                f"The average of several draws, layers above retrained: {self.averaged:.1%}; with the real filters "
                f"{self.control:.1%}.",
            ]
        )

    def metrics(self) -> dict[str, float]:
        """The metrics of the results table, by name.

        `compared_at` is the movement of `generated` and `best_other`, the accuracies of generated sets and of the best
        others; `best_other` is NaN where none moves outputs so far.
        """
        accuracies, other = self.curves.accuracies()[:, self.column], self.curves.best_other(GENERATED, self.column)
        return {
            "network": self.network,
            "averaged": self.averaged,
            "control": self.control,
            "single_mean": float(self.singles.mean()),
            "single_worst": float(self.singles.min()),
            "movement": self.movement,
            "apart": self.apart,
            "compared_at": float(self.curves.movements[self.column]),
            "generated": float(accuracies[0]),
            "best_other": float("nan") if other is None else float(accuracies[self.curves.names.index(other)]),
            "explained_variance": self.explained_variance,
            "diversity": float(self.diversity.mean()),
        }


def filter_quality(
    gan: Any,
    images: np.ndarray,
    labels: np.ndarray,
    test_images: np.ndarray,
    test_labels: np.ndarray,
    *,
    draws: int = 10,
    singles: int = 100,
    singles_on: int = 2000,
    sets: int = 10,
    movements: Sequence[float] = MOVEMENTS,
    epochs: int = 2,
    batch_size: int = 128,
    learning_rate: float = 5e-4,
    seed: int = 0,
    progress: bool = False,
) -> FilterQuality:
    """Section 5.2 of "Parametrizing filters of a CNN with a GAN", with controls that move outputs as far.

    Args:
        gan: a trained `FilterGAN` with its classifier.
        images, labels: training set for the retraining, `(N, H, W, C)` in 0..255 and `(N,)`. On some of them, movements
            are measured.
        test_images, test_labels: test set.
        draws: number of filter sets in the average. As the outputs compared come before the activation function, the
            average of their outputs is the output of their average.
        singles: number of filter sets that are tested alone, on `singles_on` evenly spaced test images.
        sets: number of filter sets of each kind at each movement.
        movements: at which kinds are compared, above 0 and rising. At the draws' own they are compared as well.
        epochs, batch_size, learning_rate: of the retraining, with Adam and cosine decay to zero. 0 epochs: no
            retraining.
        seed: seeds the draws and the order of images.
        progress: whether to show bars on stderr.

    Raises:
        ValueError: images or labels that do not fit the network, or a number that is too small.
    """
    cut = gan.cut.require("filter_quality")
    shape, classes = cut.classifier.input_shape[1:], cut.classifier.output_shape[-1]
    images, test_images = as_image_source(images, shape=shape), as_images(test_images, "test_images", shape=shape)
    labels = class_indices(labels, len(images), classes)
    test_labels = class_indices(test_labels, len(test_images), classes, "test_labels")
    if min(draws, singles, singles_on, sets) < 1 or epochs < 0:
        raise ValueError(
            "draws, singles, singles_on and sets must be at least 1 and epochs at least 0, received "
            f"{draws}, {singles}, {singles_on}, {sets} and {epochs}"
        )
    random = np.random.default_rng(seed)
    codes = {
        name: gan.draw_codes(count, random)
        for name, count in (("average", draws), ("singles", singles), ("many", CODES))
    }
    settings = {"batch_size": batch_size, "learning_rate": learning_rate, "seed": seed, "progress": progress}
    averaged, control = averaged_and_control(gan, codes["average"], images, labels, epochs, **settings)
    some = _evenly(len(test_images), singles_on)
    on_some = test_images[some], test_labels[some]
    many, real = (ops.convert_to_numpy(part) for part in (gan.generate_filters(codes["many"]), cut.kernel()))
    diversity, alive = (ops.convert_to_numpy(values) for values in relative_spread(many, real))
    single = ops.convert_to_numpy(gan.generate_filters(codes["singles"]))
    seen = images[_evenly(len(images), MOMENTS_OF)]
    moments = patch_moments(cut, seen, progress=progress).require_variety(cut.name)
    movement = float(moments.movements(single).mean())
    return FilterQuality(
        network=accuracy(cut.classifier, test_images, test_labels, CHUNK),
        averaged=accuracy(averaged, test_images, test_labels, CHUNK),
        control=accuracy(control, test_images, test_labels, CHUNK),
        singles=right_of_sets(cut, single, *on_some, progress).mean(axis=1),
        movement=movement,
        apart=float(moments.movements(moments.kernel + many[1:] - many[:-1]).mean()),
        curves=movement_curves(
            cut, seen, *on_some, generated=generated_sets(gan, codes["many"][:sets], moments),
            movements=_with(movements, movement), sets=sets, moments=moments, seed=seed, progress=progress,
        ),
        explained_variance=_explained_variance(gan, test_images, codes["many"]),
        diversity=diversity[alive],
        averaged_network=averaged,
    )  # fmt: skip


def _evenly(count, most):
    return np.linspace(0, count - 1, min(most, count)).astype(int)


def _with(movements, own):
    """These movements and the draws' own, where that is none of them yet and not 0."""
    own = round(own, 3)
    known = min((abs(own / one - 1) for one in movements), default=1.0) <= ALIKE
    return sorted([*movements, *([] if known or not own else [own])])


def averaged_and_control(
    gan: Any, codes: np.ndarray, images: np.ndarray, labels: np.ndarray, epochs: int, **settings: Any
) -> tuple[keras.Model, keras.Model]:
    """The network with the average filters of codes `(draws, latent_dim)`, and with its real ones, both retrained.

    The other arguments are those of `retrain_above`. 0 epochs: no retraining.
    """
    cut = gan.cut.require("averaged_and_control")
    networks = cut.copy(ops.mean(gan.generate_filters(codes), axis=0)), cut.copy(cut.kernel())
    for network in networks if epochs else ():
        retrain_above(network, gan.layer, images, labels, epochs, **settings)
    return networks


def retrain_above(
    classifier: keras.Model,
    layer: str,
    images: np.ndarray,
    labels: np.ndarray,
    epochs: int,
    batch_size: int,
    learning_rate: float,
    seed: int,
    progress: bool = False,
) -> None:
    """Retrains all layers above a layer, with Adam and cosine decay to zero; the layer and those below stay fixed.

    With `progress`, a bar is shown on stderr.
    """
    freeze_up_to(classifier, layer)
    steps = -(-len(images) // batch_size)
    schedule = keras.optimizers.schedules.CosineDecay(learning_rate, epochs * steps)
    classifier.compile(keras.optimizers.Adam(schedule), keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    with progress_bar(f"retraining the layers above {layer}", epochs * steps, progress) as advance:
        classifier.fit(
            shuffled_batches(images, labels, batch_size, seed),
            epochs=epochs,
            steps_per_epoch=steps,
            callbacks=[keras.callbacks.LambdaCallback(on_train_batch_end=lambda batch, logs: advance(1))],
            verbose=0,
            shuffle=False,
        )


def _explained_variance(gan, images, codes):
    """One minus the mean squared error of the estimated code, relative to the variance of codes, which is 1."""
    shown = np.resize(np.arange(len(images)), len(codes))
    read = [
        gan.read_codes(images[shown[start : start + CHUNK]], codes[start : start + CHUNK])
        for start in range(0, len(codes), CHUNK)
    ]
    return float(1 - np.mean((np.concatenate(read) - codes) ** 2))
