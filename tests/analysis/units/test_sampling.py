"""Samples of clamped units against enumeration."""

import numpy as np
import pytest

import kinv
from kinv.models import DeepBeliefNetwork, StackedDenoisingAutoencoder
from tests.models.layerwise.tiny_machine import chi_squared_p, count_states, joint, randomize, states


def tiny():
    net = DeepBeliefNetwork((4, 3, 2))
    for seed, block in enumerate(net.blocks):
        randomize(block, seed=seed)
    return net


def test_samples_of_every_unit_follow_its_own_conditional_distribution():
    net = tiny()
    found = kinv.sample_unit(net, 1, samples=6000, steps=40, seed=1)
    assert found.samples.shape == found.means.shape == (3, 6000, 4)
    p = joint(net.blocks[0])
    for unit in range(3):
        given = p[:, states(3)[:, unit] == 1].sum(axis=1)
        given /= given.sum()
        assert chi_squared_p(count_states(found.samples[unit]), given) > 1e-3
        np.testing.assert_allclose(found.expectation[unit], given @ states(4), atol=0.03)
    assert np.abs(found.expectation[0] - found.expectation[1]).max() > 0.05


def test_samples_come_down_from_upper_layers():
    net = tiny()
    found = kinv.sample_unit(net, 2, 1, samples=6000, steps=40, seed=2)
    p = joint(net.blocks[1])[:, states(2)[:, 1] == 1].sum(axis=1)
    expected = (p / p.sum()) @ np.asarray(net.blocks[0].visible_means(states(3)))
    np.testing.assert_allclose(found.expectation[0], expected, atol=0.03)


@pytest.mark.parametrize(
    "layer, settings, message",
    [
        (3, {}, r"layer must lie in 1..2, received 3"),
        ("hidden1", {}, "layer must lie in"),
        (2, {"units": 2}, r"must lie in 0..1, received 2"),
        (1, {"samples": 0}, "samples must be at least 1"),
        (1, {"steps": 0}, "count and steps must be at least 1"),
    ],
)
def test_wrong_requests(layer, settings, message):
    with pytest.raises(ValueError, match=message):
        kinv.sample_unit(tiny(), layer, **settings)


def test_other_networks_cannot_be_sampled():
    with pytest.raises(ValueError, match="received a StackedDenoisingAutoencoder"):
        kinv.sample_unit(StackedDenoisingAutoencoder((4, 3)), 1)
    with pytest.raises(ValueError, match=r"shape \(M,\) or \(5, M\), received \(4, 1\)"):
        tiny().sample(5, 1, units=np.zeros((4, 1)))
