"""What a running screening keeps: in memory, or in a folder from which a killed run can be resumed."""

import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from kinv.locks import FolderLock, is_empty
from kinv.whole_file import whole_file

from .tables import TABLES, Screening, concatenated, read_tables, table_format, write_json, write_table
from .totals import Totals


class Run:
    """The finished tables in memory, by the number of their transformation."""

    def __init__(self) -> None:
        self.parts: dict[int, dict[str, pd.DataFrame]] = {}

    def __enter__(self) -> "Run":
        """Keeps other runs out."""
        return self

    def __exit__(self, *error: object) -> None:
        """Lets other runs in."""

    def open(self, identity: Mapping[str, Any]) -> None:
        """Reads what an interrupted run kept.

        Args:
            identity: what tells this run from others, as JSON values.
        """

    def has(self, number: int) -> bool:
        """Whether the transformation with this number is finished."""
        return number in self.parts

    def add(self, number: int, tables: dict[str, pd.DataFrame]) -> None:
        """Keeps the tables of a finished transformation."""
        self.parts[number] = tables

    def keep_partial(self, number: int, totals: Totals, batches: int) -> None:
        """Keeps the sums over the first `batches` batches of a transformation."""

    def partial(self, number: int) -> tuple[Totals, int] | None:
        """The sums that an interrupted run kept, and their number of batches; `None` if there are none."""
        return None

    def finish(self, metadata: dict[str, Any]) -> Screening:
        """All tables."""
        parts = [self.parts[number] for number in sorted(self.parts)]
        tables = {name: concatenated([part[name] for part in parts if name in part], name) for name in TABLES}
        return Screening(**tables, metadata=metadata)


class RunInFolder(Run):
    """The tables in a folder: a part for every finished transformation, and the sums of the current one.

    Args:
        folder: the folder to keep them in; it is created.

    Raises:
        ValueError: on entering, if another run is going on there; by `open`, if the folder holds another run, or other
            files. Nothing is written.
    """

    ABOUT = "screening.json"

    def __init__(self, folder: str | os.PathLike):
        super().__init__()
        self.folder, self.inside = Path(folder), Path(folder) / "parts"
        self._lock = FolderLock(folder)

    def __enter__(self):
        self._lock.acquire()
        return self

    def __exit__(self, *error):
        self._lock.release()

    def open(self, identity):
        identity = json.loads(json.dumps(identity))
        if (self.folder / self.ABOUT).is_file():
            self._continue(json.loads((self.folder / self.ABOUT).read_text(encoding="utf-8")), identity)
        elif not is_empty(self.folder):
            raise ValueError(
                f"{self.folder} holds files other than a screening: nothing was written. Choose a new folder."
            )
        else:
            write_json({**identity, "finished": False}, self.folder / self.ABOUT)
            self.inside.mkdir()

    def add(self, number, tables):
        super().add(number, tables)
        draft = self.inside / f"{number}.draft"
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir()
        for name, table in tables.items():
            write_table(table, draft / f"{name}.{table_format()}")
        os.replace(draft, draft.with_suffix(".done"))
        self._sums(number).unlink(missing_ok=True)

    def keep_partial(self, number, totals, batches):
        with whole_file(self._sums(number)) as draft, draft.open("wb") as file:
            np.savez(file, allow_pickle=False, batches=batches, **totals.state())

    def partial(self, number):
        if not self._sums(number).is_file():
            return None
        with np.load(self._sums(number), allow_pickle=False) as state:
            if not set(Totals.STATE) <= set(state):
                return None  # of an older version, which summed less
            return Totals.from_state(state), int(state["batches"])

    def finish(self, metadata):
        screening = super().finish(metadata)
        if self.inside.is_dir():  # else it was finished before
            for name, table in screening.written().items():
                write_table(table, self.folder / f"{name}.{table_format()}")
            write_json({**metadata, "finished": True}, self.folder / self.ABOUT)
            shutil.rmtree(self.inside)
        return screening

    def _sums(self, number):
        return self.inside / f"{number}.sums.npz"

    def _continue(self, kept, identity):
        kept = {"each_image": False, **kept}  # older versions had no choice
        different = [key for key, value in identity.items() if kept.get(key) != value]
        if different:
            shown = "; ".join(f"{key}: {_short(kept.get(key))}, now {_short(identity[key])}" for key in different)
            raise ValueError(
                f"{self.folder} holds the screening of another run ({shown}): nothing was written. Choose a new folder."
            )
        if kept.get("finished"):
            finished = Screening.load(self.folder)
            self.parts = {number: {} for number in range(len(identity["transformations"]))}
            self.parts[0] = {name: getattr(finished, name) for name in TABLES}
            shutil.rmtree(self.inside, ignore_errors=True)  # killed between finishing and tidying up
            return
        self.inside.mkdir(exist_ok=True)  # killed between the two
        for part in self.inside.glob("*.done"):
            self.parts[int(part.stem)] = read_tables(part)


def _short(value: Any) -> str:
    text = json.dumps(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
