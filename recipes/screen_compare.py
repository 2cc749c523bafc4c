"""Do two networks tolerate the same? (Bunne, Rahmann and Wolf, section V: "invariances of ResNet correlate").

    python -m recipes.screen_compare                    # default: 12 minutes and 2 GB on two cores
    python -m recipes.screen_compare --preset smoke

Screens AlexNet (or SqueezeNet) and ResNet-101 (or EfficientNet-Lite0) as `recipes.screen_alexnet` and
`recipes.screen_resnet` do, whose finished results it takes where they are. Then it puts the paper's findings into
numbers: median critical points, the rank correlation of the two networks' critical points over classes, the classes
that come back at 180 degrees, the most and the least tolerant classes.
"""

import math

import kinv
from recipes import screen_alexnet
from recipes.experiment.command_line import main
from recipes.experiment.experiment import Experiment, recipe
from recipes.families.screening import RESIDUAL, ScreeningConfig, as_files, print_findings, print_medians, screened


@recipe(screen_alexnet.PRESETS)
def run(config: ScreeningConfig, experiment: Experiment) -> dict[str, float | None]:
    """Screens both networks, compares, draws, prints; returns the correlation over all transformations."""
    from kinv.analysis.screening import figures as sensitivity
    from kinv.analysis.screening import findings

    screenings = []
    for part in (experiment.part(), experiment.part(**RESIDUAL)):
        screening, chosen, images = screened(part)
        part.keep_results({}, as_files(sensitivity.overview(screening, chosen, images)), "figures")
        screenings.append(screening)
    networks = [screening.metadata["network"] for screening in screenings]
    joined = kinv.Screening.join(screenings)
    tables = {
        "medians": findings.median_critical_points(joined.critical_points),
        "correlation": findings.rank_correlation(joined.critical_points, *networks, softmax=joined.softmax),
        "returning": findings.returning_classes(joined.softmax),
        "tolerance": findings.class_tolerance(joined.critical_points),
    }
    overall = tables["correlation"].set_index("transformation").loc["all"]
    numbers = {"rank_correlation": overall["correlation"], "rank_correlation_at_equal_odds": overall["at_equal_odds"]}
    found = {name: None if math.isnan(number) else float(number) for name, number in numbers.items()}
    experiment.about("screen_compare")
    figures = as_files(sensitivity.comparison(joined, chosen, next(iter(images.values()), None)))
    folder = experiment.keep_results({"networks": networks, **found}, figures, "figures")
    for name, table in tables.items():
        table.to_csv(folder / f"{name}.csv", index=False)
    print_medians(tables["medians"])
    print_findings(tables)
    return found


if __name__ == "__main__":
    main(run, __doc__)
