"""A full disk is an error that says so, and leaves what was there before."""

import os

import keras
import numpy as np
import pytest
from keras import layers

from kinv.artifacts import weights as artifact_weights
from kinv.training.weights_file import save_weights, write_whole

from ..full_disk import files_of_at_most


def model():
    return keras.Sequential([layers.Input((30,)), layers.Dense(20)])


def test_weights_come_back(tmp_path):
    first, second = model(), model()
    save_weights(first, tmp_path / "w.weights.h5")
    second.load_weights(tmp_path / "w.weights.h5")
    for one, other in zip(first.get_weights(), second.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
    assert os.listdir(tmp_path) == ["w.weights.h5"]


def fail(descriptor):
    raise OSError(28, "No space left on device")


def test_a_full_disk_leaves_the_weights_from_before(tmp_path, monkeypatch):
    path = tmp_path / "w.weights.h5"
    save_weights(model(), path)
    before = path.read_bytes()
    monkeypatch.setattr(os, "replace", lambda *paths: fail(paths))
    with pytest.raises(
        OSError, match=r"No space left on device: the whole file could not be written: .*w\.weights\.h5"
    ):
        save_weights(model(), path)
    with pytest.raises(OSError, match="No space left"):
        artifact_weights.halve(path)
    assert path.read_bytes() == before and os.listdir(tmp_path) == ["w.weights.h5"]


def test_a_disk_that_takes_a_part_is_as_if_it_took_nothing(tmp_path):
    path = tmp_path / "w.weights.h5"
    path.write_bytes(b"before")
    with files_of_at_most(1000), pytest.raises(OSError, match=r"could not be written: .*w\.weights\.h5"):
        save_weights(model(), path)
    assert path.read_bytes() == b"before" and os.listdir(tmp_path) == ["w.weights.h5"]


def test_a_file_is_replaced(tmp_path):
    write_whole(tmp_path / "a", b"one")
    write_whole(tmp_path / "a", b"two")
    assert (tmp_path / "a").read_bytes() == b"two"
