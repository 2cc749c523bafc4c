"""Files of weights that are not the network's: nothing is set, and the error names the file."""

import pickle

import h5py
import keras
import numpy as np
import pytest
from keras import layers

from kinv import classifiers
from kinv.classifiers import applications, squeezenet
from kinv.classifiers.layer_weights import set_layers
from tests.data.test_foreign_files import write_zip


def small():
    return keras.Sequential([layers.Input((4,)), layers.Dense(3, name="a"), layers.ReLU(), layers.Dense(2, name="b")])


def arrays():
    return {"a": [np.ones((4, 3)), np.ones(3)], "b": [np.ones((3, 2)), np.ones(2)]}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"c": []}, "has unknown layers: c"),
        ({"a": [np.ones((3, 4)), np.ones(3)]}, r"shapes \[\(4, 3\), \(3,\)\], received"),
        ({"b": [np.ones((3, 2))]}, "b must have the shapes"),
        ({"b": [np.ones((3, 2)), np.array([1, np.nan])]}, "NaN or infinity"),
        ({"b": ["one", "two"]}, "arrays of numbers"),
    ],
)
def test_other_arrays_are_refused_and_nothing_is_set(changes, said):
    model = small()
    before = model.get_weights()
    with pytest.raises(ValueError, match=said):
        set_layers(model, arrays() | changes)
    for now, then in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(now, then)
    set_layers(model, arrays())
    assert all((weights == 1).all() for weights in model.get_weights())


def test_missing_layers_are_refused():
    with pytest.raises(ValueError, match="lacks layers: a, b"):
        set_layers(small(), {})


@pytest.mark.parametrize("content", [{}, [], {"conv1": [np.zeros(3)]}, np.zeros(3), b"cut"])
def test_squeezenet_is_never_left_random(tmp_path, content):
    path = tmp_path / "w.pkl"
    path.write_bytes(content if isinstance(content, bytes) else pickle.dumps(content))
    with pytest.raises(ValueError, match=str(path)):
        squeezenet.load_weights(squeezenet.build(), path)


def test_efficientnet_and_alexnet_want_all_their_tensors(tmp_path):
    write_zip(tmp_path / "w.pth", {}, {})
    with pytest.raises(ValueError, match=r"w\.pth does not hold the weights of efficientnet_lite0: it lacks tensors"):
        classifiers.load("efficientnet_lite0", weights=tmp_path / "w.pth")


def hide(file):
    file["a"] = h5py.SoftLink("/b")


@pytest.mark.parametrize("suffix", [".h5", ".weights.h5"])
@pytest.mark.parametrize(
    "fill", [None, lambda file: None, hide, lambda file: file.create_dataset("a", (10**10,), chunks=(9,))]
)
def test_hdf5_of_another_network_is_refused(tmp_path, suffix, fill):
    path = tmp_path / f"w{suffix}"
    path.write_bytes(b"text")
    if fill is not None:
        with h5py.File(path, "w") as file:
            fill(file)
    with pytest.raises(ValueError, match=str(path)):
        applications.load_weights(small(), path)
