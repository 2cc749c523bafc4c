"""`kinv report`."""

import dataclasses
import shlex
import sys
from pathlib import Path
from typing import Any, Literal

import tyro

from kinv.known_names import CLASSIFIERS, unknown_classifier
from kinv.printable import file_stem

from .networks import OnImages

BROKEN = 3  # the exit status where a limit is broken


@dataclasses.dataclass(kw_only=True)
class Report(OnImages):
    """Makes one page that says what a network ignores. Started again after a stop, it goes on where it was.

    Exit status: 0; 3 if a limit of --fail-under is broken; 1 for what can't be used.
    """

    classifier: tyro.conf.Positional[str]
    """The name of a classifier, or a .keras file."""
    output: Path | None = None
    """A folder for report.html, report.json, tables and figures; default: NETWORK_report."""
    preset: Literal["quick", "default", "full"] = "default"
    """On two cores, for a MobileNet: quick 2 minutes, default 8; full takes up to hours."""
    sections: tuple[str, ...] = ()
    """Only these: tolerance, curves, classes, metamers, layers, directions, learned, preferred, units, manifolds,
    filters."""
    limit: int | None = None
    """Maximum number of images, evenly spread over the data set; default: the preset's (40, 120, 1000)."""
    judge: str = "auto"
    """Another classifier, whose predictions are compared; auto: one of ImageNet, for photographs; none."""
    compare: str | None = None
    """Another classifier to compare with on the same images, or a .keras file, which is wrapped as the first one is."""
    fail_under: tuple[str, ...] = ()
    """Limits, such as rotation:unchanged@15=0.8 or accuracy=0.9. A broken one ends the program with status 3."""
    labels: bool = True
    """--no-labels: uses the network's predictions in place of labels."""
    table_format: Literal["csv", "parquet"] = "csv"
    """Of the tables."""
    seed: int = 0

    def check_names(self) -> None:
        super().check_names()
        from kinv.reports.fail_under import parsed
        from kinv.reports.settings import chosen_settings

        chosen_settings(self.preset, self.sections or None, self.limit)
        if self.compare is not None and self.compare not in CLASSIFIERS and not Path(self.compare).exists():
            raise ValueError(unknown_classifier(self.compare))
        for text in self.fail_under:
            parsed(text)
        if self.judge not in ("auto", "none", *CLASSIFIERS) and not Path(self.judge).exists():
            raise ValueError(unknown_classifier(self.judge))

    def run(self) -> None:
        """Prints the result, and ends the program with status 3 if a limit is broken."""
        with self._nothing_else():
            result = self.result()
        self.print(result)
        broken = [row["said"] for row in result["limits"] if not row["passed"]]
        for line in broken:
            print(f"limit broken: {line}", file=sys.stderr)
        if broken:
            sys.exit(BROKEN)

    def result(self) -> dict[str, Any]:
        self.check_names()
        network = self.load()

        from kinv import classifiers
        from kinv.reports.report import report

        judge = self.judge if self.judge == "auto" else None
        if self.judge not in ("auto", "none"):
            judge = classifiers.load(self.judge, download=self.download)
        found = report(
            network,
            self.find(network, self.labels),
            name=Path(self.classifier).stem,
            preset=self.preset,
            folder=self.output or Path(f"{file_stem(Path(self.classifier).stem)}_report"),
            sections=self.sections or None,
            limit=self.limit,
            judge=judge,
            compare=None if self.compare is None else self.load(self.compare),
            compare_name=self.compare and Path(self.compare).stem,
            fail_under=self.fail_under,
            seed=self.seed,
            use_labels=self.labels,
            preflight=self.preflight,
            table_format=self.table_format,
            progress=self.progress,
            command=shlex.join(["kinv", *sys.argv[1:]]),
        )
        return {
            "network": network.name,
            "summary": found.summary(),
            "limits": found.content["limits"],
            "page": found.folder / "report.html",
            "report": found.content,
        }

    def show(self, result: dict[str, Any]) -> None:
        print(result["summary"])
        print(f"Page: {result['page']}")
