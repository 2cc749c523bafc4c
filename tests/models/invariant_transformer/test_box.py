"""The calibrated box, on what is known to be kept."""

import numpy as np

from kinv.models.invariant_transformer.box import FARTHEST, at_share, calibrated_box
from kinv.models.invariant_transformer.variety import variety
from kinv.ops import lie

NAMES = [*lie.SPACE, *lie.color_generators(3)]


def test_ends_are_where_predictions_change():
    def kept(pair):  # shifts of less than 0.3 to the right and any to the left; no change of light
        return float(pair.space[0, 0, 2] < 0.3 and abs(pair.color[0].sum() - 3) < 1e-3)

    box = calibrated_box(kept, 3)
    sideways = NAMES.index("shift sideways")
    assert 0.27 < box.high[sideways] < 0.3 and box.low[sideways] == -FARTHEST
    light = NAMES.index("shift of light")
    assert abs(box.low[light]) < 0.01 and box.high[light] < 0.01
    assert box.high[NAMES.index("rotation")] == FARTHEST


def test_a_box_is_scaled_to_a_share_and_its_volume_with_it(random):
    def kept(family):
        return float((np.abs(family.draw(2000, np.random.default_rng(0)).space[:, 0, 2]) < 0.1).mean())

    box = calibrated_box(lambda pair: float(abs(pair.space[0, 0, 2]) < 0.4 and abs(pair.space[0]).max() < 1.2), 3)
    scaled = at_share(box, kept, 0.8)
    assert abs(kept(scaled) - 0.8) < 0.03
    one, half = (variety(box.scaled(factor).draw(3000, random).space) for factor in (0.2, 0.1))
    np.testing.assert_allclose(one.log_volume - half.log_volume, 6 * np.log(2), atol=0.15)
