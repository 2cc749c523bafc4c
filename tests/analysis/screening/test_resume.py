"""What a screening keeps: killed and continued, saved and loaded, and never mixed with another run."""

import importlib
import json
import sys

import pandas as pd
import pytest
import tensorflow as tf

import kinv
from kinv import analysis
from kinv.analysis.screening import tables
from kinv.models import InvariantTransformer

from .known_network import SMALL, screen, threshold_classifier


class Killed(Exception):
    pass


def kill_after(monkeypatch, batches):
    """Ends the screening like a kill: after so many batches were added, whatever was not kept is lost."""
    from kinv.analysis.screening import screen as screening
    from kinv.analysis.screening import totals as screening_totals

    monkeypatch.setattr(screening, "SECONDS_BETWEEN_SAVES", -1)
    add, count = screening_totals.Totals.add, [0]

    def counting(self, *arguments):
        count[0] += 1
        if count[0] > batches:
            raise Killed
        return add(self, *arguments)

    monkeypatch.setattr(screening_totals.Totals, "add", counting)


@pytest.mark.parametrize(("batches", "kept"), [(0, 0), (1, 1), (3, 3), (5, 5), (8, 8)])
def test_a_killed_run_continues_and_ends_with_the_same_tables(photos, tmp_path, batches, kept):
    """Five batches a transformation: killed before the first, in the first, at the border, in the second."""
    whole = screen(*photos)
    with pytest.MonkeyPatch.context() as patch, pytest.raises(Killed):
        kill_after(patch, batches)
        screen(*photos, results=tmp_path / "results")
    with pytest.raises(FileNotFoundError, match="unfinished"):
        analysis.Screening.load(tmp_path / "results")
    with pytest.MonkeyPatch.context() as patch:
        kill_after(patch, 10 - kept)  # what was kept is not done again
        resumed = screen(*photos, results=tmp_path / "results")
    for name in ("accuracy", "classes", "softmax", "critical_points"):
        pd.testing.assert_frame_equal(getattr(resumed, name), getattr(whole, name), check_exact=True)
        kept = getattr(analysis.Screening.load(tmp_path / "results"), name)
        pd.testing.assert_frame_equal(kept, getattr(whole, name), check_exact=True)
    assert sorted(path.name for path in (tmp_path / "results").iterdir()) == [
        "accuracy.parquet",
        "classes.parquet",
        "critical_points.parquet",
        "screening.json",
        "softmax.parquet",
    ]


@pytest.mark.parametrize("batches", [3, 8])
def test_without_pyarrow_tables_are_csv_and_exact(photos, tmp_path, monkeypatch, batches):
    whole = screen(*photos)
    monkeypatch.setattr(tables, "installed", lambda name: False)
    with pytest.MonkeyPatch.context() as patch, pytest.raises(Killed):
        kill_after(patch, batches)
        screen(*photos, results=tmp_path / "results")
    resumed = screen(*photos, results=tmp_path / "results")
    kept = analysis.Screening.load(tmp_path / "results")
    for name in ("accuracy", "classes", "softmax", "critical_points"):
        pd.testing.assert_frame_equal(getattr(resumed, name), getattr(whole, name), check_exact=True)
        pd.testing.assert_frame_equal(getattr(kept, name), getattr(whole, name), check_exact=True)
    assert (tmp_path / "results" / "accuracy.csv").is_file()


def test_without_pyarrow_parquet_is_refused_with_the_extra(photos, tmp_path, monkeypatch):
    found = screen(*photos)
    found.save(tmp_path / "parquet", format="parquet")
    monkeypatch.setattr("kinv.requirements.installed", lambda name: False)
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    monkeypatch.setattr(pd.DataFrame, "to_parquet", lambda *_, **__: importlib.import_module("pyarrow"))
    monkeypatch.setattr(pd, "read_parquet", lambda *_: importlib.import_module("pyarrow"))
    for refused in (
        lambda: found.save(tmp_path / "again", format="parquet"),
        lambda: analysis.Screening.load(tmp_path / "parquet"),
    ):
        with pytest.raises(ImportError, match=r"Parquet.* needs the package pyarrow.*: pip install 'kinv\[parquet\]'"):
            refused()


def test_a_finished_run_is_read_not_repeated(photos, tmp_path):
    first = screen(*photos, results=tmp_path)
    with pytest.MonkeyPatch.context() as patch:
        kill_after(patch, 0)
        again = screen(*photos, results=tmp_path)
    pd.testing.assert_frame_equal(again.softmax, first.softmax)


def test_results_of_another_run_are_left_alone(photos, tmp_path):
    screen(*photos, results=tmp_path / "a")
    before = {path.name: path.read_bytes() for path in (tmp_path / "a").iterdir()}
    for changed in ({"seed": 1}, {"fill": "reflect"}, {"magnitudes": {"rotation": [0, 5]}}):
        with pytest.raises(ValueError, match="another run"):
            screen(*photos, results=tmp_path / "a", **changed)
    with pytest.raises(ValueError, match="weights"):
        kinv.screen(threshold_classifier(120.0), *photos, list(SMALL), SMALL, batch_size=7, results=tmp_path / "a")
    with pytest.raises(ValueError, match="images"):
        screen(photos[0][::-1], photos[1], results=tmp_path / "a")
    assert {path.name: path.read_bytes() for path in (tmp_path / "a").iterdir()} == before
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "mine.txt").write_text("precious")
    with pytest.raises(ValueError, match="files other than a screening"):
        screen(*photos, results=tmp_path / "b")
    assert [path.name for path in (tmp_path / "b").iterdir()] == ["mine.txt"]


@pytest.mark.parametrize("format", ["parquet", "csv"])
def test_saved_and_loaded(photos, tmp_path, format):
    screening = screen(*photos)
    screening.save(tmp_path / "kept", format)
    loaded = analysis.Screening.load(tmp_path / "kept")
    for name in ("accuracy", "softmax", "critical_points"):
        pd.testing.assert_frame_equal(getattr(loaded, name), getattr(screening, name))
    assert loaded.metadata == json.loads(json.dumps(screening.metadata))
    with pytest.raises(FileExistsError):
        screening.save(tmp_path / "kept", format)
    with pytest.raises(ValueError, match="'xlsx'"):
        screening.save(tmp_path / "other", "xlsx")


def test_several_networks_join(photos):
    one, other = screen(*photos), screen(*photos)
    with pytest.raises(ValueError, match="different names"):
        analysis.Screening.join([one, other])
    other = analysis.Screening(*(t.assign(network="b") for t in (other.accuracy, other.softmax, other.critical_points)))
    joined = analysis.Screening.join([one, other])
    assert joined.accuracy.groupby("network").size().to_dict() == {"b": 8, "threshold": 8}


def test_order_datasets_and_learned_weights_tell_runs_apart(photos, tmp_path):
    images, labels = photos
    screen(images, labels, results=tmp_path / "order")
    with pytest.raises(ValueError, match="transformations"):
        screen(images, labels, transformations=list(SMALL)[::-1], results=tmp_path / "order")
    screen(tf.data.Dataset.from_tensor_slices((images, labels)), results=tmp_path / "dataset")
    with pytest.raises(ValueError, match="images"):
        screen(tf.data.Dataset.from_tensor_slices((images[::-1], labels[::-1])), results=tmp_path / "dataset")
    first, second = (
        {"transformations": [InvariantTransformer(family="paper", seed=seed)], "magnitudes": None} for seed in (1, 2)
    )
    screen(images, labels, **first, results=tmp_path / "learned")
    with pytest.raises(ValueError, match="transformations"):
        screen(images, labels, **second, results=tmp_path / "learned")
