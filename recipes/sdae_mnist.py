"""A stack of denoising autoencoders on MNIST, then fine-tuning (Vincent et al. 2008).

    python -m recipes.sdae_mnist                   # default
    python -m recipes.sdae_mnist --preset paper    # on deformed digits, as the paper's
    python -m recipes.sdae_mnist --preset smoke    # seconds: does it run?

The network of Erhan, Courville and Bengio 2010, section 4.4: sigmoid layers with tied weights that undo zero masking.
Its test error after fine-tuning stands beside the 1.30 % of the LISA deep learning tutorials. The artifact holds the
stack before fine-tuning. Stopped and started again, it goes on where it was.
"""

from dataclasses import dataclass

from recipes.command_line import main
from recipes.deep_config import DeepConfig
from recipes.material import load_digits

CARD = "sdae"


@dataclass(frozen=True)
class Config(DeepConfig):
    """The tutorials' sizes; rates by trial: with less corruption, filters of the first layer are noise; at a learning
    rate of 0.05, a third of the first layer's units and three quarters of the second's are never turned on."""

    rates: tuple[float, ...] = (0.4, 0.25, 0.25)  # of corruption
    learning_rate: float = 0.02
    momentum: float = 0.9
    upper_rate: float | None = 0.01


PRESETS = {
    "default": Config(),
    "smoke": Config(limit=200, units=(30, 20), rates=(0.1, 0.2), epochs=1, batch_size=20, tune_epochs=2),
    "paper": Config(deformed=True, epochs=15, tune_epochs=40),
}


def run(config: Config, keep_classifier: bool = False) -> dict[str, float]:
    """Trains, fine-tunes, measures and keeps the layers, or the classifier; returns the metrics."""
    import kinv.backend  # noqa: F401  (starts TensorFlow quietly, before anything else imports it)

    # isort: split
    from kinv import models
    from recipes.deep_training import finish, seeded

    started = seeded(config)
    train, test = load_digits(config)
    stack = models.StackedDenoisingAutoencoder(
        (train.images[0].size, *config.units), rates=config.rates, seed=config.seed
    )
    return finish(stack, train, test, config, "sdae", started, lambda stack: {}, keep_classifier)


if __name__ == "__main__":
    main(run, PRESETS, __doc__)
