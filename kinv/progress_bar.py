"""A progress bar for what takes more than a few seconds."""

import contextlib
from collections.abc import Callable, Iterator


@contextlib.contextmanager
def progress_bar(title: str, total: float | None, shown: bool) -> Iterator[Callable[[float], None]]:
    """Shows a bar on stderr, which is gone at the end; yields a function that advances it by an amount.

    Args:
        title: what is being done.
        total: how much there is to do; None if that is not known.
        shown: whether to show anything.
    """
    if not shown:
        yield lambda amount: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

    columns = TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn()
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(title, total=total)
        yield lambda amount: bar.advance(task, amount)
