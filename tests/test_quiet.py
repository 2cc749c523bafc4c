"""What libraries write to file descriptor 2 is dropped while a block runs, and only then."""

import os
import tempfile
import threading

import pytest

from kinv.quiet import stderr_dropped


def test_what_is_written_in_the_block_is_dropped(capfd):
    with stderr_dropped(shown_on_error=True):
        os.write(2, b"noise")
    os.write(2, b"after")
    assert capfd.readouterr().err == "after"


@pytest.mark.parametrize(("shown", "seen"), [(True, "noise"), (False, "")])
def test_an_error_shows_it_or_says_it_all(capfd, shown, seen):
    with pytest.raises(KeyError), stderr_dropped(shown_on_error=shown):
        os.write(2, b"noise")
        raise KeyError
    os.write(2, b".")
    assert capfd.readouterr().err == f"{seen}."


def test_threads_take_turns(capfd):
    inside, both = [], threading.Barrier(2)

    def work():
        both.wait()
        with stderr_dropped(shown_on_error=False):
            inside.append(1)
            assert len(inside) == 1
            os.write(2, b"noise")
            inside.pop()

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    os.write(2, b"after")
    assert capfd.readouterr().err == "after" and not inside


def test_without_a_folder_for_temporary_files_nothing_is_dropped(capfd, monkeypatch):
    def fail():
        raise FileNotFoundError("No usable temporary directory found")

    monkeypatch.setattr(tempfile, "TemporaryFile", fail)
    with stderr_dropped(shown_on_error=False):
        os.write(2, b"seen")
    assert capfd.readouterr().err == "seen"
