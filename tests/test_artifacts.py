"""The committed artifacts: whole, of their recipe's default preset; the transformers as good as promised."""

import json
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest

import kinv
from kinv import analysis, classifiers, data
from kinv.ops import lie
from recipes.experiment import cards
from recipes.experiment.provenance import as_json
from recipes.families import invariant_transformer

ROOT = Path(__file__).parents[1]
NAMES = sorted(path.parent.name for path in (ROOT / "artifacts").glob("*/manifest.json"))
LARGEST = 12_000_000  # bytes of an artifact
PROMISED = {  # predictions unchanged on held-out images, and the least distance in space and in colour
    "itn_squeezenet": (0.83, 0.06, 0.45),
    "itn_efficientnet_lite0": (0.88, 0.08, 0.50),
}
DIGITS = "itn_digit_cnn"
VISIBLE = {"largest": 4, "paper": 10}  # grey levels of 255, mean over an image


def read(name):
    return json.loads((ROOT / "artifacts" / name / "metadata.json").read_text())


@pytest.mark.parametrize("name", [*PROMISED, DIGITS])
def test_it_is_whole_and_loads(name):
    folder = ROOT / "artifacts" / name
    assert sum(file["size"] for file in kinv.verify(folder).values()) < 5_000_000
    images = np.zeros((1, 10, 10, 1 if name == DIGITS else 3), "float32")
    assert kinv.load(folder).augment(images, 0).shape == images.shape


@pytest.mark.parametrize("name", NAMES)
def test_it_is_of_its_recipe_with_the_default_preset_and_its_card_says_so(name):
    sizes = [file["size"] for file in kinv.verify(ROOT / "artifacts" / name).values()]
    assert sum(sizes) < LARGEST
    metadata = read(name)
    recipe, config = import_module(metadata["recipe"]).run, metadata["config"]
    default = recipe.data.get(config["data"], recipe.presets)["default"]
    layer = {"layer": config["layer"]} if "layer" in config else {}
    assert config == json.loads(json.dumps({**as_json(default), **layer}))
    assert metadata["name"] == name
    assert (ROOT / "artifacts" / name / "README.md").read_text(encoding="utf-8") == cards.render(metadata)


def test_the_largest_family_of_digits_is_larger_than_the_box():
    assert read(DIGITS)["metrics"]["each_larger_low"] > 0


@pytest.mark.parametrize(("name", "of_space", "of_color"), [("itn_squeezenet", 5, 5), ("itn_efficientnet_lite0", 5, 6)])
def test_the_largest_family_fills_space_and_colour_on_images_it_was_not_trained_with(name, of_space, of_color):
    """In many directions, without an offset. It is not clearly larger than the best simple family; the card says so."""
    metrics = read(name)["metrics"]
    assert metrics["space_dimension"] > of_space and metrics["color_dimension"] > of_color
    assert max(metrics["space_offset"], metrics["color_offset"]) < 0.01
    card = (ROOT / "artifacts" / name / "README.md").read_text(encoding="utf-8")
    assert f"differs from it by {metrics['each_larger']:+.1f} nats in space and as many" in " ".join(card.split())


@pytest.fixture(scope="module", params=PROMISED)
def on_photographs(request):
    """A transformer, its classifier, and the photographs that come with packages."""
    classifier = classifiers.load(read(request.param)["classifier"]["name"])
    images, _ = data.find("photos").evenly(200).load(classifier.input_shape[1])
    return kinv.load(ROOT / "artifacts" / request.param), classifier, images.astype("float32")


@pytest.mark.release
def test_it_keeps_predictions_that_random_transformations_change(on_photographs):
    """By more than two standard errors over images: these are not the photographs of the metadata's numbers."""
    transformer, classifier, images = on_photographs
    compared = analysis.compare_with_random(transformer, classifier, images, draws=2, seed=99)
    found = compared.metrics()
    _, of_space, of_color = PROMISED[f"itn_{classifier.name}"]
    assert found["space_distance"] >= of_space and found["color_distance"] >= of_color
    gained = np.mean(compared.learned_unchanged.astype("float") - compared.random_unchanged, axis=0)
    assert gained.mean() > 2 * gained.std() / np.sqrt(len(gained))


@pytest.mark.release
def test_the_images_of_figure_5_differ(on_photographs):
    transformer, _, images = on_photographs
    images = images[::8]
    moved = kinv.figures.invariant_transformer.at_corners(transformer, images)
    changes = invariant_transformer.visible_changes(images, moved)
    assert changes["smallest_change"] > VISIBLE[transformer.family]
    assert changes["smallest_difference"] > VISIBLE[transformer.family]


@pytest.mark.long
def test_the_numbers_of_digits_can_be_measured_again_and_what_it_learned_is_what_people_expect():
    known, transformer = read(DIGITS), kinv.load(ROOT / "artifacts" / DIGITS)
    classifier = classifiers.load("digit_cnn")
    images, labels = data.load("mnist", "test", limit=600)
    metrics = analysis.compare_with_random(transformer, classifier, images, labels, draws=2, seed=99).metrics()
    for key, tolerance in {"learned_unchanged": 0.04, "random_unchanged": 0.06, "space_distance": 0.02}.items():
        assert metrics[key] == pytest.approx(known["metrics"][key], abs=tolerance)
    assert metrics["learned_unchanged"] - metrics["random_unchanged"] > 0.2
    reach = dict(zip(lie.SPACE, np.linalg.norm(transformer.space_generator.reach, axis=1), strict=True))
    turned = analysis.predict_classes(classifier, images[labels == 6][:, ::-1, ::-1])
    assert np.mean(turned == 6) < 0.1  # not upside down,
    assert np.degrees(reach["rotation"] / np.sqrt(2)) < 15  # nor anything near it;
    assert reach["shift sideways"] > 0.1  # but by a twentieth of the width


@pytest.mark.parametrize("name", PROMISED)
def test_its_numbers_can_be_measured_again(name, imagenet_samples):
    metadata = read(name)
    classifier = classifiers.load(metadata["classifier"]["name"])
    images, labels = data.load(str(imagenet_samples), "test", size=classifier.input_shape[1])
    transformer = kinv.load(ROOT / "artifacts" / name)
    metrics = analysis.compare_with_random(transformer, classifier, images, labels, draws=1, seed=99).metrics()
    for key, tolerance in {"learned_unchanged": 0.06, "random_unchanged": 0.09, "space_distance": 0.02}.items():
        assert metrics[key] == pytest.approx(metadata["metrics"][key], abs=tolerance)
    assert metrics["learned_unchanged"] >= PROMISED[name][0] - 0.06
