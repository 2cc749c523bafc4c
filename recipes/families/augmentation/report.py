"""What comes out: means, paired differences with intervals and verdicts; as a table, in Markdown and drawn."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

from kinv.figures.style import headline, legend_below, new_figure, series
from kinv.intervals import Chance, variance_of_mean
from kinv.verdicts import Verdict, judged
from recipes.families.augmentation.runs import unpacked

NONE = "none"
WORDS = {"better": "better", "worse": "worse", "as good": "as good", "unknown": "cannot tell"}
TITLES = {
    "digits": "digits, labels in all",
    "rotated_digits": "rotated digits, labels in all",
    "pets_squeezenet_probe": "pets, SqueezeNet, linear probe, labels a class",
    "pets_squeezenet_block": "pets, SqueezeNet, last block, labels a class",
    "pets_efficientnet_lite0_probe": "pets, EfficientNet-Lite0, linear probe, labels a class",
    "pets_efficientnet_lite0_block": "pets, EfficientNet-Lite0, last block, labels a class",
}


def summarised(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """A row for every task, number of labels and augmentation: over seeds, at the chosen strength.

    The best baseline is the one whose mean test accuracy is highest, `none` included: it is chosen on the test images,
    which favours it.

    Returns:
        `mean`, `deviation` (over seeds), `robust`, and `over_none` and `over_best`: each `difference`, `low`, `high`
        (95 %) and `verdict`; None for what is compared with itself.
    """
    chosen: dict[tuple[str, int], dict[str, list[Mapping[str, Any]]]] = {}
    for row in rows:
        if row["chosen"]:
            cell = chosen.setdefault((row["task"], row["labels"]), {})
            cell.setdefault(row["augmentation"], []).append(row)
    found = []
    for (task, labels), by_name in chosen.items():
        right = {name: _right(of) for name, of in by_name.items()}
        baselines = [name for name, of in by_name.items() if not of[0]["learned"]]
        best = max(baselines, key=lambda name: right[name].mean(), default=None)
        for name, of in by_name.items():
            accuracies = right[name].mean(axis=1)
            row = {
                "task": task, "labels": labels, "augmentation": name, "learned": of[0]["learned"],
                "strength": of[0]["strength"], "seeds": len(of), "mean": float(accuracies.mean()),
                "deviation": float(accuracies.std(ddof=1)) if len(of) > 1 else None, "best_baseline": best,
                "robust": float(np.mean([np.mean(list(one["robust"].values())) for one in of])),
            }  # fmt: skip
            for key, other in (("over_none", NONE), ("over_best", best)):
                row[key] = None if other in (None, name) or other not in right else compared(right[name], right[other])
            found.append(row)
    return found


def compared(right: np.ndarray, control: np.ndarray) -> dict[str, Any]:
    """The paired difference of two augmentations, from which test images are right, bool `(S, N)`, for the same seeds.

    Two sources of chance are added: seeds (labelled images and first weights), and test images.
    """
    difference = right.astype("float64") - control
    by_seed, by_image = difference.mean(axis=1), difference.mean(axis=0)
    chances = [
        Chance("seeds", len(by_seed), variance_of_mean(by_seed)),
        Chance("test images", len(by_image), max(variance_of_mean(by_image), 1e-9)),
    ]
    verdict: Verdict = judged(float(difference.mean()), chances)
    return {
        "difference": float(difference.mean()), "low": verdict.low, "high": verdict.high, "verdict": verdict.kind,
    }  # fmt: skip


def print_tables(found: Sequence[Mapping[str, Any]]) -> None:
    """A table for every task and number of labels."""
    for task, labels in dict.fromkeys((row["task"], row["labels"]) for row in found):
        of = [row for row in found if (row["task"], row["labels"]) == (task, labels)]
        best = f"over the best\n({of[0]['best_baseline']})"
        table = Table(
            "augmentation", "strength", "accuracy", "over none", best, "under 11\nchanges",
            title=f"{TITLES.get(task, task)}: {labels}; {of[0]['seeds']} seeds",
        )  # fmt: skip
        for row in of:
            table.add_row(*_cells(row))
        Console().print(table)


def markdown(found: Sequence[Mapping[str, Any]]) -> str:
    """One table for every task: a line for each augmentation, columns for the numbers of labels."""
    parts = []
    for task in dict.fromkeys(row["task"] for row in found):
        of, title = [row for row in found if row["task"] == task], str(TITLES.get(task, task))
        counts = list(dict.fromkeys(row["labels"] for row in of))
        lines = [
            f"**{title[0].upper()}{title[1:]}**: accuracy in %, mean ± standard deviation over seeds; "
            "in brackets the difference to the best baseline; as good: within 5 points, with 95 % confidence\n",
            "| augmentation | " + " | ".join(map(str, counts)) + " |",
            "| --- |" + " --- |" * len(counts),
        ]
        for name in dict.fromkeys(row["augmentation"] for row in of):
            by_count = {row["labels"]: row for row in of if row["augmentation"] == name}
            lines.append(f"| {name} | " + " | ".join(_short(by_count.get(count)) for count in counts) + " |")
        parts.append("\n".join(lines) + "\n")
    return "\n".join(parts)


def drawn(found: Sequence[Mapping[str, Any]]) -> Any:
    """Accuracy over the number of labels: a panel for each task, a line for each augmentation."""
    tasks = list(dict.fromkeys(row["task"] for row in found))
    columns = min(2, len(tasks))
    figure, axes = new_figure(6 * columns, 4.2 * -(-len(tasks) // columns) + 1.4, -(-len(tasks) // columns), columns)
    styles = _styles(found)
    names = list(styles)
    for axis in axes.flat[len(tasks) :]:
        axis.set_visible(False)
    for axis, task in zip(axes.flat, tasks, strict=False):
        counts = list(dict.fromkeys(row["labels"] for row in found if row["task"] == task))
        for name in names:
            of = [row for row in found if row["task"] == task and row["augmentation"] == name]
            axis.plot(
                [counts.index(row["labels"]) for row in of], [100 * row["mean"] for row in of], **styles[name],
                label=name,
            )  # fmt: skip
        axis.set_xticks(range(len(counts)), [str(count) for count in counts])
        title, _, unit = TITLES.get(task, f"{task}, labels").rpartition(", ")
        axis.set(title=title, xlabel=unit, ylabel="test accuracy, %")
    fullest = max(axes.flat, key=lambda axis: len(axis.get_lines()))
    legend_below(figure, fullest)
    seeds = max((row["seeds"] for row in found), default=0)
    headline(figure, f"Does augmentation help? Mean of {seeds} seeds; what is learned from networks has thick lines")
    return figure


def _styles(found: Sequence[Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """How every augmentation is drawn: thick where it is learned. Colours differ within a task's baselines."""
    learned = dict.fromkeys(row["augmentation"] for row in found if row["learned"])
    styles = {}
    for task in dict.fromkeys(row["task"] for row in found):
        plain = dict.fromkeys(row["augmentation"] for row in found if row["task"] == task and not row["learned"])
        styles |= {name: {**series(number, 0), "linewidth": 1.0} for number, name in enumerate(plain)}
    return styles | {name: {**series(number, 0), "linewidth": 2.4} for number, name in enumerate(learned)}


def _right(rows: Sequence[Mapping[str, Any]]) -> np.ndarray:
    """Bool `(S, N)`, seeds in order."""
    return np.stack([unpacked(row["right"], row["images"]) for row in sorted(rows, key=lambda row: row["seed"])])


def _cells(row: Mapping[str, Any]) -> list[str]:
    deviation = "" if row["deviation"] is None else f" ± {100 * row['deviation']:.1f}"
    return [
        row["augmentation"], f"{row['strength']:g}", f"{100 * row['mean']:.1f} %{deviation}", _words(row["over_none"]),
        _words(row["over_best"]), f"{100 * row['robust']:.1f} %",
    ]  # fmt: skip


def _words(over: Mapping[str, Any] | None) -> str:
    if over is None:
        return ""
    return "{:+.1f} ({:+.1f} to {:+.1f})\n{}".format(
        *(100 * over[name] for name in ("difference", "low", "high")), WORDS[over["verdict"]]
    )


def _short(row: Mapping[str, Any] | None) -> str:
    if row is None:
        return ""
    deviation = "" if row["deviation"] is None else f" ± {100 * row['deviation']:.1f}"
    over = row["over_best"]
    ending = " (best baseline)" if over is None else f" ({100 * over['difference']:+.1f}, {WORDS[over['verdict']]})"
    return f"{100 * row['mean']:.1f}{deviation}{ending}"
