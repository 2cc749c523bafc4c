"""Weights in half the space: rounded, read back as float32, refused where float16 does not reach."""

import h5py
import numpy as np
import pytest

import kinv
from kinv.artifacts.weights import check_weights
from kinv.models import StackedDenoisingAutoencoder


def test_halved_weights_are_rounded_and_take_half_the_space(tmp_path):
    stack = StackedDenoisingAutoencoder((200, 300))
    whole = kinv.save(stack, tmp_path / "whole", saved_model=False)
    half = kinv.save(stack, tmp_path / "half", half=True, saved_model=False)
    sizes = [(folder / "model.weights.h5").stat().st_size for folder in (whole, half)]
    assert sizes[1] < 0.6 * sizes[0] and not (half / "saved_model").exists()
    kernel = np.asarray(stack.blocks[0].kernel)
    again = np.asarray(kinv.load(half).blocks[0].kernel)
    assert again.dtype == np.float32
    np.testing.assert_array_equal(again, kernel.astype("float16"))
    np.testing.assert_array_equal(np.asarray(kinv.load(whole).blocks[0].kernel), kernel)


def test_too_large_weights_are_refused_and_nothing_is_left(tmp_path):
    stack = StackedDenoisingAutoencoder((4, 3))
    stack.blocks[0].hidden_bias.assign([1e5, 0, 0])
    with pytest.raises(ValueError, match="beyond float16"):
        kinv.save(stack, tmp_path / "half", half=True)
    assert not list(tmp_path.iterdir())


def test_an_array_without_a_shape_is_refused_in_plain_words(tmp_path):
    path = tmp_path / "model.weights.h5"
    with h5py.File(path, "w") as file:
        file["empty"] = h5py.Empty("f4")
    with pytest.raises(kinv.ArtifactError, match="'empty' is neither a group nor an array"):
        check_weights(path)
