"""A deep belief net on MNIST: three restricted Boltzmann machines, then fine-tuning (Hinton, Osindero and Teh 2006).

    python -m recipes.dbn_mnist                   # default
    python -m recipes.dbn_mnist --preset paper    # as large as the LISA tutorials'
    python -m recipes.dbn_mnist --preset smoke    # seconds: does it run?

The network of Erhan, Courville and Bengio 2010, section 4.4: three layers, contrastive divergence with one step. Its
test error after fine-tuning stands beside the 1.34 % of the LISA deep learning tutorials. The artifact holds the net
before fine-tuning, which can be sampled from. Stopped and started again, it goes on where it was.
"""

from dataclasses import dataclass

from recipes.command_line import main
from recipes.deep_config import DeepConfig
from recipes.material import digits_suffix, load_digits, sources

LISA = 0.0134  # test error


@dataclass(frozen=True)
class Config(DeepConfig):
    """The tutorials' sizes; rates and batches for fewer, larger steps."""

    steps: int = 1  # of contrastive divergence
    weight_decay: float = 2e-4
    sample_steps: int = 1000  # of Gibbs sampling for the figure


PRESETS = {
    "default": Config(),
    "smoke": Config(limit=200, units=(30, 20), epochs=1, batch_size=20, tune_epochs=2, sample_steps=5),
    "paper": Config(epochs=50, batch_size=20, learning_rate=0.02, tune_epochs=100),
}


def run(config: Config) -> dict[str, float]:
    """Trains, fine-tunes, measures and keeps; returns the metrics."""
    import kinv.backend  # noqa: F401  (starts TensorFlow quietly, before anything else imports it)

    # isort: split
    import numpy as np

    from kinv import data, models
    from kinv.figures import deep_units
    from recipes.deep_training import fine_tune, keep, learn_greedily, seeded, stack_figures

    started = seeded(config)
    train, test = load_digits(config)
    name = "dbn_mnist" + digits_suffix(config, train)
    units = (train.images[0].size, *config.units)
    net = models.DeepBeliefNetwork(units, steps=config.steps, weight_decay=config.weight_decay, seed=config.seed)
    net.blocks[0].adapt(data.as_vectors(train.images))
    checkpoint = learn_greedily(net, train, config, name)
    _, metrics, tuning = fine_tune(net, train, test, config, name)
    _, means = net.sample(36, config.sample_steps, config.seed)
    figures = {
        **stack_figures(net, test, (28, 28)),
        "samples.png": deep_units.sheets({"samples, as means": 255 * np.asarray(means).reshape(-1, 28, 28)}),
    }
    origin = sources(train, test)
    keep(
        net,
        name,
        "recipes.dbn_mnist",
        "dbn.md",
        config,
        metrics,
        origin,
        figures,
        started,
        half=True,
        saved_model=False,
    )
    checkpoint.forget()
    tuning.forget()
    print(f"Test error after fine-tuning: {metrics['test_error']:.2%} (LISA tutorials: {LISA:.2%})")
    return metrics


if __name__ == "__main__":
    main(run, PRESETS, __doc__)
