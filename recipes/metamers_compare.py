"""Which images can a network not tell apart, and can another network? (Feather et al. 2019, 2023).

    python -m recipes.metamers_compare                  # default: two to three hours and 5 GB on two cores
    python -m recipes.metamers_compare --seeds 0        # a third of it
    python -m recipes.metamers_compare --preset smoke   # a minute: does it run?

For photographs that both networks get right, each network's metamers at several depths: how alike they are at the layer
and in pixels, how often the network and the other one, the judge, keep their class. Beside it the simplest control:
Gaussian noise, added to the layer's outputs, of the error that the metamers have there.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

import kinv
from kinv.intervals import wilson_interval
from recipes.experiment.command_line import main
from recipes.experiment.experiment import Config as BaseConfig
from recipes.experiment.experiment import Experiment, presets, recipe
from recipes.experiment.material import evenly, find_images, load_classifier
from recipes.experiment.naming import data_words

OTHERS = 50  # photographs with the spectrum and the median colour that the search starts from
AT_A_TIME = 10  # photographs of which the control is measured at once
SHARES = {"kept": "own class", "noise_kept": "noise", "judge_kept": "judge"}


@dataclass(frozen=True)
class Config(BaseConfig):
    """What is compared. The search has `kinv.metamers`' own settings, which were chosen on other photographs."""

    networks: tuple[str, str] = ("squeezenet", "efficientnet_lite0")
    count: int = 50  # photographs, evenly from those that both networks get right
    depths: int = 5  # layers of each network
    seeds: tuple[int, ...] = (0, 1, 2)
    draws: int = 3  # of the noise
    steps: int = 150
    restarts: int = 3
    output: Path = Path("runs")


PRESETS = presets(
    default=Config(),
    smoke=Config(limit=24, count=3, depths=2, seeds=(0,), steps=20, restarts=0),
    paper=Config(count=400),
)


@recipe(PRESETS)
def run(config: Config, experiment: Experiment) -> dict[str, Any]:
    """Searches, measures, draws, prints; returns numbers by network and layer."""
    import pandas as pd

    networks = [load_classifier(name, name, config.download) for name in config.networks]
    source = find_images(config.data, config.download, config.limit)
    chosen, known = right_by_both(networks, source, config.count)
    print(f"{known} photographs are right by both networks, {len(chosen)} of them are taken.", flush=True)
    experiment.about("metamers", data_words(source))
    (experiment.folder / "figures").mkdir(parents=True, exist_ok=True)
    tables = []
    for network, judge in (networks, networks[::-1]):
        images = fitted(source, network)
        for seed in config.seeds:
            print(f"{network.name}, seed {seed} ...", flush=True)
            rows = experiment.kept_run(part="metamers", network=network.name, seed=seed).once(
                lambda network=network, judge=judge, images=images, seed=seed: measured(
                    network, judge, images[chosen], images[evenly(len(images), OTHERS)], seed, config, experiment.folder
                )
            )
            tables.append(pd.DataFrame(rows).assign(network=network.name, seed=seed))
    table = pd.concat(tables, ignore_index=True)
    rows = summarised(table)
    folder = experiment.keep_results({"photographs": len(chosen), "layers": rows}, {"figures/kept.png": drawn(rows)})
    table.to_csv(folder / "metamers.csv", index=False)
    print_rows(rows, len(chosen))
    return {"photographs": len(chosen), "layers": rows}


def fitted(source: Any, network: Any) -> np.ndarray:
    """All images in the network's shape, float32 in 0..255."""
    return source.fitted(network.input_shape[1:]).load()[0].astype("float32")


def right_by_both(networks: list[Any], source: Any, count: int) -> tuple[np.ndarray, int]:
    """Numbers of at most `count` images, evenly from those of which both say the label, and how many these are.

    Without labels, from those of which both say the same.
    """
    from kinv.classifiers.predict import predict_classes

    said = np.stack([predict_classes(network, fitted(source, network)) for network in networks])
    right = (said == said[0]).all(axis=0)
    if source.labels is not None:
        right &= said[0] == source.labels
    known = np.flatnonzero(right)
    if not known.size:
        raise ValueError(f"no image of {source.description} is right by both networks: choose other images.")
    return known[np.linspace(0, known.size - 1, min(count, known.size)).round().astype(int)], known.size


def measured(
    network: Any, judge: Any, images: np.ndarray, others: np.ndarray, seed: int, config: Config, folder: Path
) -> list[dict[str, Any]]:
    """A row for every layer and image; draws the ladder of the first images."""
    from kinv.figures import metamers as figures
    from kinv.surgery.stages import stages

    found = kinv.metamers(
        network, stages(network, config.depths), images, judge=judge, others=others, seed=seed, steps=config.steps,
        restarts=config.restarts, progress=True,
    )  # fmt: skip
    title = f"Metamers of {network.name}, seed {seed}: layer by layer"
    figures.ladder(found, title=title).savefig(folder / "figures" / f"ladder_{network.name}_seed{seed}.png")
    table = found.to_frame()
    table["noise_kept"] = np.concatenate([
        noise_kept(network, layer, images, found.error[index, :, 0], config.draws, seed)
        for index, layer in enumerate(found.layers)
    ])  # fmt: skip
    return table.to_dict("records")


def noise_kept(network: Any, layer: str, images: np.ndarray, errors: np.ndarray, draws: int, seed: int) -> np.ndarray:
    """How often an image keeps its class under noise of a relative squared error `errors` `(N,)` at a layer, `(N,)`."""
    import keras

    output, end = network.get_layer(layer).output, network.outputs[0]
    below = keras.Model(network.inputs[0], output)
    above = keras.Model(output, keras.layers.Identity()(end) if end is output else end)
    generator, kept = np.random.default_rng(seed), np.zeros(len(images))
    for start in range(0, len(images), AT_A_TIME):
        at = slice(start, start + AT_A_TIME)
        outputs = keras.ops.convert_to_numpy(below(images[at], training=False))
        classes = np.argmax(above(outputs, training=False), axis=-1)
        each = (-1, *[1] * (outputs.ndim - 1))
        size = np.sqrt(errors[at]).reshape(each) * outputs.std(axis=tuple(range(1, outputs.ndim))).reshape(each)
        for _ in range(draws):
            noisy = outputs + size * generator.normal(size=outputs.shape)
            kept[at] += np.argmax(above(noisy.astype("float32"), training=False), axis=-1) == classes
    return kept / draws


def summarised(table: Any) -> list[dict[str, Any]]:
    """A row for every network and layer: means over images and seeds, lowest and highest seed, intervals of shares.

    Args:
        table: of all metamers.

    Returns:
        For each of `SHARES` its mean, the lowest and the highest of a seed, and an interval, which takes the images as
        drawn at random, and the seeds' mean as one observation of each.
    """
    rows = []
    for (network, layer), part in table.groupby(["network", "layer"], sort=False):
        count = part["image"].nunique()
        by_seed = part.groupby("seed")
        row = {"network": network, "layer": layer, "unconverged": int((~part["converged"]).sum()), "of": len(part)}
        for name in ("correlation", "other_images", "pixel_correlation", "error"):
            row[name] = float(part[name].mean())
        row["lowest_correlation"] = float(by_seed["correlation"].mean().min())
        for name in SHARES:
            seeds, mean = by_seed[name].mean(), float(part[name].mean())
            low, high = wilson_interval(mean * count, count)
            row[name] = {
                "mean": mean, "seeds": [float(seeds.min()), float(seeds.max())], "interval": [low, high],
            }  # fmt: skip
        rows.append(row)
    return rows


def drawn(rows: list[dict[str, Any]]) -> Any:
    """What stays of the class, layer after layer: a panel for each network."""
    from kinv.figures.style import headline, legend_below, new_figure, series

    networks = list(dict.fromkeys(row["network"] for row in rows))
    figure, (axes,) = new_figure(4.6 * len(networks), 4.4, 1, len(networks), sharey=True)
    titles = {
        "kept": "the network's own",
        "noise_kept": "own, noise of equal error",
        "judge_kept": "the other network's",
    }
    for axis, network in zip(axes, networks, strict=True):
        of = [row for row in rows if row["network"] == network]
        for number, (name, title) in enumerate(titles.items()):
            means = np.array([row[name]["mean"] for row in of])
            low, high = np.array([row[name]["interval"] for row in of]).T
            places = np.arange(len(of)) + 0.06 * (number - 1)
            bars = np.maximum([means - low, high - means], 0)
            axis.errorbar(places, means, bars, **series(number, 0), capsize=3, label=title)
        axis.set_xticks(range(len(of)), [row["layer"] for row in of], rotation=20, ha="right")
        axis.set(title=f"metamers of {network}", ylim=(-0.03, 1.03))
    axes[0].set_ylabel("metamers that keep their class, share")
    legend_below(figure, axes[0])
    headline(figure, "Whose class do metamers keep? Layer by layer, with 95 % intervals")
    return figure


def print_rows(rows: list[dict[str, Any]], count: int) -> None:
    """A table for each network, in the order of depth; under each share its lowest and highest seed."""
    for network in dict.fromkeys(row["network"] for row in rows):
        title = f"metamers of {network}, {count} photographs: mean (95 % interval); lowest and highest seed"
        table = Table(
            "layer", "layer's\ncorrelation\n(others)", "of\npixels", *SHARES.values(), "not\nconverged", title=title
        )
        for row in (row for row in rows if row["network"] == network):
            shares = [
                "{:.0%} ({:.0%} to {:.0%})\n{:.0%}, {:.0%}".format(of["mean"], *of["interval"], *of["seeds"])
                for of in (row[name] for name in SHARES)
            ]
            alike = f"{row['correlation']:.3f} ({row['other_images']:.3f})\n{row['lowest_correlation']:.3f} at least"
            missing = f"{row['unconverged']} of {row['of']}"
            table.add_row(row["layer"], alike, f"{row['pixel_correlation']:.2f}", *shares, missing)
        Console().print(table)


if __name__ == "__main__":
    main(run, __doc__)
