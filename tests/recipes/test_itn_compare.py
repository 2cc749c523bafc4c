"""The comparison of several seeds' families on photographs, as a user types it."""

import json
import shutil
from pathlib import Path
from types import SimpleNamespace

import keras
import numpy as np
import pytest

import kinv
from recipes import itn_compare
from tests.recipes.test_itn_alexnet import finish, start

ROOT = Path(__file__).parents[2]


@pytest.fixture
def copied(tmp_path):
    """An artifact in a folder that has no preset's name."""
    shutil.copytree(ROOT / "artifacts" / "itn_squeezenet", tmp_path / "mine")
    return tmp_path / "mine"


@pytest.mark.release
def test_it_compares_offline_artifacts_of_any_folder(tmp_path, copied):
    arguments = ("--preset", "smoke", "--output", tmp_path, "--checkpoints", tmp_path / "runs", "--no-labels")
    out = finish(start(*arguments, "--families", "itn_squeezenet", copied, module="recipes.itn_compare"))
    assert "The box is calibrated on others" in out  # than imagenet_samples, which are not here
    assert "Measured: " in out and "that the network is sure of" in out and "each, in its" in out
    (folder,) = tmp_path.glob("itn_compare_squeezenet_photos_smoke_*")
    numbers = json.loads((folder / "numbers.json").read_text())["results"]
    assert numbers["families"]["itn_squeezenet"] == numbers["families"]["mine"]
    assert 0 < numbers["families"]["mine"]["learned_unchanged"] <= 1 and 0 < numbers["images"] <= 12
    assert [row["family"] for row in numbers["table"]] == ["itn_squeezenet", "mine", "random directions"]
    assert not list((tmp_path / "runs").rglob("measured.json"))


def test_families_are_loaded_by_name_or_folder_with_their_settings(copied):
    loaded, classifier, metadata = itn_compare.load(("itn_squeezenet", str(copied)), download=False)
    assert list(loaded) == ["itn_squeezenet", "mine"] and classifier.name == "squeezenet"
    assert metadata["config"]["at_share"] == 0.85 and metadata["config"]["sure"] == 0.5
    assert all(transformer.studied_network() is not None for transformer in loaded.values())


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


def test_a_set_threshold_is_kept_and_the_own_one_leaves_half():
    pooled = keras.layers.GlobalAveragePooling2D()
    network = kinv.wrap(keras.Sequential([keras.Input((4, 4, 3)), pooled]), value_range=(0, 1))  # three logits
    images = np.zeros((10, 4, 4, 3), "float32")
    images[..., 0] = 255 * np.linspace(0, 1, 10)[:, None, None]
    source = SimpleNamespace(load=lambda size, limit: (images, None), description="ten of two colours")

    def measured(sure):
        config = itn_compare.Config(sure=sure, labels=False)
        return len(itn_compare.measured_on(network, source, config, 0.5 if sure is None else sure).images)

    assert measured(None) == 5  # although only 3 are above .5
    reds = np.exp(np.linspace(0, 1, 10))
    assert measured(0.5) == sum(reds / (reds + 2) >= 0.5) == 3
    with pytest.raises(ValueError, match=r"nowhere as sure as 0.90 of ten of two .* softmax output is 0.58"):
        measured(0.9)


def test_a_family_of_an_unknown_network_is_refused(tmp_path):
    kinv.save(kinv.models.InvariantTransformer(channels=3), tmp_path / "mine", {"name": "mine"})
    with pytest.raises(ValueError, match="the metadata of mine does not say which network it was trained for"):
        itn_compare.load((str(tmp_path / "mine"),), download=False)
