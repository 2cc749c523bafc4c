"""Units on the page."""

import numpy as np
import pytest

from kinv.json_values import json_values
from kinv.reports import magnitudes
from kinv.reports.sections import units
from kinv.reports.unit_images import check_channels, liked_best


@pytest.fixture(scope="module", autouse=True)
def few_transformations():
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(magnitudes, "FEWER", {"contrast": (0, 3), "greyscale": (1,)})
        yield


@pytest.fixture(scope="module")
def section(subject, pixels):
    return json_values(
        units.make(subject(images=np.concatenate([pixels, pixels[:, ::-1]]), unit_images=20, unit_steps=5))
    )


def test_a_middle_layer_and_the_last_one(section, folder):
    assert [(layer["layer"], layer["units"]) for layer in section["layers"]] == [("mixed", 5), ("classes", 3)]
    assert section["chance"] == 3 / 20 and len(section["transformations"]) == 2
    for layer in section["layers"]:
        assert layer["silent"] == 0 and all(0 <= share <= 1 for share in layer["still"])
        assert all((folder / one["file"]).is_file() for one in layer["liked"])
    assert [one["name"] for one in section["layers"][0]["liked"]] == [f"unit {unit}" for unit in range(5)]
    assert [one["name"] for one in section["layers"][1]["liked"]] == ["a", "b", "<i>no tag</i>"]


def test_images_that_are_made_please_more_than_real_ones(network, pixels):
    made = liked_best(network, "classes", np.arange(3), pixels, 40, 0)
    real = np.asarray(network(pixels))
    np.testing.assert_allclose(made.real, real.max(axis=0), rtol=1e-5)
    np.testing.assert_allclose(made.answers, np.diag(np.asarray(network(made.images))), rtol=1e-3, atol=1e-3)
    assert (made.answers > np.median(real, axis=0)).all() and 0 <= made.images.min() and made.images.max() <= 255


def test_the_page(section, shown):
    html = shown("units", section)
    assert (
        html.count("<img") == 5 + 3
        and "never fire" not in html
        and "<i>" not in html
        and "15\N{NO-BREAK SPACE}% of the cases" in html
    )


def test_what_units_do_not_allow(subject, pixels, network):
    with pytest.raises(ValueError, match="must be at least 20, received 10"):
        units.make(subject())
    network = type("Network", (), {"input_shape": (None, 8, 8, 4)})
    with pytest.raises(ValueError, match="images of 4 channels can't be shown"):
        check_channels(network)
