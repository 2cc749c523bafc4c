"""Equation 1 of the coupled generator: a gain for every feature."""

import keras
import numpy as np
import pytest

from kinv.layers import FeatureGain


def test_every_row_has_gains_of_its_own(random):
    features, gains = random.normal(size=(2, 5)).astype("float32"), random.normal(size=(2, 5)).astype("float32")
    layer = FeatureGain(rows=2)
    np.testing.assert_array_equal(layer(features), features)  # 1 leaves them as they are
    layer.gain.assign(gains)
    np.testing.assert_allclose(layer(features), features * gains, rtol=1e-6)
    np.testing.assert_allclose(layer(features[:1]), features[:1] * gains, rtol=1e-6)


def test_it_has_as_many_parameters_as_features_and_survives_saving(random, tmp_path):
    assert keras.Sequential([keras.Input((3200,)), FeatureGain()]).count_params() == 3200  # Table 1
    model = keras.Sequential([keras.Input((5,)), FeatureGain(rows=2, initializer="zeros")])
    model.layers[0].gain.assign(random.normal(size=(2, 5)))
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras")
    features = random.normal(size=(2, 5)).astype("float32")
    np.testing.assert_array_equal(again(features), model(features))
    assert again.layers[0].get_config() == model.layers[0].get_config()


def test_no_rows():
    with pytest.raises(ValueError, match="rows must be at least 1, received 0"):
        FeatureGain(0)
