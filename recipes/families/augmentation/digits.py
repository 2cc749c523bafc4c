"""Digits from few labels: a small convolutional network, trained from its first weights with every augmentation."""

from dataclasses import asdict
from typing import Any

import keras
import numpy as np

import kinv
from recipes.experiment.material import evenly
from recipes.families.augmentation import augerino, learned
from recipes.families.augmentation.keras_layers import AugMix, RandAugment
from recipes.families.augmentation.maps import Maps, Nothing, Warped, affine_and_colour, shifted
from recipes.families.augmentation.material import Augmentation, Entry, Material
from recipes.families.augmentation.robustness import changed_images, mean_by_name
from recipes.families.augmentation.runs import Measured, packed
from recipes.families.augmentation.settings import DIGITS, DigitSettings
from recipes.families.augmentation.trivial import TrivialAugment

FILL = "zeros"
AUGMENTED_AT_A_TIME = 1600  # images
OTHER = "silhouettes"
FLOWS = "warp", "tone", "kernels"  # what changes shapes and strokes


TABLE = {
    "none": Entry(lambda _, strength: Nothing()),
    "shift crop": Entry(lambda _, strength: Maps(shifted(strength), FILL), (0.07, 0.15, 0.3)),
    "affine and colour": Entry(lambda _, strength: Maps(affine_and_colour(strength, False), FILL), (0.5, 1.0, 2.0)),
    "affine, colour and elastic": Entry(
        lambda _, strength: Warped(Maps(affine_and_colour(1.0, False), FILL), strength), (0.15, 0.3, 0.6)
    ),
    "RandAugment": Entry(lambda _, strength: RandAugment(strength), (0.1, 0.25, 0.5)),
    "AugMix": Entry(lambda _, strength: AugMix(strength), (0.1, 0.3, 0.5)),
    "TrivialAugment": Entry(lambda _, strength: TrivialAugment(strength, FILL), (0.1, 0.25, 0.5)),
    "Augerino": Entry(augerino.learned_ranges, (0.1, 0.3, 1.0)),
    "calibrated box": Entry(learned.box, (0.5, 1.0, 2.0), learned=True),
    "calibrated box (refreshed)": Entry(learned.refreshed_box, (0.5, 1.0, 2.0), learned=True),
    "paper's ITN": Entry(learned.paper_of_own_network, (0.5, 1.0, 2.0), learned=True),
    "learned (own network, refreshed)": Entry(learned.of_own_network, (0.5, 1.0, 2.0), learned=True, version=2),
    "learned (network of silhouettes)": Entry(
        lambda material, strength: learned.Scaled(material.other(), strength), (0.5, 1.0, 2.0), learned=True
    ),
    "learned (network of all digits)": Entry(
        lambda material, strength: learned.of_classifier("digit_cnn", "mnist", material.steps, strength),
        (0.5, 1.0, 2.0),
        learned=True,
    ),
    "learned with flows (network of all digits)": Entry(
        lambda material, strength: learned.of_classifier("digit_cnn", "mnist", material.steps, strength, FLOWS),
        (0.5, 1.0, 2.0),
        learned=True,
    ),
}


class Digits:
    """A task: digits, or digits turned by any angle.

    Args:
        name: in `DIGITS`.
        settings: of both tasks.
        download: lets MNIST be fetched.
    """

    table, chosen_like = TABLE, None

    def __init__(self, name: str, settings: DigitSettings, download: bool):
        self.name, self.settings, self.labels = name, settings, settings.labels
        train, test = (kinv.data.find(DIGITS[name], split, download=download) for split in ("train", "test"))
        self.source = train.description
        images, labels = train.load_labelled()
        held = min(settings.validation, len(images) // 3)
        self.pool, self.pool_labels = images[:-held], labels[:-held]
        tested, test_labels = test.evenly(settings.test).load_labelled()
        self.test_labels, self.validation_labels = test_labels, labels[-held:]
        some = evenly(len(tested), settings.robustness)
        self.changed = changed_images(tested[some], FILL)
        self.changed_labels = test_labels[some]
        self.seen = np.concatenate([images[-held:], tested, *self.changed.values()]).astype("float32")
        self.network, self._latest = compiled(10, settings), {}
        self._other: Any = None

    def identity(self) -> dict[str, Any]:
        """What a run's result depends on, besides its own settings."""
        settings = {key: value for key, value in asdict(self.settings).items() if key != "labels"}
        return {"task": self.name, "settings": settings, "images": self.source}

    def subset(self, count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
        """So many images with labels, classes in turn. Of one seed, fewer are among more."""
        at = balanced(self.pool_labels, count, seed)
        return np.asarray(self.pool[at], "float32"), self.pool_labels[at].astype("int32")

    def run(self, count: int, seed: int, entry: Entry, strength: float) -> Measured:
        """Trains once and measures."""
        material = self.material(count, seed)
        self._train(material, entry.make(material, strength))
        return self._measure()

    def material(self, count: int, seed: int) -> Material:
        """What augmentations may learn from, the same object while labels and seed are the same."""
        if (count, seed) not in self._latest:
            images, labels = self.subset(count, seed)
            material = Material(
                images, labels, seed, FILL, self.name,
                untrained=lambda: self._start(seed),
                network=lambda: self._without(material),
                trained_with=lambda augmentation: self._train(material, augmentation),
                other=self._of_other,
                steps=self.settings.family_steps,
            )  # fmt: skip
            self._latest = {(count, seed): material}
        return self._latest[count, seed]

    def _start(self, seed: int) -> Any:
        """The network with the first weights of a seed."""
        keras.utils.set_random_seed(seed)
        self.network.set_weights(small_network(10).get_weights())
        return self.network

    def _without(self, material: Material) -> Any:
        return self._train(material, Nothing())

    def _train(self, material: Material, augmentation: Augmentation) -> Any:
        assert material.images is not None and material.labels is not None
        train(self._start(material.seed), material.images, material.labels, augmentation, material.seed, self.settings)
        return self.network

    def _measure(self) -> Measured:
        said = np.argmax(self.network.predict(self.seen, batch_size=500, verbose=0), axis=-1)
        first, second = len(self.validation_labels), len(self.validation_labels) + len(self.test_labels)
        changed = said[second:].reshape(-1, len(self.changed_labels)) == self.changed_labels
        return {
            "validation": float(np.mean(said[:first] == self.validation_labels)),
            "right": packed(said[first:second] == self.test_labels),
            "images": len(self.test_labels),
            "robust": mean_by_name(self.changed, changed.mean(axis=1)),
        }

    def _of_other(self) -> Any:
        """A family learned from a network that never saw a digit: of silhouettes, and on silhouettes."""
        if self._other is None:
            images, labels = kinv.data.find(OTHER, "train").load_labelled()
            settings, labels = self.settings, labels.astype("int32")
            keras.utils.set_random_seed(0)
            network = compiled(int(labels.max()) + 1, settings, settings.other_steps)
            batches = kinv.training.shuffled_batches(images, labels, settings.batch_size, 0)
            network.fit(batches, steps_per_epoch=settings.other_steps, shuffle=False, verbose=0)
            self._other = learned.learn(network, images, labels, settings.family_steps, 0)
        return self._other


def small_network(classes: int) -> keras.Model:
    """Three convolutions of stride 2: grey images of 28 pixels in 0..255 to logits, 34,000 weights."""
    inputs = keras.Input((28, 28, 1))
    x = keras.layers.Rescaling(1 / 255)(inputs)
    for channels, size in ((16, 5), (32, 3), (64, 3)):
        x = keras.layers.Conv2D(channels, size, strides=2, padding="same")(x)
        x = keras.layers.ReLU()(x)
    x = keras.layers.Flatten()(x)
    return keras.Model(inputs, keras.layers.Dense(classes)(x), name="small_network")


def compiled(classes: int, settings: DigitSettings, steps: int | None = None) -> keras.Model:
    """The network with its optimizer, which starts anew in every `train`."""
    network = small_network(classes)
    schedule = keras.optimizers.schedules.CosineDecay(settings.learning_rate, steps or settings.steps)
    network.compile(
        keras.optimizers.Adam(schedule),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        steps_per_execution=25,
        jit_compile=False,
    )
    network.optimizer.build(network.trainable_variables)
    return network


def train(
    network: keras.Model, images: np.ndarray, labels: np.ndarray, augmentation: Augmentation, seed: int,
    settings: DigitSettings,
) -> None:  # fmt: skip
    """Trains a compiled network on augmented images, all of them drawn first, for `settings.steps` steps."""
    start_anew(network.optimizer)
    at = np.resize(np.arange(len(images)), settings.drawn)
    parts = [at[start : start + AUGMENTED_AT_A_TIME] for start in range(0, len(at), AUGMENTED_AT_A_TIME)]
    drawn = [np.asarray(augmentation.augment(images[some], 1000 * seed + number)) for number, some in enumerate(parts)]
    keras.utils.set_random_seed(seed)  # the augmentation may have drawn from the common generators
    batches = kinv.training.shuffled_batches(np.concatenate(drawn), labels[at], settings.batch_size, seed)
    network.fit(batches, steps_per_epoch=settings.steps, shuffle=False, verbose=0)


def start_anew(optimizer: Any) -> None:
    """Puts an optimizer back to its first step; its learning rate is a schedule, which is no variable."""
    for variable in optimizer.variables:
        variable.assign(np.zeros(variable.shape, keras.backend.standardize_dtype(variable.dtype)))


def balanced(labels: np.ndarray, count: int, seed: int) -> np.ndarray:
    """Indices of `count` images, classes in turn."""
    random = np.random.default_rng(seed)
    orders = [random.permutation(np.flatnonzero(labels == one)) for one in np.unique(labels)]
    in_turn = [order[place] for place in range(max(map(len, orders))) for order in orders if place < len(order)]
    return np.array(in_turn[:count])
