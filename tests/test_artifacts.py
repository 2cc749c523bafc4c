"""The committed artifacts: whole, trained by their recipe's default preset, as good as promised, as the README says."""

import json
from pathlib import Path

import numpy as np
import pytest

import kinv
from kinv import analysis, classifiers, data
from recipes import cards, itn_alexnet, itn_report, itn_resnet
from recipes.provenance import as_json

ROOT = Path(__file__).parents[1]
PROMISED = {  # prediction unchanged on held-out pictures, at a distance of at least 0.30 in space and 0.15 in colour
    "itn_squeezenet": (itn_alexnet, 0.78),
    "itn_efficientnet_lite0": (itn_resnet, 0.84),
}
ABOVE_RANDOM = 0.12
VISIBLE = 10  # grey levels of 255, mean over a picture


def read(name):
    return json.loads((ROOT / "artifacts" / name / "metadata.json").read_text())


@pytest.mark.parametrize("name", PROMISED)
def test_it_is_whole_and_loads(name):
    folder = ROOT / "artifacts" / name
    assert sum(file["size"] for file in kinv.verify(folder).values()) < 5_000_000
    assert kinv.load(folder).augment(np.zeros((1, 10, 10, 3), "float32"), 0).shape == (1, 10, 10, 3)


@pytest.mark.parametrize("name", PROMISED)
def test_it_was_trained_by_the_recipe_with_its_default_preset(name):
    recipe, _ = PROMISED[name]
    metadata, default = read(name), as_json(recipe.PRESETS["default"])
    assert metadata["config"] == json.loads(json.dumps(default))
    assert metadata["recipe"] == recipe.__name__


@pytest.mark.parametrize("name", PROMISED)
def test_it_keeps_what_was_promised(name):
    _, least = PROMISED[name]
    metrics = read(name)["metrics"]
    assert metrics["space_distance"] >= 0.30 and metrics["color_distance"] >= 0.15
    assert metrics["learned_unchanged"] >= least
    assert metrics["learned_unchanged"] >= metrics["random_unchanged"] + ABOVE_RANDOM


@pytest.mark.parametrize("name", PROMISED)
def test_the_pictures_of_figure_5_differ(name):
    changes = read(name)["figure_5"]
    assert changes["smallest_change"] > VISIBLE
    assert changes["smallest_change_between_0_and_1"] > VISIBLE


@pytest.mark.parametrize("name", PROMISED)
def test_card_and_readme_say_what_the_metadata_says(name):
    metadata = read(name)
    card = cards.template(metadata["recipe"]).format(**metadata)
    assert (ROOT / "artifacts" / name / "README.md").read_text(encoding="utf-8") == card
    assert itn_report.readme_row(metadata) in (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", PROMISED)
def test_its_numbers_can_be_measured_again(name, imagenet_samples):
    metadata = read(name)
    classifier = classifiers.load(metadata["classifier"]["name"])
    images, labels = data.load(str(imagenet_samples), "test", size=classifier.input_shape[1])
    transformer = kinv.load(ROOT / "artifacts" / name)
    metrics = analysis.compare_with_random(transformer, classifier, images, labels, draws=1, seed=99).metrics()
    for key, tolerance in {"learned_unchanged": 0.06, "random_unchanged": 0.09, "space_distance": 0.02}.items():
        assert metrics[key] == pytest.approx(metadata["metrics"][key], abs=tolerance)
