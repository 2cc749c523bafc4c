"""Folders that several processes write and read at once, and processes that are killed: always one version, whole."""

import errno
import os
import shutil
import signal
import subprocess
import sys
import textwrap
import time

import numpy as np
import pytest

import kinv
from kinv.artifacts import atomic
from kinv.artifacts.atomic import placed, unchanged
from kinv.models import RestrictedBoltzmannMachine


def machine(value):
    model = RestrictedBoltzmannMachine(6, 4)
    for weight in model.weights:
        weight.assign(np.full(weight.shape, value))
    return model


@pytest.fixture(scope="module")
def versions(tmp_path_factory):
    """Two artifacts of the same name: all weights 1, all weights 2."""
    folder = tmp_path_factory.mktemp("versions")
    return [kinv.save(machine(value), folder / str(value), saved_model=False) for value in (1, 2)]


def value_of(folder):
    """1 or 2, if all of an artifact is of one version."""
    (value,) = {float(number) for weight in kinv.load(folder).get_weights()[:3] for number in weight.flat}
    return value


def anything(folder):
    """May be replaced."""


def put(source, folder):
    with placed(folder, anything) as draft:
        shutil.copytree(source, draft, dirs_exist_ok=True)


def start(code, *arguments):
    """A process that puts, without Keras."""
    begin = "import os, shutil, sys, time\nfrom pathlib import Path\nfrom kinv.artifacts import atomic\n"
    return subprocess.Popen([sys.executable, "-c", begin + textwrap.dedent(code), *map(str, arguments)])


FOR_EVER = """
    sources, folder, pause = [Path(name) for name in sys.argv[1:3]], Path(sys.argv[3]), float(sys.argv[4])
    while True:
        for source in sources:
            with atomic.placed(folder, lambda folder: None) as draft:
                shutil.copytree(source, draft, dirs_exist_ok=True)
            time.sleep(pause)
"""


def test_two_writers_and_a_reader(versions, tmp_path):
    folder = tmp_path / "machine"
    writers = [start(FOR_EVER, *ordered, folder, 0.2) for ordered in (versions, versions[::-1])]
    try:
        while not folder.exists():
            time.sleep(0.01)
        seen = [value_of(folder) for _ in range(40)]
    finally:
        for writer in writers:
            writer.kill()
            writer.wait()
    assert set(seen) == {1.0, 2.0}
    put(versions[0], folder)
    assert os.listdir(tmp_path) == ["machine"]  # what the killed ones left is gone


def test_a_writer_killed_at_any_moment(versions, tmp_path):
    folder = tmp_path / "machine"
    put(versions[0], folder)
    random = np.random.default_rng(0)
    for _ in range(12):
        writer = start(FOR_EVER, *versions, folder, 0)
        time.sleep(0.15 + 0.1 * random.random())
        writer.send_signal(signal.SIGKILL)
        writer.wait()
        assert value_of(folder) in (1.0, 2.0)
    put(versions[1], folder)
    assert value_of(folder) == 2.0 and os.listdir(tmp_path) == ["machine"]


AT_A_STEP = """
    source, folder, last = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
    steps = 0

    def step(frame, event, argument):
        global steps
        if event in ("call", "c_call", "line") and "atomic" in frame.f_code.co_filename:
            steps += 1
            if steps == last:
                os.kill(os.getpid(), 9)
        return step

    sys.settrace(step)
    with atomic.placed(folder, lambda folder: None) as draft:
        shutil.copytree(source, draft, dirs_exist_ok=True)
"""


@pytest.mark.long
@pytest.mark.parametrize("can_exchange", [True, False])
def test_a_writer_killed_at_every_step(versions, tmp_path, can_exchange):
    """Line by line of the module that moves folders; without the system's exchange, the next writer mends."""
    folder, code = tmp_path / "machine", AT_A_STEP
    if not can_exchange:
        code = code.replace("steps = 0\n", "steps = 0\n    atomic.sys = type('Other', (), {'platform': 'other'})\n", 1)
    put(versions[0], folder)
    whole = steps = 0
    while True:
        steps += 1
        writer = start(code, versions[1], folder, steps)
        if writer.wait() == 0:
            break
        if can_exchange or folder.exists():
            whole += 1
            assert value_of(folder) in (1.0, 2.0)
    assert value_of(folder) == 2.0
    assert steps > 20 and whole >= (steps - 1 if can_exchange else steps - 5)
    put(versions[0], folder)
    assert os.listdir(tmp_path) == ["machine"] and value_of(folder) == 1.0


def test_a_folder_that_is_never_still_is_an_error(tmp_path):
    tmp_path.joinpath("machine").mkdir()

    def read(folder):
        put(folder, folder)
        raise OSError("gone")

    with pytest.raises(kinv.ArtifactError, match="again and again"):
        unchanged(tmp_path / "machine", read)


def test_what_a_living_process_writes_is_left_alone(versions, tmp_path):
    with placed(tmp_path / "machine", anything) as draft:
        put(versions[1], tmp_path / "machine")
        assert draft.is_dir()
        shutil.copytree(versions[0], draft, dirs_exist_ok=True)
    assert value_of(tmp_path / "machine") == 1.0


def test_a_system_without_exchange_replaces_in_two_steps(versions, tmp_path, monkeypatch):
    monkeypatch.setattr(atomic.sys, "platform", "other")
    for source in (*versions, versions[0]):
        put(source, tmp_path / "machine")
    assert value_of(tmp_path / "machine") == 1.0 and os.listdir(tmp_path) == ["machine"]


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (OSError(errno.ENOSPC, "full"), "[Errno 28] full: '{folder}'"),
        (PermissionError(errno.EACCES, "closed", "/elsewhere"), "[Errno 13] closed: '/elsewhere'"),
        (ConnectionError("no network"), "no network"),
    ],
)
def test_an_error_of_the_disk_names_the_folder_and_no_draft(tmp_path, error, said):
    with pytest.raises(type(error)) as raised, placed(tmp_path / "a", anything):
        raise error
    assert str(raised.value) == said.format(folder=tmp_path / "a")
    with pytest.raises(FileNotFoundError) as missing, placed(tmp_path / "a", anything) as draft:
        (draft / "b").read_bytes()
    assert missing.value.filename == str(tmp_path / "a" / "b")
