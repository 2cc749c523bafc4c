"""How much of what filters do is in images, on a network and a GAN whose counterparts are known."""

import numpy as np
import pytest

from kinv.analysis.filters.counterparts import counterpart_quality
from kinv.models import FilterGAN
from tests.models.filter_gan.test_moving_generator import codes, network, shown


@pytest.fixture(scope="module")
def gan():
    gan = FilterGAN(network(), "cut", latent_dim=3, width=8, hidden_units=(8,), movement=0.6)
    gan.adapt(shown(32))
    return gan


def test_images_themselves_say_nothing_of_the_movement(gan, monkeypatch):
    monkeypatch.setattr(gan, "counterpart", lambda images, z: images)
    found = counterpart_quality(gan, shown(120), codes(120))
    assert found.mismatch == pytest.approx(1, abs=1e-6) and found.metrics()["counterpart_unchanged"] == 1
    np.testing.assert_array_equal(found.change, 0)
    assert found.agreement(network(seed=3)) == 1


def test_numbers_are_those_of_the_outputs(gan):
    images, z = shown(10), codes(10)
    found = counterpart_quality(gan, images, z)
    np.testing.assert_allclose(found.counterparts, gan.counterpart(images, z), atol=1e-3)
    step = gan._start(np.concatenate([images, images]))
    assert found.mismatch == pytest.approx(float(gan._mismatch(step, gan._fakes(step, z))), rel=1e-3)
    assert found.metrics()["counterpart_change"] == pytest.approx(np.abs(found.counterparts - images).mean(), rel=1e-4)
    assert len(found.to_frame()) == 10


def test_parts_are_of_the_changes_that_are_made(gan):
    lengths, names = gan.counterparts.log_lengths, list(gan.counterparts.units)
    before = np.asarray(lengths)
    lengths.assign(np.where([name.startswith("gain") for name in names], 0.0, -30.0))
    parts = counterpart_quality(gan, shown(10), codes(10)).parts
    lengths.assign(before)
    assert parts["brightness"] == pytest.approx(1, abs=1e-3) and sum(parts.values()) == pytest.approx(1)
    assert set(parts) == {"shift", "slant and size", "stroke width", "sharpness", "brightness"}
