"""A restricted Boltzmann machine on MNIST: how probable does it find digits that it has not seen?

    python -m recipes.rbm_mnist                   # default
    python -m recipes.rbm_mnist --preset smoke    # seconds: does it run?

500 hidden units, persistent contrastive divergence (Tieleman 2008) on digits whose pixels are drawn from their grey
values. The log-likelihood of test digits comes from annealed importance sampling (Salakhutdinov and Murray 2008, who
reach about -86 nats with CD-25); the pseudo-likelihood stands beside the -62.8 nats of the LISA deep learning
tutorials. Stopped and started again, it goes on where it was.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from recipes.command_line import main
from recipes.material import digits_suffix, load_digits, sources

COLUMNS = {"reconstruction_error": "error", "free_energy": "free energy", "free_energy_gap": "gap"}
GAP = 1000  # pictures that the gap of free energies is measured with
CARD = "rbm"
LISA, PUBLISHED = -62.8, -86.0  # nats: pseudo-likelihood, log-likelihood


@dataclass(frozen=True)
class Config:
    """Settings by trial, unless a source is named."""

    preset: Literal["smoke", "default", "paper"] = "default"
    data: str = "mnist"
    download: bool = False  # lets MNIST be fetched
    limit: int | None = None  # digits to train with, and to test with
    output: Path = Path("artifacts")  # the artifact's folder is made in here
    checkpoints: Path = Path("runs")
    seed: int = 0

    hidden_units: int = 500  # as in the tutorials and in Salakhutdinov and Murray
    epochs: int = 40
    batch_size: int = 100
    learning_rate: float = 0.05  # SGD, with a cosine to zero
    steps: int = 5  # of Gibbs sampling between two updates
    chains: int = 100
    annealing: int = 10_000  # temperatures
    annealed: int = 100  # chains
    sample_steps: int = 1000  # of Gibbs sampling for the figure


PRESETS = {
    "default": Config(),
    "smoke": Config(limit=200, hidden_units=20, epochs=2, batch_size=20, annealing=50, annealed=10, sample_steps=5),
    "paper": Config(epochs=200, steps=25),
}


def run(config: Config) -> dict[str, float]:
    """Trains, measures and keeps; returns the metrics."""
    import kinv.backend

    # isort: split
    import time

    import keras
    import numpy as np
    import tensorflow as tf

    import kinv
    from kinv import analysis, data, models
    from kinv.models.layerwise import figures as deep_units
    from kinv.training.checkpoint import Checkpoint
    from recipes import cards
    from recipes.deep_training import seeded
    from recipes.provenance import as_json, hardware
    from recipes.training import cosine, fit, steps_at_a_time

    started = seeded(config)
    train, test = load_digits(config)
    name = f"rbm_{train.source.name}{digits_suffix(config, train)}"
    vectors, held_out = (data.as_vectors(part.images) for part in (train, test))
    machine = models.RestrictedBoltzmannMachine(
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
    machine.compile(
        keras.optimizers.SGD(cosine(config, steps_per_epoch=steps)), steps_per_execution=steps_at_a_time(steps)
    )
    run = {**as_json(config), "pictures": train.source.description}
    checkpoint = Checkpoint(config.checkpoints / name, run=run)
    gap = models.FreeEnergyGap(vectors[:GAP], held_out[:GAP])
    fit(machine, vectors, train.labels, config, checkpoint, COLUMNS, steps_per_epoch=steps, first=[gap])

    print("Annealing ...", flush=True)
    partition = analysis.estimate_log_partition(
        machine, base=base, chains=config.annealed, temperatures=config.annealing, seed=config.seed
    )
    drawn = (np.random.default_rng(config.seed).random(held_out.shape) < held_out).astype("float32")
    tested = machine.evaluate(tf.data.Dataset.from_tensor_slices(held_out).batch(500), verbose=0, return_dict=True)
    metrics = {
        "log_likelihood": float(analysis.log_likelihood(machine, drawn, partition.value).mean()),
        "log_partition": partition.value,
        "log_partition_low": max(partition.low, -1e9),
        "log_partition_high": partition.high,
        "pseudo_likelihood": tested["pseudo_likelihood"],
        "reconstruction_error": tested["reconstruction_error"],
    }
    metadata: dict[str, Any] = {
        "name": name,
        "recipe": "recipes.rbm_mnist",
        "config": as_json(config),
        "seed": config.seed,
        "metrics": metrics,
        "data": sources(train, test),
        "minutes": round((time.monotonic() - started) / 60, 1),
        "hardware": hardware(),
    }
    _, means = machine.sample(36, config.sample_steps, config.seed)
    shape = train.images.shape[1:3]
    kernel = keras.ops.convert_to_numpy(machine.kernel)
    figures = {
        "filters.png": deep_units.filters(kernel, shape, title="weights of hidden units"),
        "samples.png": deep_units.sheets({"samples, as means": 255 * np.asarray(means).reshape(-1, *shape)}),
    }
    writers = {file_name: figure.savefig for file_name, figure in figures.items()}
    folder = kinv.save(machine, config.output / name, metadata, writers, cards.template("recipes.rbm_mnist"))
    checkpoint.forget()
    low = metrics["log_likelihood"] + partition.value - partition.high
    print(
        f"\nLog-likelihood of test digits: {metrics['log_likelihood']:.1f} nats (three standard errors of Z lower: "
        f"{low:.1f}; published, with CD-25: about {PUBLISHED:.0f})\n"
        f"Pseudo-likelihood: {metrics['pseudo_likelihood']:.1f} nats (LISA: {LISA})"
    )
    print(f"Artifact: {folder}\nPictures: {folder / 'figures'}")
    return metrics


if __name__ == "__main__":
    main(run, PRESETS, __doc__)
