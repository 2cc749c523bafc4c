"""A progress bar for what takes more than a few seconds."""

import contextlib
from collections.abc import Callable, Iterator

from .printable import printable


@contextlib.contextmanager
def progress_bar(title: str, total: float | None, shown: bool) -> Iterator[Callable[[float], None]]:
    """Shows a bar on stderr, on a terminal or in a notebook; yields a function that advances it by an amount.

    Args:
        title: what is being done; names from outside in it are shown as text.
        total: how much there is to do; None if that is not known.
        shown: whether to show anything.
    """
    if shown:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

        console = Console(stderr=True)
        if console.is_terminal or console.is_jupyter:
            title_column = TextColumn("{task.description}", markup=False)
            columns = title_column, BarColumn(), TaskProgressColumn(), TimeRemainingColumn()
            with Progress(*columns, console=console, transient=True) as bar:
                task = bar.add_task(printable(title), total=total)
                yield lambda amount: bar.advance(task, amount)
            return
    yield lambda amount: None
