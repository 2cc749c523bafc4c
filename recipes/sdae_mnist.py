"""A stack of denoising autoencoders on MNIST, then fine-tuning (Vincent et al. 2008).

    python -m recipes.sdae_mnist                       # default: 16 minutes on two cores
    python -m recipes.sdae_mnist --data silhouettes    # Caltech-101's (Marlin et al. 2010), else animals
    python -m recipes.sdae_mnist --data rotated        # the classifier of Erhan et al., section 5.2
    python -m recipes.sdae_mnist --preset paper        # on deformed digits, as the paper's
    python -m recipes.sdae_mnist --preset smoke        # seconds: does it run?

The network of Erhan, Courville and Bengio 2010, section 4.4: sigmoid layers with tied weights that undo zero masking.
Its test error after fine-tuning stands beside the 1.30 % of the LISA deep learning tutorials. The artifact holds the
stack before fine-tuning; on rotated digits, the classifier. Stopped and started again, it goes on where it was.
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
    """The tutorials' sizes; rates by trial: with less corruption, filters of the first layer are noise; at a learning
    rate of 0.05, a third of the first layer's units and three quarters of the second's are never turned on."""

    data: Literal["mnist", "rotated", "silhouettes"] = "mnist"
    rates: tuple[float, ...] = (0.4, 0.25, 0.25)  # of corruption
    learning_rate: float = 0.02
    momentum: float = 0.9
    upper_rate: float | None = 0.01


PRESETS = presets(
    default=Config(),
    smoke=Config(limit=200, units=(30, 20), rates=(0.1, 0.2), epochs=1, batch_size=20, tune_epochs=2),
    paper=Config(deformed=True, epochs=15, tune_epochs=40),
)
ROTATED = {
    "deformed": False, "epochs": 30, "batch_size": 50, "tune_epochs": 60, "tune_batch_size": 50, "tune_rate": 0.05,
}  # fmt: skip
DATA = {
    "silhouettes": of_data(PRESETS, **SILHOUETTES, learning_rate=0.05, upper_rate=None),
    "rotated": of_data(PRESETS, data="rotated", **ROTATED),
}


@recipe(PRESETS, card="layerwise", data=DATA)
def run(config: Config, experiment: Experiment) -> dict[str, float]:
    """Trains, fine-tunes, measures and keeps the layers, or the classifier; returns the metrics."""
    train, test = load_digits(SOURCES.get(config.data, config.data), config.download, config.limit)
    stack = kinv.models.StackedDenoisingAutoencoder(
        (train.images[0].size, *config.units), rates=config.rates, seed=config.seed
    )
    holds = "classifier" if config.data == "rotated" else "stack"
    return train_and_keep(stack, train, test, experiment, "sdae", holds)


if __name__ == "__main__":
    main(run, __doc__)
