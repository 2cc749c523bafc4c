"""The comparison of several seeds' families on photographs, as a user types it."""

import json

import pytest

from recipes import itn_compare
from tests.recipes.test_itn_alexnet import finish, start

SMOKE = ("--preset", "smoke")


@pytest.mark.release
def test_it_compares_offline_and_again_from_what_was_measured(tmp_path):
    folders = ("--output", tmp_path, "--checkpoints", tmp_path / "runs")
    out = finish(start(*SMOKE, *folders, module="recipes.itn_compare"))
    assert "Measured: " in out and "that the network is sure of" in out
    assert "itn_squeezenet: Learned transformations keep" in out and "In the proportion of random directions" in out
    numbers = json.loads((tmp_path / "itn_compare_squeezenet_photos_smoke" / "numbers.json").read_text())["results"]
    found = numbers["families"]["itn_squeezenet"]
    assert 0 < found["learned_unchanged"] <= 1 and "each_larger_low" in found and numbers["images"] > 0
    assert [row["family"] for row in numbers["table"]] == ["itn_squeezenet", "random directions"]


@pytest.mark.parametrize(
    ("names", "message"),
    [
        ((), "at least one"),
        (("itn_squeezenet", "artifacts/itn_squeezenet"), "names of their own"),
        (("itn_squeezenet", "itn_efficientnet_lite0"), "some of efficientnet_lite0 and of squeezenet"),
        (("digit_cnn",), "digit_cnn is no InvariantTransformer"),
    ],
)
def test_families_that_do_not_belong_together_are_refused(names, message):
    with pytest.raises(ValueError, match=message):
        itn_compare.load(names, download=False)
