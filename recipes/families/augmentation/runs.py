"""All runs of a task: strengths are chosen on validation images, then every seed is measured at the chosen one."""

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol, TypedDict

import numpy as np

from recipes.experiment.kept import Kept
from recipes.families.augmentation.material import Entry


class Measured(TypedDict):
    """Of one training.

    Attributes:
        validation: accuracy on the validation images.
        right: which of the test images are right, see `packed`.
        images: number of test images.
        robust: transformation to mean accuracy.
    """

    validation: float
    right: str
    images: int
    robust: dict[str, float]


class Task(Protocol):
    """What is learned, from how many labels, with which augmentations.

    Attributes:
        name: of the task.
        labels: how many labels; their unit is the task's.
        table: augmentations by name.
        chosen_like: the task whose strengths are taken; None: they are chosen here.
    """

    name: str
    labels: tuple[int, ...]
    table: Mapping[str, Entry]
    chosen_like: str | None

    def identity(self) -> dict[str, Any]:
        """What a run's result depends on, besides its own settings."""
        ...

    def run(self, count: int, seed: int, entry: Entry, strength: float) -> Measured:
        """Trains once and measures. Equal seeds share labelled images, first weights and test images."""
        ...


class Runs:
    """Runs whose results are kept, one file each.

    Args:
        folder: of the files.
        seeds: of the comparison.
        tuning: of which the first so many choose the strengths.
        candidates: how many strengths are tried, the middle ones.
        only: names of the augmentations; empty: all.
    """

    def __init__(self, folder: Path, seeds: range, tuning: int, candidates: int, only: tuple[str, ...] = ()):
        self.folder, self.seeds, self.tuning, self.candidates, self.only = folder, seeds, tuning, candidates, only
        self.rows: list[dict[str, Any]] = []
        self.chosen: dict[tuple[str, int, str], float] = {}

    def of(self, task: Task) -> None:
        """Runs a task, adds its rows, and says after every number of labels how long what is left will take."""
        table = {name: entry for name, entry in task.table.items() if not self.only or name in self.only}
        started, fresh, most = time.monotonic(), 0, sum(map(self._number, table.values()))
        print(f"{task.name}: at most {len(task.labels)} x {most} trainings", flush=True)
        for done, count in enumerate(task.labels):
            for name, entry in table.items():
                fresh += self._augmentation(task, count, name, entry)
            seconds = time.monotonic() - started
            line = f"{task.name}, {count} labels: {fresh} new runs so far, {seconds / 60:.1f} min"
            left = len(task.labels) - done - 1
            ending = f"; about {seconds / (done + 1) * left / 60:.0f} min left for this task" if left and fresh else ""
            print(line + ending, flush=True)

    def _number(self, entry: Entry) -> int:
        """How many trainings an augmentation takes, for one number of labels."""
        tried = min(self.candidates, len(entry.strengths))
        return len(self.seeds) + (tried - 1) * len(self.seeds[: self.tuning])

    def _augmentation(self, task: Task, count: int, name: str, entry: Entry) -> int:
        """All runs of one augmentation; returns how many had to be made."""
        seeds, before = self.seeds[: self.tuning], len(list(self.folder.glob("*/measured.json")))
        left_out = max(0, len(entry.strengths) - self.candidates) // 2
        strengths = entry.strengths[left_out:][: self.candidates]
        if task.chosen_like is not None:
            strengths = (self.chosen[task.chosen_like, count, name],)
        results = {}
        for seed in seeds:  # what is learned from a seed's images serves all strengths
            for strength in strengths if len(strengths) > 1 else ():
                results[strength, seed] = self._once(task, count, seed, name, entry, strength)
        means = [np.mean([results[one, seed]["validation"] for seed in seeds]) for one in strengths if results]
        best = strengths[int(np.argmax(means)) if means else 0]
        self.chosen[task.name, count, name] = best
        for seed in self.seeds:
            results[best, seed] = self._once(task, count, seed, name, entry, best)
        for (strength, seed), measured in results.items():
            self.rows.append({
                "task": task.name, "labels": count, "augmentation": name, "learned": entry.learned, "seed": seed,
                "strength": strength, "chosen": strength == best, **measured,
            })  # fmt: skip
        return len(list(self.folder.glob("*/measured.json"))) - before

    def _once(self, task: Task, count: int, seed: int, name: str, entry: Entry, strength: float) -> Any:
        made = {"augmentation": name, "version": entry.version, "strength": strength}
        run = {**task.identity(), "labels": count, "seed": seed, **made}
        measure: Callable[[], Any] = lambda: task.run(count, seed, entry, strength)  # noqa: E731
        return Kept(self.folder, run).once(measure)


def packed(right: np.ndarray) -> str:
    """Which of the images are right, bool `(N,)`, as hexadecimal digits."""
    return np.packbits(right).tobytes().hex()


def unpacked(right: str, count: int) -> np.ndarray:
    """Bool `(N,)`, from `packed`."""
    return np.unpackbits(np.frombuffer(bytes.fromhex(right), "uint8"))[:count].astype(bool)
