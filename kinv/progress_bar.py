"""A progress bar for what takes more than a few seconds."""

import contextlib
from collections.abc import Callable, Iterator


@contextlib.contextmanager
def progress_bar(title: str, total: float | None, shown: bool) -> Iterator[Callable[[float], None]]:
    """Shows a bar on stderr, on a terminal or in a notebook; yields a function that advances it by an amount.

    Args:
        title: what is being done.
        total: how much there is to do; None if that is not known.
        shown: whether to show anything.
    """
    if shown:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

        console = Console(stderr=True)
        if console.is_terminal or console.is_jupyter:
            columns = TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn()
            with Progress(*columns, console=console, transient=True) as bar:
                task = bar.add_task(title, total=total)
                yield lambda amount: bar.advance(task, amount)
            return
    yield lambda amount: None
