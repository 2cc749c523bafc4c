"""Artifacts that earlier versions wrote load, and answer as they did then."""

import json
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from packaging.version import Version

import kinv
from kinv.artifacts.registry import CLASSES

from .rounding import SEVERAL, moved_by_rounding
from .write_golden import answers, example

GOLDEN = Path(__file__).parent / "golden"
NAMES = sorted(path.stem for path in GOLDEN.glob("*.npz"))


def known(name):
    with np.load(GOLDEN / f"{name}.npz") as file:
        return dict(file)


@pytest.mark.parametrize("name", NAMES)
def test_it_answers_as_it_did(name):
    assert Version(json.loads((GOLDEN / name / "config.json").read_text())["kinv"]) <= Version(kinv.__version__)
    now, then = answers(kinv.load(GOLDEN / name)), known(name)
    assert set(then) <= set(now)  # endpoints may be added, never taken away
    limits = {endpoint: 1e-6 * np.abs(values).max() for endpoint, values in then.items()}
    if any(
        np.abs(now[endpoint].astype("float64") - then[endpoint]).max() > limit for endpoint, limit in limits.items()
    ):
        nearby = answers(moved_by_rounding(kinv.load(GOLDEN / name)))  # is it more than another processor's rounding?
        for endpoint, limit in limits.items():
            rounding = np.abs(nearby[endpoint].astype("float64") - now[endpoint]).max()
            limits[endpoint] = max(limit, SEVERAL * rounding)
            assert limits[endpoint] < 1e3 * limit, f"{endpoint} is no use: rounding alone moves it by {rounding}"
    for endpoint, values in then.items():
        np.testing.assert_allclose(now[endpoint], values, rtol=1e-6, atol=limits[endpoint], err_msg=endpoint)


@pytest.mark.parametrize("name", [name for name in NAMES if (GOLDEN / name / "saved_model").is_dir()])
def test_its_saved_model_answers_too(name):
    from kinv.artifacts.registry import endpoints

    served = tf.saved_model.load(str(GOLDEN / name / "saved_model"))
    model = kinv.load(GOLDEN / name)
    for endpoint, values in known(name).items():
        inputs = [tf.constant(example(spec)) for spec in endpoints(model)[endpoint][1]]
        atol = 1 if values.dtype == np.uint8 else 1e-5 * np.abs(values).max()
        np.testing.assert_allclose(np.asarray(getattr(served, endpoint)(*inputs), "float64"), values, atol=atol)


def test_every_class_is_there():
    classes = {json.loads((GOLDEN / name / "config.json").read_text())["class"] for name in NAMES}
    assert classes == set(CLASSES)


@pytest.mark.parametrize("name", NAMES)
def test_it_can_be_trained_on(name):
    """All of its variables are there: the loader makes them after the model."""
    model = kinv.load(GOLDEN / name)
    for metric in model.metrics:
        metric.reset_state()
    for layer in model._flatten_layers():
        for variable in (*layer.variables, *(variable for metric in layer.metrics for variable in metric.variables)):
            variable.assign(variable.value)
    if name == "rbm":
        model.compile()
        model.fit(np.zeros((4, 6), "float32"), verbose=0)
    if name == "sigmoid_network":
        model.compile("sgd", "mse")
        model.fit(np.zeros((4, 4, 4, 1), "float32"), np.zeros((4, 3)), verbose=0)
