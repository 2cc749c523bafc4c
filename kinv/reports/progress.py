"""Which section a report is at, and roughly how long the rest takes."""

import time
from typing import Any

from rich.console import Console

from .settings import SECTIONS, Settings

COSTS = {  # relative seconds of the default preset, for SqueezeNet
    "tolerance": 100,
    "compared": 100,
    "curves": 4,
    "classes": 4,
    "metamers": 60,
    "layers": 25,
    "learned": 70,
    "preferred": 40,
    "units": 60,
    "manifolds": 120,
    "filters": 60,
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
