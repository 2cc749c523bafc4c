"""Which transformations does AlexNet tolerate? (Bunne, Rahmann and Wolf; figures 2 and 6).

    python -m recipes.screen_alexnet                    # default: 6 minutes and 2 GB on two cores
    python -m recipes.screen_alexnet --preset smoke     # seconds: does it run?
    python -m recipes.screen_alexnet --preset paper     # all of ImageNet's validation images; a GPU
    python -m recipes.screen_alexnet --data my/photos --no-labels

Screens the paper's eleven transformations and both translations together, and writes tables and figures. Without
AlexNet's weights it takes SqueezeNet, which has AlexNet's accuracy, and says so. Stopped and started again, it goes on
where it was, and ends with the same tables.
"""

from recipes.experiment.command_line import main
from recipes.experiment.experiment import Experiment, presets, recipe
from recipes.families.screening import TRANSLATIONS, as_files, print_medians, screened
from recipes.families.screening import ScreeningConfig as Config

PRESETS = presets(
    default=Config(),
    smoke=Config(limit=4, batch_size=4, every=6, transformations=("rotation", "noise", TRANSLATIONS)),
    paper=Config(data="tfds:imagenet2012", limit=None, every=1, batch_size=256),
)


@recipe(PRESETS)
def run(config: Config, experiment: Experiment) -> dict[str, float]:
    """Screens, draws, prints; returns the median critical points."""
    from kinv.analysis.screening import figures as sensitivity
    from kinv.analysis.screening import findings as screening_findings

    screening, chosen, images = screened(experiment)
    medians = screening_findings.median_critical_points(screening.critical_points)
    found = {f"{row.transformation}_{row.side}": row.median for row in medians.itertuples()}
    experiment.keep_results(found, as_files(sensitivity.overview(screening, chosen, images)), "figures")
    print_medians(medians)
    return found


if __name__ == "__main__":
    main(run, __doc__)
