"""Do two networks tolerate the same? (Bunne, Rahmann and Wolf, section V: "invariances of ResNet correlate").

    python -m recipes.screen_compare                    # default: 12 minutes and 2 GB on two cores
    python -m recipes.screen_compare --preset smoke

Screens AlexNet (or SqueezeNet) and ResNet-101 (or EfficientNet-Lite0) as `recipes.screen_alexnet` and
`recipes.screen_resnet` do, whose finished results it takes where they are. Then it puts the paper's findings into
numbers: median critical points, the rank correlation of the two networks' critical points over classes, the classes
that come back at 180 degrees, the most and the least tolerant classes.
"""

import json
import math

from recipes import screen_alexnet, screen_resnet
from recipes.command_line import main


def run(config: screen_alexnet.Config) -> dict[str, float]:
    """Screens both networks, compares, draws, prints; returns the correlation over all transformations."""
    import dataclasses

    import kinv.backend  # starts TensorFlow quietly, before anything else imports it

    # isort: split
    import kinv
    from kinv.analysis.screening import findings as screening_findings
    from recipes import screen_report

    residual = dataclasses.replace(config, **screen_resnet.RESIDUAL)
    results = [screen_alexnet.screened(one) for one in (config, residual)]
    for screening, folder, chosen, picture in results:
        screen_report.draw(screening, chosen, picture, folder / "figures")
    networks = [screening.metadata["network"] for screening, *_ in results]
    joined = kinv.Screening.join([screening for screening, *_ in results])

    suffix = f"_{config.preset}" if config.preset != "default" else ""
    folder = config.output / f"screen_compare{suffix}"
    folder.mkdir(parents=True, exist_ok=True)
    screen_report.draw_comparison(joined, results[0][2], results[0][3], folder / "figures")
    findings = {
        "medians": screening_findings.median_critical_points(joined.critical_points),
        "correlation": screening_findings.rank_correlation(joined.critical_points, *networks),
        "returning": screening_findings.returning_classes(joined.softmax),
        "tolerance": screening_findings.class_tolerance(joined.critical_points),
    }
    for name, table in findings.items():
        table.to_csv(folder / f"{name}.csv", index=False)
    screen_report.print_medians(findings["medians"])
    screen_report.print_findings(findings)
    overall = float(findings["correlation"].set_index("transformation").loc["all", "correlation"])
    summary = {"networks": networks, "rank_correlation": None if math.isnan(overall) else overall}
    (folder / "summary.json").write_text(json.dumps(summary))
    print(f"\nTables and figures: {folder}")
    return {"rank_correlation": overall}


if __name__ == "__main__":
    main(run, screen_alexnet.PRESETS, __doc__)
