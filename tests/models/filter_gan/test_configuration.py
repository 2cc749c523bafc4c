"""What a saved configuration of a Filter GAN may say of shapes."""

import pytest

from kinv.models import FilterGAN

from .test_model import small_classifier


@pytest.mark.parametrize(
    "change",
    [
        {"kernel": [3, 3, 1]},
        {"kernel": "abcd"},
        {"output": [4, 4, 0]},
        {"output": [10**6, 10**6, 10**6]},
        {"deviation": float("nan")},
        {"deviation": "1"},
        {"more": 1},
        {"images": [8, 8]},
        {"groups": 3},
        {"groups": True},
    ],
    ids=str,
)
def test_a_configuration_with_other_shapes_is_refused(change):
    gan = FilterGAN(small_classifier(), "replaced", latent_dim=3, width=8, hidden_units=(16,))
    config = gan.get_config()
    with pytest.raises(ValueError, match=r"shapes must|must be positive"):
        FilterGAN.from_config({**config, "shapes": {**config["shapes"], **change}})
    with pytest.raises(ValueError, match="shapes must be"):
        FilterGAN.from_config({**config, "shapes": [1]})
