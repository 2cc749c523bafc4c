"""Does it help training? Learned augmentations compared with hand-made ones, where labels are few.

    python -m recipes.augmentation_benchmark                                # default: more than an hour on two cores
    python -m recipes.augmentation_benchmark --tasks digits rotated_digits  # the part that needs no folder
    python -m recipes.augmentation_benchmark --preset smoke                 # seconds: does it run?

Digits and rotated digits from 10, 100 and 300 labels; dogs and cats from 4 to 250 labels a class, on features of two
ImageNet networks. Every augmentation is tried at three strengths, the best of which is chosen on validation images of
their own. Equal seeds share labelled images, first weights and test images. Writes the table of all runs, a summary in
Markdown and a figure; stopped and started again, it goes on where it was.
"""

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from recipes.experiment.command_line import main
from recipes.experiment.experiment import Config as BaseConfig
from recipes.experiment.experiment import Experiment, presets, recipe
from recipes.families.augmentation.settings import DIGITS, KINDS, PETS, DigitSettings, PetSettings


@dataclass(frozen=True)
class Config(BaseConfig):
    """What is compared, and how long."""

    tasks: tuple[str, ...] = (*DIGITS, *PETS)
    augmentations: tuple[str, ...] = ()  # only these; all by default
    seeds: int = 5  # from `seed` on
    tuning_seeds: int = 2  # of these; their validation accuracy chooses the strengths
    candidates: int = 3  # strengths of every augmentation that are tried; 1: the middle one
    digits: DigitSettings = field(default_factory=DigitSettings)
    pets: PetSettings = field(default_factory=PetSettings)
    output: Path = Path("runs")


SMALL = DigitSettings(
    labels=(10,), validation=50, test=60, steps=25, drawn=64, family_steps=2, robustness=4, other_steps=25
)
FEW = ("none", "affine and colour", "TrivialAugment", "Augerino", "paper's ITN")
PRESETS = presets(
    default=Config(),
    smoke=Config(tasks=("digits",), augmentations=FEW, seeds=2, tuning_seeds=1, candidates=1, digits=SMALL),
    paper=Config(
        seeds=10, tuning_seeds=3, digits=replace(DigitSettings(), steps=1500, drawn=12_000, test=10_000),
        pets=replace(PetSettings(), size=224, versions=(32, 16, 8, 8)),
    ),
)  # fmt: skip


@recipe(PRESETS)
def run(config: Config, experiment: Experiment) -> list[dict[str, Any]]:
    """Measures every task; returns a row for each task, number of labels and augmentation."""
    import pandas as pd
    import tensorflow as tf

    from recipes.families.augmentation import report
    from recipes.families.augmentation.runs import Runs

    tf.get_logger().setLevel("ERROR")  # every learned family is compiled; no need to remark on it
    kept = experiment.kept(part="runs")
    seeds = range(config.seed, config.seed + config.seeds)
    runs = Runs(kept.folder / "runs", seeds, config.tuning_seeds, config.candidates, config.augmentations)
    for name in config.tasks:
        for task in tasks(name, config, kept.folder / "features"):
            runs.of(task)
    found = report.summarised(runs.rows)
    report.print_tables(found)
    folder = experiment.keep_results(found, {"accuracy.png": report.drawn(found)})
    flat = [{**row, **{f"under {name}": value for name, value in row["robust"].items()}} for row in runs.rows]
    pd.DataFrame(flat).drop(columns=["right", "robust"]).to_csv(folder / "runs.csv", index=False)
    (folder / "summary.md").write_text(report.markdown(found), encoding="utf-8")
    return found


def tasks(name: str, config: Config, folder: Path) -> list[Any]:
    """The tasks of a name: two for each network of pets, none with one clear line where there are no pets.

    Raises:
        ValueError: an unknown name.
    """
    from recipes.families.augmentation.digits import Digits
    from recipes.families.augmentation.pets import PetFeatures, Pets

    if name in DIGITS:
        return [Digits(name, config.digits, config.download)]
    if name not in PETS:
        raise ValueError(f"tasks must be among {', '.join((*DIGITS, *PETS))}, received {name!r}")
    seeds = range(config.seed, config.seed + config.seeds)
    try:
        features = PetFeatures(PETS[name], config.pets, seeds, folder)
    except FileNotFoundError:
        print(f"{name} is left out: KINV_DATA_DIR holds no folder `pets` with dogs and cats.", flush=True)
        return []
    return [Pets(features, kind) for kind in KINDS]


if __name__ == "__main__":
    main(run, __doc__)
