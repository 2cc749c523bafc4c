"""A deep belief net on MNIST: three restricted Boltzmann machines, then fine-tuning (Hinton, Osindero and Teh 2006).

    python -m recipes.dbn_mnist                   # default
    python -m recipes.dbn_mnist --preset paper    # on deformed digits, as the paper's
    python -m recipes.dbn_mnist --preset smoke    # seconds: does it run?

The network of Erhan, Courville and Bengio 2010, section 4.4: three layers, contrastive divergence with one step. Its
test error after fine-tuning stands beside the 1.34 % of the LISA deep learning tutorials. The artifact holds the net
before fine-tuning, which can be sampled from. Stopped and started again, it goes on where it was.
"""

from dataclasses import dataclass

from recipes.command_line import main
from recipes.deep_config import DeepConfig
from recipes.material import load_digits

CARD = "dbn"


@dataclass(frozen=True)
class Config(DeepConfig):
    """The tutorials' sizes; chains go on, as samples of the net need them to, and fewer, larger steps."""

    learning_rate: float = 0.05
    steps: int = 1  # of Gibbs sampling between two updates
    persistent: bool = True  # whether its chains go on
    chains: int = 100
    weight_decay: float = 2e-4
    sample_steps: int = 1000  # of Gibbs sampling for the figure


PRESETS = {
    "default": Config(),
    "smoke": Config(limit=200, units=(30, 20), epochs=1, batch_size=20, tune_epochs=2, sample_steps=5),
    "paper": Config(deformed=True, epochs=15, tune_epochs=40),
}


def run(config: Config) -> dict[str, float]:
    """Trains, fine-tunes, measures and keeps; returns the metrics."""
    import kinv.backend  # noqa: F401  (starts TensorFlow quietly, before anything else imports it)

    # isort: split
    import numpy as np

    from kinv import data, models
    from kinv.models.layerwise import figures as deep_units
    from recipes.deep_training import finish, seeded

    started = seeded(config)
    train, test = load_digits(config)
    shape = train.images.shape[1:3]
    net = models.DeepBeliefNetwork(
        (train.images[0].size, *config.units),
        steps=config.steps,
        persistent=config.persistent,
        chains=config.chains,
        weight_decay=config.weight_decay,
        seed=config.seed,
    )
    net.blocks[0].adapt(data.as_vectors(train.images))

    def draw(net):
        _, means = net.sample(36, config.sample_steps, config.seed)
        sheet = {"samples, as means": 255 * np.asarray(means).reshape(-1, *shape)}
        return {"samples.png": deep_units.sheets(sheet)}

    return finish(net, train, test, config, "dbn", started, draw)


if __name__ == "__main__":
    main(run, PRESETS, __doc__)
