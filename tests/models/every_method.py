"""Every method as a tiny model, with data to train it."""

import keras
import numpy as np
import pytest

from kinv import models
from kinv.models import target

IMAGES = np.random.default_rng(0).uniform(0, 255, (16, 12, 12, 3)).astype("float32")
LABELS = np.arange(16) % 5
VECTORS = np.random.default_rng(1).uniform(0, 1, (32, 20)).astype("float32")
LARGE = np.random.default_rng(2).uniform(0, 255, (8, 32, 32, 3)).astype("float32")


def network():
    keras.utils.set_random_seed(0)
    return keras.Sequential(
        [
            keras.Input((12, 12, 3)),
            keras.layers.Rescaling(1 / 255),
            keras.layers.Conv2D(4, 3, activation="relu", name="conv"),
            keras.layers.GlobalAveragePooling2D(),
            keras.layers.Dense(5),
        ]
    )


MODELS = {
    "transformer": (lambda **k: models.InvariantTransformer(network(), **k), (IMAGES, LABELS)),
    "conditioned": (
        lambda **k: models.InvariantTransformer(network(), conditioned=True, symmetric=False, **k),
        (IMAGES, LABELS),
    ),
    "papers_transformer": (
        lambda **k: models.InvariantTransformer(network(), family="paper", hidden_units=(4,), **k),
        (IMAGES, LABELS),
    ),
    "gan": (lambda **k: models.FilterGAN(network(), "conv", latent_dim=2, width=4, **k), (IMAGES, LABELS)),
    "rbm": (lambda **k: models.RestrictedBoltzmannMachine(20, 6, **k), (VECTORS,)),
    "persistent": (lambda **k: models.RestrictedBoltzmannMachine(20, 6, persistent=True, chains=8, **k), (VECTORS,)),
    "dbn": (lambda **k: models.DeepBeliefNetwork((20, 6, 4), **k), (VECTORS,)),
    "sdae": (lambda **k: models.StackedDenoisingAutoencoder((20, 6, 4), **k), (VECTORS,)),
    "autoencoder": (lambda **k: models.DenoisingAutoencoder(32, 3, width=0.02, **k), (LARGE,)),
    "coupled": (lambda **k: models.CoupledGenerator(network(), target.classes(1), size=16, width=0.05, **k), None),
    "gallery": (lambda **k: models.Gallery(["a"], "spectral", size=8, **k), None),
}
TRAINED = {name: pair for name, pair in MODELS.items() if pair[1] is not None}
QUICK = ("rbm", "sdae")  # the others take seconds each,
SLOW = ("autoencoder",)  # half a minute each
LIKE_THEM = (  # like others: before a release
    *("persistent", "dbn", "conditioned", "papers_transformer", "coupled", "gallery"),
)


def over(names):
    return pytest.mark.parametrize(
        "name",
        [
            name
            if name in QUICK
            else pytest.param(name, marks=pytest.mark.release if name in (*SLOW, *LIKE_THEM) else pytest.mark.long)
            for name in names
        ],
    )


all_models, trained = over(MODELS), over(TRAINED)


def made(name, compiled=True, **arguments):
    keras.utils.clear_session()
    build, data = MODELS[name]
    model = build()
    if compiled:
        model.compile(**arguments)
    return model, data


def inputs_of(model):
    shape = [
        2 if size is None and axis == 0 else 8 if size is None else size for axis, size in enumerate(model.input_shape)
    ]
    return np.random.default_rng(3).uniform(0, 1, shape).astype("float32") * (255 if len(shape) == 4 else 1)
