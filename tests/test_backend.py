"""Compiled models: traced once, current, not kept alive. tests/backends/ has the other backends."""

import gc
import weakref

import keras
import numpy as np
from keras import layers

from kinv import backend


def small_model():
    inputs = layers.Input((4, 4, 3))
    return keras.Model(inputs, layers.Dense(2, name="dense")(layers.Flatten()(inputs)))


def test_one_trace_serves_all_batches_and_all_callers(random):
    traces = []

    class Counting(layers.Layer):
        def call(self, x):
            traces.append(x.shape)  # Python runs only while TensorFlow traces
            return x

    inputs = layers.Input((4, 4, 3))
    model = keras.Model(inputs, Counting()(inputs))
    traces.clear()
    for count, dtype in ((1, "float32"), (7, "uint8"), (3, "float64")):
        batch = random.uniform(0, 255, (count, 4, 4, 3)).astype(dtype)
        np.testing.assert_allclose(backend.compile_model(model)(batch), batch, rtol=1e-6)
    assert len(traces) == 1


def test_it_follows_the_weights(random):
    model, batch = small_model(), random.normal(size=(2, 4, 4, 3)).astype("float32")
    before = backend.compile_model(model)(batch)
    model.get_layer("dense").set_weights([2 * weight for weight in model.get_layer("dense").get_weights()])
    np.testing.assert_allclose(backend.compile_model(model)(batch), 2 * np.asarray(before), rtol=1e-5)


def test_a_model_is_freed(random):
    model = small_model()
    backend.compile_model(model)(random.normal(size=(2, 4, 4, 3)))
    reference = weakref.ref(model)
    del model
    gc.collect()
    assert reference() is None


def test_functions_of_one_line_are_not_taken_for_retracing(caplog):
    for factor in range(12):  # TensorFlow warns from the fifth trace on
        compiled = backend.compile(lambda x, factor=factor: factor * x)
        assert float(compiled(keras.ops.ones(()))) == factor
        model = small_model()
        backend.compile_model(model)(np.ones((2, 4, 4, 3)))
    assert "retracing" not in caplog.text
