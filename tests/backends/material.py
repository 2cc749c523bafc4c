"""What several cases use: made once; where it fails, it fails in each of them."""

import functools

import keras
import numpy as np

from kinv import analysis
from kinv import ops as kinv_ops
from kinv.models import FilterGAN

RANDOM = np.random.default_rng(0)
IMAGES = RANDOM.uniform(0, 255, (3, 12, 9, 3)).astype("float32")
SPACE = (np.eye(2, 3) + 0.2 * RANDOM.normal(size=(3, 2, 3))).astype("float32")
COLOR = (np.eye(3, 4) + 0.1 * RANDOM.normal(size=(3, 3, 4))).astype("float32")
WEIGHTS = RANDOM.normal(size=IMAGES.shape).astype("float32")
KERNEL = RANDOM.normal(size=(324, 4)).astype("float32") / 1000
NETWORK = [0.3 * RANDOM.normal(size=size).astype("float32") for size in ((3, 3, 3, 4), (4,), (4, 3), (3,))]
AT_THE_END = {"rtol": 0.2}  # of an ascent, in which rounding grows


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
