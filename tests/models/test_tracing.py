"""Tracing takes longer than many steps: a training step is traced once, also the first one."""

import numpy as np
import pytest

from kinv.classifiers import digit_cnn
from kinv.models import CoupledGenerator, DenoisingAutoencoder, FilterGAN, InvariantTransformer, target


def transformer(classifier):
    return InvariantTransformer(classifier)


def autoencoder(classifier):
    return DenoisingAutoencoder(size=32, channels=1, width=0.1)


def filter_gan(classifier):
    return FilterGAN(classifier, "conv4", hidden_units=(3,), width=4)


def coupled(classifier):
    return CoupledGenerator(classifier, target.classes(3), width=0.05)


@pytest.mark.parametrize("build", [transformer, pytest.param(autoencoder, marks=pytest.mark.long), filter_gan, coupled])
def test_a_step_is_traced_once(build, monkeypatch):
    model = build(digit_cnn.build((32, 32, 1)))
    step, traced = type(model).train_step, []
    monkeypatch.setattr(type(model), "train_step", lambda self, data: traced.append(1) or step(self, data))
    model.compile()
    if build is coupled:
        model.fit(steps=2)
    else:
        images = np.random.default_rng(0).uniform(0, 255, (8, 32, 32, 1)).astype("float32")
        labels = np.zeros(8, "int32")
        model.fit(images, labels, batch_size=4, verbose=0)
    assert len(traced) == 1
