"""A file is whole or not there."""

import errno
import os

import numpy as np
import pandas as pd
import pytest

from kinv.analysis.screening.resume import RunInFolder
from kinv.analysis.screening.tables import write_json, write_table
from kinv.analysis.screening.totals import Totals
from kinv.figures.style import new_figure, save_figures
from kinv.whole_file import whole_file


def full(*args, **kwargs):
    raise OSError(errno.ENOSPC, "No space left on device")  # as of a file that is open: it has no name


WRITERS = {
    "sums.npz": lambda folder: run_in(folder).keep_partial(0, Totals(np.arange(3.0), 2), 1),
    "a.csv": lambda folder: write_table(pd.DataFrame({"a": [1]}), folder / "a.csv"),
    "a.parquet": lambda folder: write_table(pd.DataFrame({"a": [1]}), folder / "a.parquet"),
    "a.json": lambda folder: write_json({}, folder / "a.json"),
    "a.png": lambda folder: save_figures({"a": new_figure(1, 1)[0]}, folder),
}


def run_in(folder):
    run = RunInFolder(folder)
    run.inside.mkdir(exist_ok=True)
    return run


@pytest.mark.parametrize("name", WRITERS)
def test_a_full_disk_is_one_line_that_names_the_file_and_leaves_no_draft(tmp_path, monkeypatch, name):
    for writer in ("numpy.savez", "pandas.DataFrame.to_csv", "pandas.DataFrame.to_parquet", "pathlib.Path.write_text"):
        monkeypatch.setattr(writer, full)
    monkeypatch.setattr("matplotlib.figure.Figure.savefig", full)
    with pytest.raises(OSError, match=rf"No space left on device: the whole file .*{name}") as raised:
        WRITERS[name](tmp_path)
    assert "\n" not in str(raised.value) and raised.value.errno == errno.ENOSPC
    assert not [file for _, _, files in os.walk(tmp_path) for file in files]


def test_what_was_there_before_stays_until_the_new_one_is_whole(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("before")
    with pytest.raises(KeyboardInterrupt), whole_file(path) as draft:
        draft.write_text("half")
        raise KeyboardInterrupt
    assert path.read_text() == "before" and os.listdir(tmp_path) == ["a.txt"]
    with whole_file(path) as draft:
        draft.write_text("after")
    assert path.read_text() == "after" and os.listdir(tmp_path) == ["a.txt"]
