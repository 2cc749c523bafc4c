"""Filter GAN on MNIST: the filters of a layer of the digit classifier as a latent space (sections 3 and 5.2).

    python -m recipes.filter_gan_mnist                   # default: layer conv4, 20 minutes and 1.5 GB on a core
    python -m recipes.filter_gan_mnist --layer conv2     # an hour
    python -m recipes.filter_gan_mnist --preset paper    # Algorithm 1 and section 4 to the letter
    python -m recipes.filter_gan_mnist --preset smoke    # seconds: does it run?

Trains the GAN, measures its filters as the paper does in section 5.2, with controls that it does not have, and keeps
them as an artifact. Stopped and started again, it goes on where it was.
"""

from typing import Any

import kinv
from recipes.experiment.command_line import main
from recipes.experiment.experiment import Experiment, presets, recipe
from recipes.experiment.material import Labelled, load_digits
from recipes.experiment.naming import data_words
from recipes.families.filter_gan import FilterGANConfig as Config

JUDGE_EPOCHS = 3
PAPER = {"network": "97.1%", "averaged": "98.2%"}  # section 5.2
PRESETS = presets(
    default=Config(),
    smoke=Config(
        epochs=2,
        steps_per_epoch=2,
        batch_size=8,
        limit=64,
        singles=2,
        sets=2,
        retrain_epochs=1,
        matched=2,
        matching_steps=3,
    ),
    paper=Config(
        movement=None, adversarial_weight=1.0, information_weight=0.3, noise=0.0, saturating=True, hidden_units=(32,),
        epochs=20, steps_per_epoch=500, learning_rate=3e-4, compare_at=None, smoothing=0.0, extent=1.0,
    ),
)  # fmt: skip


@recipe(PRESETS, card="filter_gan")
def run(config: Config, experiment: Experiment) -> dict[str, float]:
    """Trains, measures and keeps; returns the metrics."""
    from recipes.families.filter_gan import train_and_keep

    train, test = load_digits(config.data, config.download, config.limit)
    experiment.about("filter_gan", data_words(train.source, len(train.labels), config.limit), config.layer)
    classifier = kinv.classifiers.load("digit_cnn")
    judge = second_network(train, config)
    return train_and_keep(classifier, train, test, experiment, "the true digit", PAPER, judge)


def second_network(train: Labelled, config: Config) -> Any:
    """Another network that learns the digits, to say what counterparts of images are: two wide convolutions."""
    import keras
    from keras import layers

    keras.utils.set_random_seed(config.seed + 5)
    judge = keras.Sequential(
        [
            layers.Input(train.images.shape[1:]),
            layers.Rescaling(1 / 255),
            layers.Conv2D(24, 5, activation="relu", padding="same"),
            layers.MaxPooling2D(2),
            layers.Conv2D(48, 5, activation="relu", padding="same"),
            layers.MaxPooling2D(2),
            layers.Flatten(),
            layers.Dense(96, "relu"),
            layers.Dense(10),
        ],
        name="second_digit_network",
    )
    judge.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    print("A second network learns the digits ...", flush=True)
    judge.fit(train.images, train.labels, batch_size=config.batch_size, epochs=JUDGE_EPOCHS, verbose=0)
    return judge


if __name__ == "__main__":
    main(run, __doc__)
