"""Sampling, colours, hash, screening, matched images and units on JAX and PyTorch: they agree with TensorFlow."""

import importlib.util
import os
import subprocess
import sys

import numpy as np
import pytest

SCRIPT = """
import sys
import numpy as np
import keras
from keras import ops
from kinv import backend
from kinv.ops.affine import affine_color, affine_sample
from kinv.ops.stateless_random import hashed_uniform

random = np.random.default_rng(0)
images = random.uniform(0, 255, (3, 12, 9, 3)).astype("float32")
space = (np.eye(2, 3) + 0.2 * random.normal(size=(3, 2, 3))).astype("float32")
color = (np.eye(3, 4) + 0.1 * random.normal(size=(3, 3, 4))).astype("float32")
weights = ops.convert_to_tensor(random.normal(size=images.shape).astype("float32"))
results = {"hash": ops.convert_to_numpy(hashed_uniform(ops.convert_to_tensor([3, 5], dtype="int32"), 50, 3))}
for fill in ("zeros", "reflect", "nearest"):
    def objective(images, space, color):
        return ops.mean(affine_color(affine_sample(images, space, fill), color) * weights)
    value, gradients = backend.value_and_grad(objective)(images, space, color)
    compiled = backend.compile(lambda i, s: affine_sample(i, s, fill))
    sampled = compiled(ops.convert_to_tensor(images), ops.convert_to_tensor(space))
    identity = affine_sample(ops.convert_to_tensor(images), ops.convert_to_tensor(np.eye(2, 3, dtype="float32")), fill)
    assert np.array_equal(ops.convert_to_numpy(identity), images), fill
    results[fill] = ops.convert_to_numpy(sampled)
    results[fill + "_value"] = ops.convert_to_numpy(value)
    for name, gradient in zip(("images", "space", "color"), gradients):
        results[fill + "_" + name] = ops.convert_to_numpy(gradient)
inputs = keras.Input((12, 9, 3))
model = keras.Model(inputs, keras.layers.Dense(4, name="dense")(keras.layers.Flatten()(inputs)))
kernel = random.normal(size=(324, 4)).astype("float32") / 1000
for name, factor in (("model", 1), ("changed_model", 2)):  # compiled once, the weights are looked up every time
    model.get_layer("dense").set_weights([factor * kernel, np.ones(4, "float32")])
    results[name] = ops.convert_to_numpy(backend.compile_model(model)(images))
from kinv import analysis, ops as kinv_ops

chosen = [*kinv_ops.TRANSFORMATIONS, "translate_x+rotation"]
magnitudes = {t.name: t.magnitudes[1::9] for t in kinv_ops.TRANSFORMATIONS.values()}
magnitudes["translate_x+rotation"] = ([0, 0.2], [-30, 0])
screening = analysis.screen(model, images, transformations=chosen, magnitudes=magnitudes, batch_size=2)
options = {"transformations": chosen, "magnitudes": magnitudes, "batch_size": 2}
whole, rounded = (analysis.screen(model, images.round().astype(dtype), **options) for dtype in ("uint8", "float32"))
np.testing.assert_allclose(whole.softmax["softmax"], rounded.softmax["softmax"], atol=1e-4)
assert len(screening.critical_points) > 0
results["screening_softmax"] = screening.softmax["softmax"].to_numpy()
results["screening_distance"] = np.nan_to_num(screening.accuracy["distance"].to_numpy())
from kinv.models import FilterGAN

x = keras.layers.Conv2D(4, 3, padding="same", activation="relu", name="convolution")(inputs)
network = keras.Model(inputs, keras.layers.Dense(3, name="logits")(keras.layers.GlobalAveragePooling2D(name="mean")(x)))
network.set_weights([0.3 * random.normal(size=weights.shape).astype("float32") for weights in network.get_weights()])
gan = FilterGAN(network, "convolution", latent_dim=2, width=4, hidden_units=(4,))
generator = gan.generator  # its first weights differ between backends
generator.set_weights([random.normal(size=weights.shape).astype("float32") for weights in generator.get_weights()])
for place in (None, "mean"):
    matches = analysis.match_activations(
        gan, images[:2], z=np.ones((2, 2)), dimensions=np.array([[0, 1], [1, 0]]), cells=3, steps=2, smoothing=0.7,
        compare_at=place,
    )
    results[f"matches_{place}"] = matches.images
pooled = gan.pooled_classifier(3)
results["pooled"] = ops.convert_to_numpy(backend.compile_model(pooled)(images))
tapped = analysis.tap(network, "convolution")
value, (gradient,) = backend.value_and_grad(
    lambda i: tapped.activation_of(i, ops.convert_to_tensor(np.array([3, 0, 1], "int32")))
)(images)
results["unit_value"], results["unit_gradient"] = ops.convert_to_numpy(value), ops.convert_to_numpy(gradient)
few, many = (
    analysis.maximize_activation(network, "logits", restarts=2, steps=steps, value_range=(0, 1)) for steps in (4, 100)
)
results["maximized_inputs"], results["reached"] = few.inputs, many.best_activations
traced = analysis.trace_manifold(network, "logits", None, few.best, [0, 0.4, 0.8], steps=4, starts=2)
results["traced"], results["reached_along"] = traced.inputs[:, :, 0], traced.activations
product = backend.hessian_product(lambda x: ops.tanh(ops.sum(x * x, axis=-1)))
for jit in (product, backend.compile(product)):
    results["hessian_product"] = ops.convert_to_numpy(jit(kernel, kernel[::-1].copy()))
assert not ops.convert_to_numpy(backend.hessian_product(lambda x: ops.sum(3 * x, axis=-1))(kernel, kernel)).any()
circles = analysis.follow_great_circles(network, "logits", None, few.best, [0, 0.4, 0.8], directions=2, products=4)
results["reached_on_circles"] = circles.activations[:, :, 0]
readable = analysis.maximize_activation(
    network, "convolution", restarts=1, steps=4, jitter=2, cosine_waves=True, variation_weight=1e-3, box=True
)
results["readable"] = readable.inputs
from kinv.layers import FeatureGain, RandomViews, SpectralDecoder

decoder, gains = SpectralDecoder(9), FeatureGain(rows=2)
decoder.adapt(images[:, :9])
results["decoded"] = ops.convert_to_numpy(decoder(gains(kernel.reshape(2, -1)[:, :243])))
results["views"] = ops.convert_to_numpy(RandomViews(1.0, mirror=False)(images))
assert ops.convert_to_numpy(backend.compile(RandomViews(0.5))(images)).shape == images.shape
results["ranks"] = analysis.class_ranks(model, images, [0, 1, 2])
from kinv.analysis.units.known_transformations import transform

changed = transform(images, random.uniform(-0.8, 0.8, (3, 6)).astype("float32"))
results["transformed"] = ops.convert_to_numpy(changed)
known = analysis.decompose_invariance(network, "logits", [0, 1], few.best[:2, ..., :], [0, 0.4], samples=4, proposals=2)
results["reached_by_known"] = np.nan_to_num(known.activations)
np.savez(sys.argv[1], backend=keras.backend.backend(), **results)
"""


def run_on(backend, folder):
    path = folder / f"{backend}.npz"
    environment = {**os.environ, "KERAS_BACKEND": backend, "JAX_PLATFORMS": "cpu"}
    done = subprocess.run([sys.executable, "-c", SCRIPT, str(path)], env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return np.load(path)


@pytest.fixture(scope="module")
def on_tensorflow(tmp_path_factory):
    return run_on("tensorflow", tmp_path_factory.mktemp("tensorflow"))


@pytest.mark.parametrize("backend", ["jax", "torch"])
def test_values_and_gradients_agree(backend, on_tensorflow, tmp_path):
    if importlib.util.find_spec(backend) is None:
        pytest.skip(f"{backend} is not installed (extra `{'torch' if backend == 'torch' else 'test'}`)")
    other = run_on(backend, tmp_path)
    assert str(other["backend"]) == backend
    for name in on_tensorflow.files:
        if name == "backend":
            continue
        expected = on_tensorflow[name]
        scale = max(1.0, float(np.abs(expected).max()))
        tolerance = 5e-4 if name.startswith("matches") else 1e-4  # their second step's size is a small difference's
        if name.startswith("reached"):  # at the end of an ascent, in which rounding grows
            np.testing.assert_allclose(other[name], expected, rtol=0.2, err_msg=name)
            continue
        tolerance = {"unit_value": 1e-5, "unit_gradient": 1e-5, "hessian_product": 1e-6, "maximized_inputs": 1e-3}.get(
            name, tolerance
        )
        np.testing.assert_allclose(other[name], expected, atol=tolerance * scale, err_msg=name)
    np.testing.assert_array_equal(other["hash"], on_tensorflow["hash"])
    assert np.abs(other["zeros_space"]).min() > 0  # a silent missing gradient would be zero
