"""The margin loss, by hand."""

import keras
import numpy as np
import pytest
from kinv.models import MarginLoss


def test_it_is_the_shortfall_behind_the_best_other_class():
    logits = np.array([[5, 1, 2], [1, 2, 1.5], [0, 3, 3]], "float32")
    losses = MarginLoss(1.0, reduction="none")(np.array([0, 1, 0]), logits)
    np.testing.assert_allclose(losses, [0, 0.5, 4])


def test_it_survives_its_configuration_and_refuses_negative_margins():
    again = keras.losses.deserialize(keras.losses.serialize(MarginLoss(2.5)))
    assert again.margin == 2.5
    with pytest.raises(ValueError, match="margin"):
        MarginLoss(-1.0)
