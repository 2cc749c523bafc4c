"""Filter GAN on MNIST: the filters of a layer of the digit classifier as a latent space (sections 3 and 5.2).

    python -m recipes.filter_gan_mnist                   # default: layer conv4, 10 minutes and 1.5 GB on a core
    python -m recipes.filter_gan_mnist --layer conv2
    python -m recipes.filter_gan_mnist --preset paper    # filters from nothing, as alike as they like
    python -m recipes.filter_gan_mnist --preset smoke    # seconds: does it run?

Trains the GAN, measures its filters as the paper does in section 5.2, with controls that it does not have, and keeps
them as an artifact. Stopped and started again, it goes on where it was.
"""

import kinv
from recipes.experiment.command_line import main
from recipes.experiment.experiment import Experiment, presets, recipe
from recipes.experiment.material import load_digits
from recipes.experiment.naming import data_words
from recipes.families.filter_gan import FilterGANConfig as Config

PAPER = {"network": "97.1%", "averaged": "98.2%"}  # section 5.2
PRESETS = presets(
    default=Config(),
    smoke=Config(
        epochs=2, steps_per_epoch=2, batch_size=8, limit=64, singles=2, retrain_epochs=1, matched=2, matching_steps=3
    ),
    paper=Config(
        steps_per_epoch=500, learning_rate=3e-4, information_weight=0.3, noise=1.0, min_diversity=0.0, centered=False
    ),
)


@recipe(PRESETS, card="filter_gan")
def run(config: Config, experiment: Experiment) -> dict[str, float]:
    """Trains, measures and keeps; returns the metrics."""
    from recipes.families.filter_gan import train_and_keep

    train, test = load_digits(config.data, config.download, config.limit)
    experiment.about("filter_gan", data_words(train.source, len(train.labels), config.limit), config.layer)
    classifier = kinv.classifiers.load("digit_cnn")
    return train_and_keep(classifier, train, test, experiment, "the true digit", PAPER)


if __name__ == "__main__":
    main(run, __doc__)
