"""Which transformations does AlexNet tolerate? (Bunne, Rahmann and Wolf; figures 2 and 6).

    python -m recipes.screen_alexnet                    # default: 6 minutes and 2 GB on two cores
    python -m recipes.screen_alexnet --preset smoke     # seconds: does it run?
    python -m recipes.screen_alexnet --preset paper     # all of ImageNet's validation pictures; a GPU
    python -m recipes.screen_alexnet --data my/photos --no-labels

Screens the paper's eleven transformations and both translations together, and writes tables and figures. Without
AlexNet's weights it takes SqueezeNet, which has AlexNet's accuracy, and says so. Stopped and started again, it goes on
where it was, and ends with the same tables.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from recipes.command_line import main
from recipes.material import find_pictures, load_classifier

TRANSLATIONS = "translate_x+translate_y"  # figure 2d
PAPERS = (
    *("translate_x", "translate_y", "rotation", "scale_x", "scale_y", "zoom"),
    *("brightness", "contrast", "greyscale", "blur", "noise"),
    TRANSLATIONS,
)


@dataclass(frozen=True)
class Config:
    """The magnitudes are the transformations' own, which cover the paper's ranges."""

    preset: Literal["smoke", "default", "paper"] = "default"
    classifier: str = "alexnet"  # paper, section III-B
    fallback: str = "squeezenet"  # where the classifier's weights are not on this machine
    data: str = "auto"  # imagenet_samples, else tfds:imagenet_v2, else photos
    labels: bool = True  # False: the classifier's own predictions
    download: bool = False  # lets weights and data be fetched
    transformations: tuple[str, ...] = PAPERS
    every: int = 2  # takes every second of the default magnitudes; 1: all
    limit: int | None = 125  # pictures, evenly from all of them
    batch_size: int = 50
    fill: Literal["zeros", "reflect", "nearest"] = "zeros"
    seed: int = 0
    output: Path = Path("runs")  # the results' folder is made in here


PRESETS = {
    "default": Config(),
    "smoke": Config(limit=4, batch_size=4, every=6, transformations=("rotation", "noise", TRANSLATIONS)),
    "paper": Config(data="tfds:imagenet2012", limit=None, every=1, batch_size=256),
}


def run(config: Config) -> dict[str, float]:
    """Screens, draws, prints; returns the median critical points."""
    import kinv.backend  # noqa: F401  (starts TensorFlow quietly, before anything else imports it)

    # isort: split
    from kinv.analysis.screening import findings as screening_findings
    from recipes import screen_report

    screening, folder, chosen, picture = screened(config)
    screen_report.draw(screening, chosen, picture, folder / "figures")
    medians = screening_findings.median_critical_points(screening.critical_points)
    screen_report.print_medians(medians)
    print(f"\nTables:  {folder / 'tables'}\nFigures: {folder / 'figures'}")
    return {f"{row.transformation}_{row.side}": row.median for row in medians.itertuples()}


def screened(config: Config) -> tuple[Any, Path, list[Any], Any]:
    """The screening, its folder, its transformations and a picture to show them on; an unfinished one goes on."""
    import kinv
    from kinv.ops import find

    classifier = load_classifier(config.classifier, config.fallback, config.download)
    source = find_pictures(config.data, config.download)
    if config.limit is not None:
        source = source.evenly(config.limit)
    print(f"Network:  {classifier.name}, {classifier.count_params():,} parameters\nPictures: {source.description}")
    if config.labels and source.labels is None:
        print("Labels:   none; the network's own predictions take their place")
    chosen = [find(name) for name in config.transformations]
    thinned = {t.name: t.thinned(config.every) for t in chosen}
    name = "_".join(["screen", classifier.name, *([config.preset] if config.preset != "default" else [])])
    folder = config.output / name
    screening = kinv.screen(
        classifier,
        source,
        transformations=chosen,
        magnitudes=thinned,
        batch_size=config.batch_size,
        fill=config.fill,
        seed=config.seed,
        use_labels=config.labels,
        results=folder / "tables",
        progress=True,
    )
    return screening, folder, chosen, source.read_first(classifier.input_shape[1]).astype("float32")


if __name__ == "__main__":
    main(run, PRESETS, __doc__)
