"""Filter GAN on photographs, which the paper leaves to future work: the filters of a convolution of SqueezeNet.

    python -m recipes.filter_gan_photos                  # default: layer fire5_expand3x3, 12 minutes on one core
    python -m recipes.filter_gan_photos --layer fire9_expand3x3
    python -m recipes.filter_gan_photos --layer fire3_expand3x3 --classifier my_network.keras --data my/photos
    python -m recipes.filter_gan_photos --preset smoke   # seconds: does it run?

The same as `recipes.filter_gan_mnist`, for any classifier of photographs. The right answer is the network's own:
accuracies are shares of held-out photographs for which, with generated filters, it says what it says with its own. With
a movement, a second network says whether counterparts of photographs are the same to it as these.
"""

from dataclasses import dataclass
from typing import Any

import kinv
from recipes.experiment.command_line import main
from recipes.experiment.experiment import Experiment, presets, recipe
from recipes.experiment.material import CROP_MARGIN, Labelled, TenCrops, find_halves, load_classifier
from recipes.experiment.naming import data_words
from recipes.families.filter_gan import FilterGANConfig


@dataclass(frozen=True)
class Config(FilterGANConfig):
    """As `recipes.filter_gan_mnist`, with fewer and larger images."""

    classifier: str = "squeezenet"
    layer: str = "fire5_expand3x3"
    data: str = "auto"  # imagenet_samples, else tfds:imagenet_v2, else photos

    judge: str = "efficientnet_lite0"  # with a movement, what counterparts are to it

    epochs: int = 24
    steps_per_epoch: int = 100
    batch_size: int = 32
    learning_rate: float = 1e-3
    movement: float | None = None  # with one, a step of 16 photographs takes 7 s of a core: not trained to the end yet
    adversarial_weight: float = 1.0
    information_weight: float = 2.0  # lambda
    hidden_units: tuple[int, ...] = (32,)
    noise: float = 1.0
    min_diversity: float = 0.4
    centered: bool = True  # from nothing, single sets agree on 7 % after 800 steps
    singles: int = 20
    singles_on: int = 250
    retrain_epochs: int = 1
    retrain_rate: float = 1e-5  # with 5e-4, a network of a million weights forgets half of what it says
    smoothing: float = 0.0
    extent: float = 6.0  # xi
    matched: int = 2
    matching_steps: int = 80


PRESETS = presets(
    default=Config(),
    smoke=Config(
        layer="fire2_expand3x3", judge="", epochs=2, steps_per_epoch=2, batch_size=4, limit=4, singles=2, sets=2,
        width=4, matched=1, matching_steps=2,
    ),
    paper=Config(),
)  # fmt: skip


@recipe(PRESETS, card="filter_gan")
def run(config: Config, experiment: Experiment) -> dict[str, float]:
    """Trains, measures and keeps; returns the metrics."""
    from recipes.families.filter_gan import train_and_keep

    classifier = load_classifier(config.classifier, "squeezenet", config.download)
    size = classifier.input_shape[1]
    to_train, to_test = find_halves(config.data, config.download)
    experiment.about("filter_gan", classifier.name, config.layer, data_words(to_train))
    crops = TenCrops(to_train.load(round(CROP_MARGIN * size), config.limit, dtype="uint8")[0], size)
    images = to_test.load(size, config.limit)[0]
    train, test = (
        Labelled(some, kinv.analysis.predict(classifier, some)[0], source)
        for some, source in ((crops, to_train), (images, to_test))
    )
    right = "what the network says with its own filters"
    judge = None if config.movement is None else load_judge(config, size)
    return train_and_keep(classifier, train, test, experiment, right, {}, judge)


def load_judge(config: Config, size: int) -> Any:
    """The second network, for images of this side; None, with a line, where its weights are not on this machine."""
    import keras

    if not config.judge:
        return None
    try:
        judge = kinv.classifiers.load(config.judge, download=config.download)
    except FileNotFoundError as error:
        print(f"{error} No second network judges counterparts.", flush=True)
        return None
    own = judge.input_shape[1:3]
    return keras.Sequential([keras.Input((size, size, 3)), keras.layers.Resizing(*own), judge], name=judge.name)


if __name__ == "__main__":
    main(run, __doc__)
