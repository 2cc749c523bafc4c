"""What has to come out the same on every backend: `python -m tests.backends.cases OUT.npz` runs all cases on one.

The file holds every case's results as `case/result`, or as `case/traceback` how it failed.
"""

import functools
import sys
import traceback

import keras
import numpy as np
from keras import ops

import kinv
from kinv import analysis, backend
from kinv import ops as kinv_ops
from kinv.analysis.units.known_transformations import transform
from kinv.layers import FeatureGain, RandomViews, SpectralDecoder
from kinv.models import FilterGAN
from kinv.ops.affine import affine_color, affine_sample
from kinv.ops.stateless_random import hashed_uniform

from .case import CASES, case

RANDOM = np.random.default_rng(0)
IMAGES = RANDOM.uniform(0, 255, (3, 12, 9, 3)).astype("float32")
SPACE = (np.eye(2, 3) + 0.2 * RANDOM.normal(size=(3, 2, 3))).astype("float32")
COLOR = (np.eye(3, 4) + 0.1 * RANDOM.normal(size=(3, 3, 4))).astype("float32")
WEIGHTS = RANDOM.normal(size=IMAGES.shape).astype("float32")
KERNEL = RANDOM.normal(size=(324, 4)).astype("float32") / 1000
NETWORK = [0.3 * RANDOM.normal(size=size).astype("float32") for size in ((3, 3, 3, 4), (4,), (4, 3), (3,))]
AT_THE_END = {"rtol": 0.2}  # of an ascent, in which rounding grows

# === What several cases use: made once; where it fails, it fails in each of them ===


def model():
    inputs = keras.Input((12, 9, 3))
    made = keras.Model(inputs, keras.layers.Dense(4, name="dense")(keras.layers.Flatten()(inputs)))
    made.get_layer("dense").set_weights([2 * KERNEL, np.ones(4, "float32")])
    return made


@functools.cache
def network():
    inputs = keras.Input((12, 9, 3))
    x = keras.layers.Conv2D(4, 3, padding="same", activation="relu", name="convolution")(inputs)
    x = keras.layers.GlobalAveragePooling2D(name="mean")(x)
    made = keras.Model(inputs, keras.layers.Dense(3, name="logits")(x))
    made.set_weights(NETWORK)
    return made


@functools.cache
def gan():
    made = FilterGAN(network(), "convolution", latent_dim=2, width=4, hidden_units=(4,))
    random = np.random.default_rng(1)  # the generator's first weights differ between backends
    made.generator.set_weights([random.normal(size=w.shape).astype("float32") for w in made.generator.get_weights()])
    return made


@functools.cache
def few_steps():
    return analysis.maximize_activation(network(), "logits", restarts=2, steps=4, value_range=(0, 1))


@functools.cache
def traced_manifold():
    best = few_steps().best
    return analysis.trace_manifold(network(), "logits", None, best, [0, 0.4, 0.8], steps=4, starts=2)


@functools.cache
def screening_options():
    magnitudes = {t.name: t.magnitudes[1::9] for t in kinv_ops.TRANSFORMATIONS.values()}
    magnitudes["translate_x+rotation"] = ([0, 0.2], [-30, 0])
    return {"transformations": [*magnitudes], "magnitudes": magnitudes, "batch_size": 2}


# === Sampling, colours, hash ===


@case("hash", atol=0)
def hashed():
    return {"hash": hashed_uniform(ops.convert_to_tensor([3, 5], dtype="int32"), 50, 3)}


def sampling(fill):
    def objective(images, space, color):
        return ops.mean(affine_color(affine_sample(images, space, fill), color) * ops.convert_to_tensor(WEIGHTS))

    value, gradients = backend.value_and_grad(objective)(IMAGES, SPACE, COLOR)
    compiled = backend.compile(lambda i, s: affine_sample(i, s, fill))
    images = ops.convert_to_tensor(IMAGES)
    identity = affine_sample(images, ops.convert_to_tensor(np.eye(2, 3, dtype="float32")), fill)
    np.testing.assert_array_equal(ops.convert_to_numpy(identity), IMAGES)
    found = dict(zip(("images", "space", "color"), map(ops.convert_to_numpy, gradients), strict=True))
    if fill == "zeros":
        assert np.abs(found["space"]).min() > 0  # a silent missing gradient would be zero
    return {"sampled": compiled(images, ops.convert_to_tensor(SPACE)), "value": value, **found}


for fill in ("zeros", "reflect", "nearest"):
    case(fill)(functools.partial(sampling, fill))


@case()
def compiled_model():
    """It is compiled once, and looks its weights up every time."""
    changing, results = model(), {}
    for name, factor in (("first", 1), ("changed", 2)):
        changing.get_layer("dense").set_weights([factor * KERNEL, np.ones(4, "float32")])
        results[name] = ops.convert_to_numpy(backend.compile_model(changing)(IMAGES))
    return results


# === Screening ===


@case()
def screening():
    found = analysis.screen(model(), IMAGES, **screening_options())
    assert len(found.critical_points) > 0
    distance = np.nan_to_num(found.accuracy["distance"].to_numpy())
    return {"softmax": found.softmax["softmax"].to_numpy(), "distance": distance}


@case()
def screening_of_bytes():
    whole, rounded = (
        analysis.screen(model(), IMAGES.round().astype(dtype), **screening_options()).softmax["softmax"].to_numpy()
        for dtype in ("uint8", "float32")
    )
    np.testing.assert_allclose(whole, rounded, atol=1e-4)
    return {"softmax": whole}


@case()
def class_ranks():
    return {"ranks": analysis.class_ranks(model(), IMAGES, [0, 1, 2])}


# === ImageNet-C ===


def corruption(name):
    chosen = kinv_ops.IMAGENET_C[name]
    images = np.resize(IMAGES, (6, *IMAGES.shape[1:]))
    compiled = backend.compile(lambda shown, severity, seed: chosen.apply(shown, severity, "zeros", seed))
    seed = ops.convert_to_tensor([3, 1], dtype="int32")
    return {"images": compiled(ops.convert_to_tensor(images), ops.arange(6, dtype="float32"), seed)}


for name in kinv_ops.IMAGENET_C:
    case(name, atol=2e-4)(functools.partial(corruption, name))


# === Layers ===


@case()
def layers_movement():
    found = analysis.measure_layers(
        network(),
        IMAGES,
        ["rotation", "contrast"],
        {"rotation": [45], "contrast": [2]},
        layers=["convolution", "logits"],
    )
    return {"movement": found.table["movement"].to_numpy(), "areas": found.areas().to_numpy()}


@case()
def directions():
    found = kinv.invariant_directions(network(), IMAGES, reach_images=2)
    assert found.space.reach is not None and found.color.reach is not None
    return {"space": found.space.form, "color": found.color.form, "movement": found.color.movement}


@case(atol=0.02)  # of 255, after steps in which rounding grows
def metamers_of_layers():
    found = kinv.metamers(network(), ["convolution", "logits"], IMAGES, steps=8, pairs=True, batch_size=2)
    return {"images": found.images, "correlation": found.correlation, "apart": found.pair_difference}


# === Filters ===


def matches(place):
    found = analysis.match_activations(
        gan(), IMAGES[:2], z=np.ones((2, 2)), dimensions=np.array([[0, 1], [1, 0]]), cells=3, steps=2, smoothing=0.7,
        compare_at=place,
    )  # fmt: skip
    return {"images": found.images}


for place in (None, "mean"):  # their second step's size is a small difference's
    case(f"matches_{place}", atol=5e-4)(functools.partial(matches, place))


@case()
def pooled_classifier():
    return {"logits": backend.compile_model(gan().pooled_classifier(3))(IMAGES)}


# === Units ===


@case(atol=1e-5)
def unit():
    tapped, units = analysis.tap(network(), "convolution"), np.array([3, 0, 1], "int32")
    value, (gradient,) = backend.value_and_grad(lambda i: tapped.activation_of(i, ops.convert_to_tensor(units)))(IMAGES)
    return {"value": value, "gradient": gradient}


@case(atol=1e-3)
def maximized_inputs():
    return {"inputs": few_steps().inputs}


@case(**AT_THE_END)
def reached():
    many = analysis.maximize_activation(network(), "logits", restarts=2, steps=100, value_range=(0, 1))
    return {"activations": many.best_activations}


@case()
def traced():
    return {"inputs": traced_manifold().inputs[:, :, 0]}


@case(**AT_THE_END)
def reached_along():
    return {"activations": traced_manifold().activations}


@case(atol=1e-6)
def hessian_product():
    product = backend.hessian_product(lambda x: ops.tanh(ops.sum(x * x, axis=-1)))
    of_linear = backend.hessian_product(lambda x: ops.sum(3 * x, axis=-1))
    assert not ops.convert_to_numpy(of_linear(KERNEL, KERNEL)).any()
    vectors = KERNEL[::-1].copy()
    return {"eager": product(KERNEL, vectors), "compiled": backend.compile(product)(KERNEL, vectors)}


@case(**AT_THE_END)
def reached_on_circles():
    best = few_steps().best
    found = analysis.follow_great_circles(network(), "logits", None, best, [0, 0.4, 0.8], directions=2, products=4)
    return {"activations": found.activations[:, :, 0]}


@case(**AT_THE_END)
def reached_by_known():
    best = few_steps().best[:2, ..., :]
    found = analysis.decompose_invariance(network(), "logits", [0, 1], best, [0, 0.4], samples=4, proposals=2)
    return {"activations": np.nan_to_num(found.activations)}


@case()
def readable():
    found = analysis.maximize_activation(
        network(), "convolution", restarts=1, steps=4, jitter=2, cosine_waves=True, variation_weight=1e-3, box=True
    )
    return {"inputs": found.inputs}


@case()
def transformed():
    parameters = np.random.default_rng(2).uniform(-0.8, 0.8, (3, 6)).astype("float32")
    return {"images": transform(IMAGES, parameters)}


# === Layers ===


@case()
def decoded():
    decoder, gains = SpectralDecoder(9), FeatureGain(rows=2)
    decoder.adapt(IMAGES[:, :9])
    return {"images": decoder(gains(KERNEL.reshape(2, -1)[:, :243]))}


@case()
def views():
    compiled = backend.compile(RandomViews(0.5))(IMAGES)
    assert ops.convert_to_numpy(compiled).shape == IMAGES.shape
    return {"images": RandomViews(1.0, mirror=False)(IMAGES)}


def run(name):
    """A case's results as NumPy arrays."""
    return {key: np.array(ops.convert_to_numpy(value)) for key, value in CASES[name].run().items()}


def main(path):
    results = {"backend": keras.backend.backend()}
    for name in CASES:
        try:
            results.update({f"{name}/{key}": value for key, value in run(name).items()})
        except Exception:
            results[f"{name}/traceback"] = traceback.format_exc()
    np.savez(path, **results)


if __name__ == "__main__":
    main(sys.argv[1])
