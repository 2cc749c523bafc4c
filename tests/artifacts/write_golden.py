"""Writes a small artifact of every class, and what it answers: `python -m tests.artifacts.write_golden FOLDER`.

The artifacts in `golden/` were written by kinv 0.3.0. What was saved then has to load in later versions. A new format
or class gets a folder beside them.
"""

import sys
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

import kinv
from kinv.artifacts.registry import endpoints
from kinv.classifiers import sigmoid_network

COUNT = 2


def models():
    """Every class that artifacts hold, as small as it gets, with weights that a seed decides."""
    from kinv import models

    shapes = {"kernel": [3, 3, 2, 2], "output": [4, 4, 2], "deviation": 0.1}
    yield "invariant_transformer", models.InvariantTransformer(family="paper", hidden_units=(4,), seed=1)
    yield "gallery", models.Gallery(["a", "b"], "spectral", size=6, limit=2.0)
    yield "rbm", models.RestrictedBoltzmannMachine(6, 4, seed=2)
    yield "dbn", models.DeepBeliefNetwork((6, 5, 4), seed=3)
    yield "sdae", models.StackedDenoisingAutoencoder((6, 4), seed=4)
    yield "autoencoder", models.DenoisingAutoencoder(size=32, width=1 / 64, seed=5)
    yield "filter_gan", models.FilterGAN(shapes=shapes, layer="conv", latent_dim=3, hidden_units=(4,), width=2, seed=6)
    yield (
        "coupled",
        models.CoupledGenerator(
            None, [models.target.classes(1), models.target.unit("conv", 0)], width=0.01, image_shape=(16, 16, 1), seed=7
        ),
    )
    yield "sigmoid_network", sigmoid_network.build((4, 4, 1), (5,), 3)


def shaken(model):
    """Weights that are no initial ones: those would come out right even if they were never read."""
    random = np.random.default_rng(0)
    for variable in model.variables:
        if keras.backend.is_float_dtype(variable.dtype):
            noise = 0.1 * random.normal(size=variable.shape)
            variable.assign(np.abs(np.asarray(variable) + noise) if "var" in variable.name else variable + noise)
    return model


def answers(model):
    """What every endpoint answers to inputs that its signature decides."""
    found = {}
    for name, (function, signature) in endpoints(model).items():
        found[name] = np.asarray(tf.function(function)(*map(example, signature)))
    return found


def example(spec):
    """An input for a `TensorSpec`, the same for ever."""
    if spec.name in ("seed", "count", "rows"):
        return {"seed": np.array([7, 8], "int32"), "count": np.int32(COUNT), "rows": np.array([1, 0], "int32")}[
            spec.name
        ]
    shape = [COUNT if position == 0 else size or 5 for position, size in enumerate(spec.shape)]
    values = np.random.default_rng(1).random(shape)
    return (values * (255 if len(shape) == 4 else 1)).astype(spec.dtype.as_numpy_dtype)


def main(folder):
    for name, model in models():
        kept = kinv.save(shaken(model), folder / name, {"name": name, "metrics": {"x": 1.0}}, half=name == "sdae",
                         saved_model=name in ("invariant_transformer", "rbm"))  # fmt: skip
        np.savez_compressed(folder / f"{name}.npz", **answers(kinv.load(kept)))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
