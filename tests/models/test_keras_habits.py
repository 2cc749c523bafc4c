"""What Keras users do with any model works with each method, before and without training."""

import inspect
import re

import keras
import numpy as np
import pytest
import tensorflow as tf

import kinv

from .every_method import MODELS, all_models, inputs_of, made


@all_models
def test_names_are_unique_and_types_as_asked(name):
    build = MODELS[name][0]
    one, two = build(), build()
    assert one.name != two.name and one.name.startswith(re.sub(r"_\d+$", "", two.name))
    half = build(dtype="float16", name="half", trainable=False)
    x = inputs_of(half)
    assert half.name == "half" and not half.trainable_weights
    assert half(x).dtype == tf.float16 and one(x).dtype == tf.float32
    with pytest.raises(TypeError, match="unheard_of"):
        build(unheard_of=1)


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])
@all_models
def test_sums_are_float32_whatever_the_policy(name, policy):
    model, _ = made(name, compiled=False)
    x = inputs_of(model)
    expected = np.asarray(model(x))
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(policy)
    try:
        again = MODELS[name][0]()
        assert {weight.dtype for weight in again.weights} <= {"float32", "int32"}
        found = again(x)
        assert keras.config.dtype_policy().name == policy
    finally:
        keras.config.set_dtype_policy(before)
    assert found.dtype == tf.float32
    np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-4)


@all_models
def test_calls_and_predictions_are_repeatable(name):
    model, _ = made(name, compiled=False)
    x = inputs_of(model)
    np.testing.assert_array_equal(model(x), model(x))
    np.testing.assert_array_equal(model.predict(x, verbose=0), model.predict(x, verbose=0))


@all_models
def test_a_model_never_called_is_exported_as_keras_does(name, tmp_path):
    model, _ = made(name, compiled=False)
    model.export(str(tmp_path / "exported"), verbose=False)
    x = inputs_of(model)
    loaded = tf.saved_model.load(str(tmp_path / "exported"))
    np.testing.assert_allclose(loaded.serve(x), model(x), rtol=1e-4, atol=1e-2)


@all_models
def test_clones_and_configurations(name):
    model, _ = made(name, compiled=False)
    for again in (type(model).from_config(model.get_config()), keras.models.clone_model(model)):
        assert again.get_config() == model.get_config()
        assert [one.shape for one in again.weights] == [one.shape for one in model.weights]
    assert "dtype" not in model.get_config()
    assert MODELS[name][0](dtype="float16").get_config()["dtype"] == "float16"


def test_seeds_of_layers_are_none_and_of_methods_fixed():
    for name, member in inspect.getmembers(kinv.layers):
        parameters = inspect.signature(member).parameters if inspect.isclass(member) else {}
        assert "seed" not in parameters or parameters["seed"].default is None, name
    one, other = (kinv.layers.Corruption("gaussian", 1.0)(np.zeros((2, 9), "float32"), training=True) for _ in "ab")
    assert not np.array_equal(one, other)
    for build, _ in MODELS.values():
        one, other = build(), build()
        assert all(np.array_equal(a, b) for a, b in zip(one.get_weights(), other.get_weights(), strict=True))
