"""A deep belief net on MNIST: three restricted Boltzmann machines, then fine-tuning (Hinton, Osindero and Teh 2006).

    python -m recipes.dbn_mnist                        # default: 13 minutes on two cores
    python -m recipes.dbn_mnist --data silhouettes     # Caltech-101's (Marlin et al. 2010), else animals
    python -m recipes.dbn_mnist --preset paper         # on deformed digits, as the paper's
    python -m recipes.dbn_mnist --preset smoke         # seconds: does it run?

The network of Erhan, Courville and Bengio 2010, section 4.4: three layers, contrastive divergence with one step. Its
test error after fine-tuning stands beside the 1.34 % of the LISA deep learning tutorials. The artifact holds the net
before fine-tuning, which can be sampled from. Stopped and started again, it goes on where it was.
"""

from dataclasses import dataclass
from typing import Literal

import kinv
from recipes.experiment.command_line import main
from recipes.experiment.experiment import Experiment, of_data, presets, recipe
from recipes.experiment.material import load_digits
from recipes.families.layerwise import SILHOUETTES, SOURCES, DeepConfig, train_and_keep


@dataclass(frozen=True)
class Config(DeepConfig):
    """The tutorials' sizes; chains go on, as samples of the net need them to, and fewer, larger steps."""

    data: Literal["mnist", "rotated", "silhouettes"] = "mnist"
    learning_rate: float = 0.05
    steps: int = 1  # of Gibbs sampling between two updates
    persistent: bool = True  # whether its chains go on
    chains: int = 100
    weight_decay: float = 2e-4
    sample_steps: int = 1000  # of Gibbs sampling for the figure


PRESETS = presets(
    default=Config(),
    smoke=Config(limit=200, units=(30, 20), epochs=1, batch_size=20, tune_epochs=2, sample_steps=5),
    paper=Config(deformed=True, epochs=15, tune_epochs=40),
)
DATA = {"silhouettes": of_data(PRESETS, **SILHOUETTES)}


@recipe(PRESETS, card="layerwise", data=DATA)
def run(config: Config, experiment: Experiment) -> dict[str, float]:
    """Trains, fine-tunes, measures and keeps; returns the metrics."""
    train, test = load_digits(SOURCES.get(config.data, config.data), config.download, config.limit)
    net = kinv.models.DeepBeliefNetwork(
        (train.images[0].size, *config.units),
        steps=config.steps,
        persistent=config.persistent,
        chains=config.chains,
        weight_decay=config.weight_decay,
        seed=config.seed,
    )
    net.blocks[0].adapt(kinv.data.as_vectors(train.images))
    return train_and_keep(net, train, test, experiment, "dbn", samples=config.sample_steps)


if __name__ == "__main__":
    main(run, __doc__)
