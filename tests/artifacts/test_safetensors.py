"""Weights as safetensors: every variable, by a name of its own, readable without kinv or Keras."""

import json
from pathlib import Path

import keras
import numpy as np
import pytest
from safetensors import safe_open
from safetensors.numpy import load_file

import kinv
from kinv.artifacts.registry import build
from kinv.artifacts.safetensors_file import named

from .test_golden_artifacts import GOLDEN, NAMES, answers


@pytest.mark.parametrize("name", NAMES)
def test_the_file_alone_makes_the_model_again(name, tmp_path):
    model = kinv.load(GOLDEN / name)
    assert kinv.export(model, tmp_path / "out", "safetensors") == {"weights": tmp_path / "out" / "model.safetensors"}
    path = tmp_path / "out" / "model.safetensors"
    with safe_open(path, "np") as file:
        known = file.metadata()
    again = build(known["class"], json.loads(known["config"]))
    arrays, variables = load_file(path), named(again)
    assert set(arrays) == set(variables)  # names do not depend on what else was built in this process
    for key, variable in variables.items():
        variable.assign(arrays[key])
    for one, other in zip(model.variables, again.variables, strict=True):
        if not keras.backend.is_float_dtype(one.dtype):  # the state of a random generator or of a training
            other.assign(one)
    found = answers(again)
    for endpoint, values in answers(model).items():
        np.testing.assert_allclose(found[endpoint], values, rtol=1e-6, atol=1e-6 * np.abs(values).max())


def test_parts_with_layers_of_one_name_come_first():
    model = kinv.load(GOLDEN / "autoencoder")
    names = list(named(model))
    assert any(name.startswith("encoder/") for name in names) and any(name.startswith("decoder/") for name in names)


def test_two_variables_of_one_name_are_refused():
    class Odd(keras.layers.Layer):
        def build(self, shape):
            self.first = self.add_weight(name="same")
            self.second = self.add_weight(name="same")

        def call(self, inputs):
            return inputs

    model = keras.Sequential([keras.Input((2,)), Odd(name="odd")])
    with pytest.raises(ValueError, match=r"two variables are called 'odd/.*odd/same'"):
        named(model)


def test_an_artifact_may_hold_it(tmp_path):
    import shutil

    from kinv.artifacts.manifest import write_manifest
    from kinv.artifacts.safetensors_file import export_safetensors

    shutil.copytree(GOLDEN / "rbm", tmp_path / "rbm")
    export_safetensors(kinv.load(tmp_path / "rbm"), Path(tmp_path / "rbm"))
    write_manifest(tmp_path / "rbm")
    assert "model.safetensors" in kinv.verify(tmp_path / "rbm")
