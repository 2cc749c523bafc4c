"""One run at a time: in other threads and processes, and never longer than the process that holds the lock."""

import errno
import os
import subprocess
import sys
import threading
from pathlib import Path

import keras
import numpy as np
import pytest

import kinv
from kinv.analysis.screening.resume import RunInFolder
from kinv.artifacts.atomic import placed
from kinv.cli.networks import OnImages
from kinv.cli.screen import Screen
from kinv.locks import NAME, FolderLock, Lock
from kinv.training import Checkpoint
from recipes.experiment.experiment import Config, Experiment

IN_USE = "is in use by another run"
HOLDS = """
import sys, time
from kinv.locks import FolderLock
lock = FolderLock(sys.argv[1])
lock.acquire()
print("held", flush=True)
time.sleep(60)
"""


@pytest.fixture
def another_process(tmp_path):
    """A process that holds `tmp_path / "run"`."""
    process = subprocess.Popen([sys.executable, "-c", HOLDS, tmp_path / "run"], stdout=subprocess.PIPE)
    assert process.stdout.readline() == b"held\n"
    yield process
    process.kill()
    process.wait()


def elsewhere(use):
    """What a function raises in another thread."""
    raised = []

    def run():
        try:
            use()
        except ValueError as error:
            raised.append(str(error))

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    return "".join(raised)


def test_a_second_run_is_refused_until_the_first_ends_however_it_ends(another_process, tmp_path):
    folder = tmp_path / "run"
    network = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    network.compile("sgd", "mse")
    uses = [
        lambda: FolderLock(folder).acquire(),
        lambda: RunInFolder(folder).__enter__(),
        lambda: network.fit(np.ones((2, 2)), np.ones(2), verbose=0, callbacks=[Checkpoint(folder)]),
    ]
    for use in uses:
        with pytest.raises(ValueError, match=IN_USE):
            use()
    assert os.listdir(folder) == [NAME]
    another_process.kill()
    another_process.wait()
    for use in uses[1:]:
        use_and_leave = use()
        if isinstance(use_and_leave, RunInFolder):
            use_and_leave.__exit__()
        assert NAME not in os.listdir(folder)


def test_a_thread_may_hold_a_folder_twice_and_others_not_at_all(tmp_path):
    with FolderLock(tmp_path) as outer, FolderLock(tmp_path):
        assert IN_USE in elsewhere(FolderLock(tmp_path).acquire)
        outer.acquire()  # nothing new
    assert not elsewhere(FolderLock(tmp_path / ".").acquire)


def test_two_runs_of_a_recipe_with_the_same_settings(tmp_path):
    def experiment(seed=0):
        config = Config(checkpoints=tmp_path, seed=seed)
        return Experiment(config, config, "recipes.any")

    first = experiment()
    with first.held:
        first.kept_run()
        first.kept_run()
        assert IN_USE in elsewhere(lambda: experiment().kept_run())
        assert not elsewhere(lambda: experiment(seed=1).kept_run())
    assert not elsewhere(lambda: experiment().kept_run())


def test_a_screening_that_fails_lets_the_next_one_in(tmp_path):
    with pytest.raises(RuntimeError), RunInFolder(tmp_path) as run:
        run.open({"seed": 0})
        raise RuntimeError
    with pytest.raises(ValueError, match="another run"), RunInFolder(tmp_path) as run:
        run.open({"seed": 1})
    assert not elsewhere(lambda: RunInFolder(tmp_path).__enter__())


def test_a_folder_that_is_in_use_is_refused_before_anything_takes_time(tmp_path, monkeypatch, no_data_folder):
    monkeypatch.setattr(OnImages, "load", lambda self: pytest.fail("TensorFlow would start"))
    monkeypatch.setattr("kinv.analysis.screening.screen.ImageStream", lambda *args: pytest.fail("images would be read"))
    network = keras.Sequential([keras.Input((4, 4, 3)), keras.layers.Flatten(), keras.layers.Dense(2)])
    images = np.full((2, 4, 4, 3), 100, "float32")
    with FolderLock(tmp_path / "tables"):
        assert IN_USE in elsewhere(lambda: Screen(output=tmp_path, classifier="squeezenet", images="photos").result())
        assert IN_USE in elsewhere(lambda: kinv.screen(network, images, results=tmp_path / "tables"))
    assert not list(tmp_path.iterdir())


def test_a_lock_leaves_no_empty_folders_of_its_own(tmp_path):
    with FolderLock(tmp_path / "a" / "b"):
        assert (tmp_path / "a" / "b").is_dir()
    assert not list(tmp_path.iterdir())
    (tmp_path / "mine").mkdir()
    with FolderLock(tmp_path / "mine"), FolderLock(tmp_path / "c"):
        (tmp_path / "c" / "result").touch()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["c", "mine"]


def test_drafts_are_cleared_by_their_locks_not_by_names_of_machines_and_numbers_of_processes(tmp_path):
    """Two containers may have the same of both."""
    with placed(tmp_path / "a", lambda folder: None) as draft:
        (draft / "file").write_text("first")
        with placed(tmp_path / "a", lambda folder: None) as second:
            (second / "file").write_text("second")
        assert draft.is_dir()
    assert (tmp_path / "a" / "file").read_text() == "first" and os.listdir(tmp_path) == ["a"]
    left = Lock(tmp_path / f".a.{'0' * 16}.lock")
    left.path.touch()  # as a kill leaves it
    (tmp_path / f".a.{'0' * 16}" / "a").mkdir(parents=True)
    with placed(tmp_path / "a", lambda folder: None):
        pass
    assert os.listdir(tmp_path) == ["a"]


@pytest.mark.parametrize("number", [errno.ENOLCK, errno.EROFS])
def test_where_there_are_no_locks_work_goes_on_without(tmp_path, monkeypatch, number):
    def unsupported(self, *args, **kwargs):
        raise OSError(number, "no locks here")

    monkeypatch.setattr("filelock.FileLock.acquire", unsupported)
    with FolderLock(tmp_path / "run"), placed(tmp_path / "a", lambda folder: None):
        assert Lock(tmp_path / "x").acquire() is None
    assert Path(tmp_path / "a").is_dir()
