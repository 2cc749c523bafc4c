"""The progress display of a screening: its position, images per second, and the remaining time."""

import time
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from kinv.printable import printable


class ScreeningProgress:
    """A bar over transformed images, and a line for every transformation, on stderr, even without a terminal.

    Args:
        count: number of images in the data set; `None` if it is not known.
        plans: the transformations with their magnitudes.
        shown: whether to show anything.
    """

    def __init__(self, count: int | None, plans: list[tuple[Any, Any]], shown: bool):
        self.count = count
        self.magnitudes = {transformation.name: len(points) for transformation, points in plans}
        columns = [
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[rate]}"),
        ]
        self.bar = Progress(
            *columns,
            TimeRemainingColumn(),
            console=Console(stderr=True),
            disable=not shown,
            speed_estimate_period=600,
        )
        total = None if count is None else count * sum(self.magnitudes.values())
        self.task = self.bar.add_task("screening", total=total, rate="")

    def __enter__(self) -> "ScreeningProgress":
        self.bar.start()
        return self

    def __exit__(self, *error: Any) -> None:
        if error[0] is None:
            self._line()
        self.bar.stop()

    def skip(self, name: str) -> None:
        """Skips a transformation that an earlier run finished."""
        self._say(f"{printable(name)}: done before")
        self.bar.advance(self.task, (self.count or 0) * self.magnitudes[name])

    def start(self, name: str, done: int) -> None:
        """Starts a transformation, for which `done` images were screened before."""
        self._line()
        self.name, self.since, self.answers = name, time.monotonic(), 0
        self.bar.update(self.task, description=printable(name), advance=done * self.magnitudes[name])

    def advance(self, images: int) -> None:
        """Advances by `images` images, at one magnitude."""
        self.answers += images
        self.bar.update(self.task, advance=images, rate=f"{self._rate():,.0f}/s")

    def _rate(self):
        return self.answers / max(time.monotonic() - self.since, 1e-9)

    def _line(self):
        if hasattr(self, "name"):
            points = self.magnitudes[self.name]
            seen = f"{self.answers // points} images at {points} magnitudes, {self._rate():,.0f} a second"
            self._say(f"{printable(self.name)}: {seen}")

    def _say(self, text):
        if not self.bar.disable:
            self.bar.console.print(text, markup=False)
