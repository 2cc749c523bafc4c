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
from kinv.ops import flows as kinv_flows
from kinv.ops.affine import affine_color, affine_sample
from kinv.ops.stateless_random import hashed_uniform

from .case import CASES, case
from .material import (
    AT_THE_END,
    COLOR,
    IMAGES,
    KERNEL,
    SPACE,
    WEIGHTS,
    few_steps,
    gan,
    model,
    network,
    screening_options,
    traced_manifold,
)

# === Sampling, colours, flows, hash ===


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


def flow(name):
    """Images and gradients with respect to the sizes."""
    modes, apply = kinv_flows.FLOWS[name]
    sizes = np.linspace(-0.4, 0.5, 3 * len(modes), dtype="float32").reshape(3, -1)

    def objective(sizes):
        return ops.mean(apply(ops.convert_to_tensor(IMAGES), sizes) * ops.convert_to_tensor(WEIGHTS))

    _, (gradient,) = backend.value_and_grad(objective)(sizes)
    return {"images": backend.compile(apply)(IMAGES, sizes), "gradient": gradient}


for name in kinv_flows.FLOWS:
    case(f"flow_{name}")(functools.partial(flow, name))


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


@case()
def free_filters():
    found = kinv.free_filters(network(), "convolution", np.concatenate([IMAGES, 255 - IMAGES]), share=0.1, sets=2)
    return {"free": found.free, "moved": found.moved, "unchanged": found.unchanged, "filters": found.filters(2)}


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
