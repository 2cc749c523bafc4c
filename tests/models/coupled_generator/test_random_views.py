"""Parts of an image: within it, of the sizes asked for, half of them mirrored."""

import numpy as np
import pytest
from keras import ops

from kinv import backend
from kinv.layers import RandomViews

SIDE = 32
ACROSS = np.arange(SIDE, dtype="float32")
RAMPS = np.stack(np.meshgrid(ACROSS, ACROSS), axis=-1)[None].repeat(400, axis=0)  # the value is the place


def test_parts_lie_within_the_image_and_have_the_sizes_asked_for():
    seen = np.asarray(RandomViews(0.5)(RAMPS))
    extent = np.abs(seen[:, 0, -1, 0] - seen[:, 0, 0, 0]) / (SIDE - 1)
    down = (seen[:, -1, 0, 1] - seen[:, 0, 0, 1]) / (SIDE - 1)
    np.testing.assert_allclose(extent[extent < 0.95], down[extent < 0.95], atol=0.05)  # squares
    assert 0.48 < extent.min() < 0.55 and extent.max() > 0.95
    assert abs(np.mean(extent) - 0.75) < 0.05  # uniform
    mirrored = seen[:, 0, -1, 0] < seen[:, 0, 0, 0]
    assert 150 < mirrored.sum() < 250
    places = seen[:, SIDE // 2, SIDE // 2, :]
    assert (places.min(axis=0) < 11).all() and (places.max(axis=0) > 20).all()


def test_nothing_is_cut_and_gradients_pass(random):
    images = random.normal(size=(3, 8, 8, 2)).astype("float32")
    np.testing.assert_allclose(RandomViews(1.0, mirror=False)(images), images, atol=1e-6)
    _, (gradient,) = backend.value_and_grad(lambda x: ops.sum(RandomViews(0.5)(x)))(images)
    assert (np.asarray(gradient) != 0).any(axis=(1, 2, 3)).all()


@pytest.mark.parametrize("smallest", [0.0, 1.5, float("nan")])
def test_wrong_sizes(smallest):
    with pytest.raises(ValueError, match="smallest must lie in"):
        RandomViews(smallest)


def test_its_configuration_makes_it_again():
    layer = RandomViews(0.3, seed=5)
    np.testing.assert_array_equal(layer(RAMPS[:3]), RandomViews.from_config(layer.get_config())(RAMPS[:3]))
