"""A command that can't go on ends with one line and a status that is not 0."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from kinv import places
from kinv.artifacts.errors import ArtifactError
from kinv.cli.failures import one_line_errors

KINV = "from kinv.cli import main; main()"


class OpError(Exception):
    """As TensorFlow's is called."""


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (ValueError("two\nlines \x1b[31m"), "error: two lines \N{REPLACEMENT CHARACTER}[31m"),
        (ArtifactError("not whole"), "error: not whole"),
        (FloatingPointError("diverged"), "error: diverged"),
        (PermissionError(13, "Permission denied", "a\nb"), "error: Permission denied: a b"),
        (OSError(28, "No space left on device"), "error: No space left on device"),
        (OSError("Error writing bytes"), "error: Error writing bytes"),
        (
            RuntimeError("Can't (file write failed: time\n, filename = '/a/b.h5', errno = 28, error = 'x'"),
            "error: No space left on device: /a/b.h5",
        ),
        (OpError("x; No space left on device"), "error: x; No space left on device"),
        (BrokenPipeError(32, "Broken pipe"), "error: standard output was closed"),
    ],
)
def test_what_is_no_bug_is_one_line(error, line):
    with pytest.raises(SystemExit) as ended, one_line_errors():
        raise error
    assert str(ended.value).startswith(line) and "\n" not in str(ended.value)


def test_a_bug_keeps_its_traceback_and_a_status_its_number():
    with pytest.raises(KeyError), one_line_errors():
        raise KeyError("bug")
    for status in (0, 2):
        with pytest.raises(SystemExit) as ended, one_line_errors():
            sys.exit(status)
        assert ended.value.code == status
    with pytest.raises(SystemExit) as ended, one_line_errors():
        raise KeyboardInterrupt
    assert ended.value.code == 130


def run(*arguments, command=KINV, **settings):
    environment = {"PYTHONPATH": str(Path(__file__).parents[2]), **settings.pop("env", os.environ)}
    done = subprocess.run(
        [sys.executable, "-c", command, *arguments], stderr=subprocess.PIPE, text=True, env=environment, **settings
    )
    return done.returncode, done.stderr.splitlines()


@pytest.mark.parametrize("arguments", [["--version"], ["verify", "digit_cnn"]])
def test_a_full_disk_behind_the_output(arguments):
    if not Path("/dev/full").exists():
        pytest.skip("needs /dev/full")
    with open("/dev/full", "w") as full:
        assert run(*arguments, stdout=full) == (1, ["error: No space left on device"])


def test_an_output_that_nobody_reads():
    reading, writing = os.pipe()
    os.close(reading)
    status, lines = run("--help", stdout=writing)
    os.close(writing)
    assert status == 1 and len(lines) == 1 and lines[0].startswith("error: standard output was closed")


def test_a_working_folder_that_was_removed_is_named_or_not_needed():
    removed = "import os, tempfile; folder = tempfile.mkdtemp(); os.chdir(folder); os.rmdir(folder); "
    assert run("list", command=removed + KINV, stdout=subprocess.DEVNULL) == (0, [])
    needed = removed + "from kinv.cli.failures import one_line_errors\nwith one_line_errors(): os.getcwd()"
    status, lines = run(command=needed)
    assert status == 1 and lines == ["error: the working folder was removed: change into one that exists."]


def test_a_user_without_a_home(monkeypatch):
    monkeypatch.setattr(os.path, "expanduser", lambda path: path)  # as where the system knows none
    for variable in ("TFDS_DATA_DIR", "KERAS_HOME"):
        monkeypatch.delenv(variable, raising=False)
    assert places.keras_folder() == Path("~/.keras") and places.tfds_folder() == Path("~/tensorflow_datasets")
    assert Path("~/.keras/models") in places.weight_folders()
    without = {name: value for name, value in os.environ.items() if name != "HOME"}
    assert run("list", env=without, stdout=subprocess.DEVNULL) == (0, [])
