"""How good generated filters are: their accuracy compared with the real ones, and their diversity."""

from dataclasses import dataclass, field
from typing import Any

import keras
import numpy as np
from keras import ops

from kinv.classifiers.filter_sets import right_of_sets
from kinv.classifiers.predict import accuracy
from kinv.data.checks import as_image_source, as_images, class_indices
from kinv.intervals import Chance, of_paired_shares, variance_of_mean
from kinv.models.filter_gan.diversity import relative_spread
from kinv.progress_bar import progress_bar
from kinv.results import TableResult
from kinv.surgery.cut import freeze_up_to
from kinv.training.batches import shuffled_batches
from kinv.verdicts import Verdict, judged

CODES = 512  # latent codes for explained variance and diversity
CHUNK = 250


@dataclass(frozen=True, repr=False)
class FilterQuality(TableResult):
    """Results of `filter_quality`; accuracies are shares of test images, 0..1.

    Attributes:
        network: accuracy of the unchanged classifier.
        averaged: with the average of several draws as filters, and the layers above retrained (the paper's 98.2 %).
        control: with the real filters, and the layers above retrained in the same way.
        singles: `(draws,)`, with the filters of one draw, nothing retrained.
        randoms: `(draws,)`, the control of `singles`: the real filters plus Gaussian noise with the standard deviation
            of the generated ones over draws, per filter. They show what any change of this size costs.
        gained: `(images,)` in -1..1, for each test image of `singles`: the share of generated sets that are right on
            it, minus the share of `randoms` that are.
        explained_variance: of the latent code, by the InfoGAN head, averaged over noise as in training; 1 is all.
        diversity: standard deviation of a filter's weights over draws, relative to that of the real filter's weights,
            for every filter whose weights are not all equal.
        averaged_network: the network of `averaged`.
    """

    network: float
    averaged: float
    control: float
    singles: np.ndarray
    randoms: np.ndarray
    gained: np.ndarray
    explained_variance: float
    diversity: np.ndarray
    averaged_network: keras.Model = field(repr=False)

    def _numbers(self):
        return {name: self.metrics()[name] for name in ("single_mean", "random_mean")}

    def _columns(self):
        return {name: [value] for name, value in self.metrics().items()}

    @property
    def better_than_noise(self) -> bool:
        """Whether single generated sets are clearly more accurate than noise of their size."""
        return self.verdict.kind == "better"

    @property
    def verdict(self) -> Verdict:
        """On `singles` compared with `randoms`; other images and other filter sets might have been drawn."""
        mean, variance = of_paired_shares(self.gained)
        of_sets = variance_of_mean(self.singles) + variance_of_mean(self.randoms)
        sets = Chance("filter sets", len(self.singles), of_sets)
        return judged(mean, [Chance("images", len(self.gained), variance), sets])

    def summary(self) -> str:
        """In sentences: what generated filters keep, beside noise of their size and the real filters.

        Where noise is not worse, the sentence tells noise that is as good from too few images or sets to say.
        """
        found = self.metrics()
        noise = self.verdict.words("generated filters", "they")
        return "\n".join(
            [
                f"Filters of one draw classify {found['single_mean']:.1%} correctly (at worst "
                f"{found['single_worst']:.1%}), the network itself {self.network:.1%}.",
                f"Its filters with noise of the same size: {found['random_mean']:.1%}, {noise}.",
                f"The average of several draws, layers above retrained: {self.averaged:.1%}; with the real filters "
                f"{self.control:.1%}.",
                f"From draw to draw, filters differ by {found['diversity']:.2f} of the real ones' standard deviation.",
            ]
        )

    def metrics(self) -> dict[str, float]:
        """The metrics of the results table, by name."""
        return {
            "network": self.network,
            "averaged": self.averaged,
            "control": self.control,
            "single_mean": float(self.singles.mean()),
            "single_worst": float(self.singles.min()),
            "random_mean": float(self.randoms.mean()),
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
    epochs: int = 2,
    batch_size: int = 128,
    learning_rate: float = 5e-4,
    seed: int = 0,
    progress: bool = False,
) -> FilterQuality:
    """Section 5.2 of "Parametrizing filters of a CNN with a GAN", with additional controls.

    Args:
        gan: a trained `FilterGAN` with its classifier.
        images, labels: training set for the retraining, `(N, H, W, C)` in 0..255 and `(N,)`.
        test_images, test_labels: test set.
        draws: number of filter sets in the average. As the outputs compared come before the activation function, the
            average of their outputs is the output of their average.
        singles: number of filter sets that are tested alone, on `singles_on` evenly spaced test images.
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
    if min(draws, singles, singles_on) < 1 or epochs < 0:
        raise ValueError(
            "draws, singles and singles_on must be at least 1 and epochs at least 0, received "
            f"{draws}, {singles}, {singles_on} and {epochs}"
        )
    random = np.random.default_rng(seed)
    codes = {
        name: random.normal(size=(count, gan.latent_dim)).astype("float32")
        for name, count in (("average", draws), ("singles", singles), ("many", CODES))
    }
    settings = {"batch_size": batch_size, "learning_rate": learning_rate, "seed": seed, "progress": progress}
    averaged, control = averaged_and_control(gan, codes["average"], images, labels, epochs, **settings)
    some = np.linspace(0, len(test_images) - 1, min(singles_on, len(test_images))).astype(int)
    many, real = (ops.convert_to_numpy(part) for part in (gan.generate_filters(codes["many"]), cut.kernel()))
    diversity, alive = (ops.convert_to_numpy(values) for values in relative_spread(many, real))
    deviation = np.sqrt(np.mean(many.var(axis=0), axis=(0, 1, 2)))  # per filter
    changed = real + deviation * random.normal(size=(singles, *real.shape))
    on_some = test_images[some], test_labels[some]
    generated = right_of_sets(cut, gan.generate_filters(codes["singles"]), *on_some, progress)
    noisy = right_of_sets(cut, changed.astype("float32"), *on_some, progress)
    return FilterQuality(
        network=accuracy(cut.classifier, test_images, test_labels, CHUNK),
        averaged=accuracy(averaged, test_images, test_labels, CHUNK),
        control=accuracy(control, test_images, test_labels, CHUNK),
        singles=generated.mean(axis=1),
        randoms=noisy.mean(axis=1),
        gained=generated.mean(axis=0) - noisy.mean(axis=0),
        explained_variance=_explained_variance(gan, test_images, codes["many"]),
        diversity=diversity[alive],
        averaged_network=averaged,
    )


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
