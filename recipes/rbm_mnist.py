"""A restricted Boltzmann machine on MNIST: how probable does it find digits that it has not seen?

    python -m recipes.rbm_mnist                   # default
    python -m recipes.rbm_mnist --preset smoke    # seconds: does it run?

500 hidden units, persistent contrastive divergence (Tieleman 2008) on digits whose pixels are drawn from their grey
values. The log-likelihood of test digits comes from annealed importance sampling (Salakhutdinov and Murray 2008, who
reach about -86 nats with CD-25); the pseudo-likelihood stands beside the -62.8 nats of the LISA deep learning
tutorials. Stopped and started again, it goes on where it was.
"""

from dataclasses import dataclass

import numpy as np

import kinv
from recipes.experiment.command_line import main
from recipes.experiment.experiment import Config as BaseConfig
from recipes.experiment.experiment import Experiment, presets, recipe
from recipes.experiment.material import load_digits, sources
from recipes.experiment.naming import data_words

COLUMNS = {"reconstruction_error": "error", "free_energy": "free energy", "free_energy_gap": "gap"}
GAP = 1000  # images that the gap of free energies is measured with
LISA, PUBLISHED = -62.8, -86.0  # nats: pseudo-likelihood, log-likelihood


@dataclass(frozen=True)
class Config(BaseConfig):
    """Settings by trial, unless a source is named."""

    data: str = "mnist"
    hidden_units: int = 500  # as in the tutorials and in Salakhutdinov and Murray
    epochs: int = 40
    batch_size: int = 100
    learning_rate: float = 0.05  # SGD, with a cosine to zero
    steps: int = 5  # of Gibbs sampling between two updates
    chains: int = 100
    annealing: int = 10_000  # temperatures
    annealed: int = 100  # chains
    sample_steps: int = 1000  # of Gibbs sampling for the figure


PRESETS = presets(
    default=Config(),
    smoke=Config(limit=200, hidden_units=20, epochs=2, batch_size=20, annealing=50, annealed=10, sample_steps=5),
    paper=Config(epochs=200, steps=25),
)


@recipe(PRESETS, card="rbm")
def run(config: Config, experiment: Experiment) -> dict[str, float]:
    """Trains, measures and keeps; returns the metrics."""
    import keras

    from kinv.training import steps_at_a_time

    train, test = load_digits(config.data, config.download, config.limit)
    experiment.about("rbm", data_words(train.source, len(train.labels), config.limit))
    vectors, held_out = (kinv.data.as_vectors(part.images) for part in (train, test))
    machine = kinv.models.RestrictedBoltzmannMachine(
        vectors.shape[1],
        config.hidden_units,
        steps=config.steps,
        persistent=True,
        chains=config.chains,
        binarize=True,
        seed=config.seed,
    )
    machine.adapt(vectors)
    base = keras.ops.convert_to_numpy(machine.visible_bias).copy()
    steps = max(1, len(vectors) // config.batch_size)
    schedule = keras.optimizers.schedules.CosineDecay(config.learning_rate, config.epochs * steps)
    machine.compile(keras.optimizers.SGD(schedule), steps_per_execution=steps_at_a_time(steps))
    gap = kinv.models.FreeEnergyGap(vectors[:GAP], held_out[:GAP])
    run = {"images": train.source.description}
    experiment.fit(machine, vectors, train.labels, COLUMNS, steps_per_epoch=steps, first=[gap], run=run)

    metrics = measure(machine, base, held_out, config)
    figures = draw(machine, train.images.shape[1:3], experiment.name, config.sample_steps, config.seed)
    experiment.keep_artifact(machine, metrics, figures, known={"data": sources(train.source, test=test.source)})
    low = metrics["log_likelihood"] + metrics["log_partition"] - metrics["log_partition_high"]
    print(
        f"Log-likelihood of test digits: {metrics['log_likelihood']:.1f} nats (three standard errors of Z lower: "
        f"{low:.1f}; published, with CD-25: about {PUBLISHED:.0f})\n"
        f"Pseudo-likelihood: {metrics['pseudo_likelihood']:.1f} nats (LISA: {LISA})"
    )
    return metrics


def measure(machine, base, held_out, config: Config) -> dict[str, float]:
    """How probable held-out vectors `(N, V)` are; `base` are the visible biases that annealing starts from."""
    import tensorflow as tf

    print("Annealing ...", flush=True)
    partition = kinv.analysis.estimate_log_partition(
        machine,
        base=base,
        chains=config.annealed,
        temperatures=config.annealing,
        seed=config.seed,
        progress=True,
    )
    drawn = (np.random.default_rng(config.seed).random(held_out.shape) < held_out).astype("float32")
    tested = machine.evaluate(tf.data.Dataset.from_tensor_slices(held_out).batch(500), verbose=0, return_dict=True)
    return {
        "log_likelihood": float(kinv.analysis.log_likelihood(machine, drawn, partition.value).mean()),
        "log_partition": partition.value,
        "log_partition_low": max(partition.low, -1e9),
        "log_partition_high": partition.high,
        "pseudo_likelihood": tested["pseudo_likelihood"],
        "reconstruction_error": tested["reconstruction_error"],
    }


def draw(machine, shape, name: str, steps: int, seed: int) -> dict:
    """Filters and samples; `shape` is an image's height and width."""
    import keras

    from kinv.models.layerwise import figures as deep_units

    _, means = machine.sample(36, steps, seed)
    kernel = keras.ops.convert_to_numpy(machine.kernel)
    return {
        "filters.png": deep_units.filters(kernel, shape, title=f"{name}: weights of 100 hidden units"),
        "samples.png": deep_units.sheets({f"{name}: samples, as means": 255 * np.asarray(means).reshape(-1, *shape)}),
    }


if __name__ == "__main__":
    main(run, __doc__)
