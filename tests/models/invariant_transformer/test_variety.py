"""Variety of families whose covariance is known."""

import numpy as np
import pytest
from keras import ops

from kinv.models.invariant_transformer.variety import variety
from kinv.ops import lie


def drawn(random, scales, centre=0.0, count=4000, generators=lie.SPACE):
    sizes = centre + np.asarray(scales) * random.normal(size=(count, len(generators)))
    return ops.convert_to_numpy(lie.exponential(lie.combined(generators, sizes)))


def test_a_round_family_has_all_dimensions_and_the_volume_of_its_deviations(random):
    found = variety(drawn(random, [0.1] * 6))
    assert found.effective_dimension > 5.9 and found.offset < 0.01 and found.without_logarithm == 0
    np.testing.assert_allclose(found.log_volume, 6 * np.log(0.1), atol=0.1)
    np.testing.assert_allclose(found.standard_deviations, 0.1, rtol=0.06)
    color = variety(drawn(random, [0.1] * 12, generators=lie.color_generators(3)))
    assert color.generators == 12 and color.effective_dimension > 11.7


def test_a_path_has_one_dimension_and_hardly_any_volume(random):
    path = variety(drawn(random, [0.3, 0, 0, 0, 0, 0]))
    assert path.effective_dimension < 1.01 and path.log_volume < -30 and path.between > 0.2
    thin = variety(drawn(random, [0.3, 1e-3, 1e-3, 1e-3, 1e-3, 1e-3]))
    np.testing.assert_allclose(thin.log_volume, np.log(0.3) + 5 * np.log(1e-3), atol=0.1)


def test_a_fixed_offset_is_far_and_has_no_variety(random):
    found = variety(drawn(random, [1e-4] * 6, centre=0.2))
    assert found.distance > 0.4 and found.between < 1e-3 and found.offset > 0.999


def test_maps_that_mirror_are_counted(random):
    maps = drawn(random, [0.1] * 6, count=40)
    maps[:10, 0] *= -1
    assert variety(maps).without_logarithm == 0.25
    maps[:20, 0] = -np.abs(maps[:20, 0])
    with pytest.raises(ValueError, match="expected at least 30 maps with a logarithm, received"):
        variety(maps)
    with pytest.raises(ValueError, match="expected at least 30 maps, received 3"):
        variety(maps[:3])
