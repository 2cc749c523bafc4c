"""Which section a report is at, and roughly how long the rest takes."""

import time
from typing import Any

from rich.console import Console

from .settings import SECTIONS, Settings

COSTS = {  # seconds of the default preset, for EfficientNet-Lite0; those of `full` only, roughly beside them
    "tolerance": 257,
    "compared": 257,
    "curves": 11,
    "classes": 1,
    "metamers": 67,
    "layers": 29,
    "directions": 90,
    "learned": 82,
    "preferred": 28,
    "units": 150,
    "manifolds": 150,
    "filters": 1,
}


class Progress:
    """A line on stderr for each section.

    Args:
        settings: which sections there are.
        done: how many were made before.
        shown: whether to show anything.
    """

    def __init__(self, settings: Settings, done: int, shown: bool):
        self.sections, self.done, self.shown = settings.sections, done, shown
        self.console = Console(stderr=True)

    def __enter__(self) -> "Progress":
        self.since, self.spent = time.monotonic(), 0
        self.left = list(self.sections)
        return self

    def __exit__(self, *error: Any) -> None:
        if self.shown and error[0] is None:
            self._say(f"report finished after {self._minutes(time.monotonic() - self.since)}")

    def start(self, name: str) -> None:
        """Says which section comes next."""
        place = self.sections.index(name)
        rest = sum(COSTS[each] for each in self.sections[place:])
        said = f"section {place + 1} of {len(self.sections)}: {SECTIONS[name]}"
        if self.spent:
            said += f" (about {self._minutes((time.monotonic() - self.since) / self.spent * rest)} left)"
        self.spent += COSTS[name]
        if self.shown:
            self._say(said)

    def _say(self, text):
        self.console.print(text, markup=False, highlight=False)

    def _minutes(self, seconds):
        return f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.0f} min"
