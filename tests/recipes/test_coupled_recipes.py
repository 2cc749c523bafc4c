"""The coupled generator's recipes, small: images and numbers for every way of making them."""

import json
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

import kinv
from kinv import classifiers
from kinv.models import CoupledGenerator, DenoisingAutoencoder, target
from kinv.surgery.tap import last_layer
from recipes import coupled_bias, coupled_compare, coupled_compound, coupled_filters, coupled_gallery, dae_photos
from recipes.experiment.experiment import Experiment
from recipes.families.coupled_ways import TITLES, Coupling


def small(recipe, folder, **settings):
    return replace(recipe.PRESETS["smoke"], output=folder, checkpoints=folder / "kept", **settings)


@pytest.mark.long
def test_images_are_made_and_judged(tmp_path, no_data_folder, capsys):
    ways = ("pixels", "spectral")  # .ci/run makes all seven
    smoke = replace(coupled_compare.PRESETS["smoke"], output=tmp_path, checkpoints=tmp_path, ways=ways)
    numbers = coupled_compare.run(smoke)
    (folder,) = tmp_path.glob("coupled_compare_squeezenet_smoke_ways*")
    assert json.loads((folder / "numbers.json").read_text())["results"] == numbers
    ways = set(numbers) - {"photographs"}
    assert len(ways) == 2
    for way in ways:
        of = numbers[way]
        assert of["likeness"] < 0.99, way  # no two images are the same
    assert numbers["photographs"]["slope"] < -1.5 < numbers[TITLES["pixels"]]["slope"]  # noise
    assert np.asarray(Image.open(folder / "images.png").convert("L")).std() > 5
    assert "judge's 5" in capsys.readouterr().out


@pytest.mark.release
def test_an_autoencoder_of_photographs(tmp_path, no_data_folder, capsys):
    smoke = replace(dae_photos.PRESETS["smoke"], output=tmp_path / "artifacts", checkpoints=tmp_path / "runs")
    metrics = dae_photos.run(smoke)
    folder = tmp_path / "artifacts" / "dae_photos_photos_smoke"  # no dogs here: named after what it was trained with
    assert "Using photos that come with packages instead" in capsys.readouterr().out
    autoencoder = kinv.load(folder)
    assert autoencoder.size == 32 and np.isfinite(list(metrics.values())).all()
    assert (folder / "figures" / "reconstructions.png").stat().st_size > 5000
    assert not list((tmp_path / "runs").glob("*/*"))  # the checkpoint is gone


@pytest.mark.release
def test_the_next_batch_is_what_it_would_be_alone(no_data_folder):
    network, smoke = classifiers.load("squeezenet"), coupled_gallery.PRESETS["smoke"]
    experiment = Experiment(smoke, smoke, "recipes.coupled_gallery")
    source = SimpleNamespace(load=lambda size: kinv.data.load("photos", size=size, limit=4))
    one_after_the_other = Coupling(network, source, experiment)
    one_after_the_other.make("spectral", [target.classes(1)])
    _, model = one_after_the_other.last
    following, features = one_after_the_other.make("spectral", [target.classes(2)])
    assert one_after_the_other.last[1] is model
    expected = Coupling(network, source, experiment).make("spectral", [target.classes(2)])
    np.testing.assert_array_equal(following, expected[0])
    np.testing.assert_array_equal(features, expected[1])
    one_after_the_other.make("spectral", [target.unit("fire2_expand3x3", 1)])  # of another layer
    assert one_after_the_other.last[1] is not model


@pytest.mark.release
def test_a_gallery_goes_on_where_it_was(tmp_path, no_data_folder, capsys):
    smoke = replace(coupled_gallery.PRESETS["smoke"], output=tmp_path / "artifacts", checkpoints=tmp_path)
    coupled_gallery.run(replace(smoke, classes=("tench", "golden retriever")))
    (shelf,) = (tmp_path / "coupled_squeezenet").glob("*/images")
    before = {path.name: path.stat().st_mtime_ns for path in shelf.iterdir()}
    assert set(before) == {"0000_tench.png", "0207_golden_retriever.png"}
    assert "2 of 2 images to make" in capsys.readouterr().out

    numbers = coupled_gallery.run(replace(smoke, classes=("golden retriever", "mosque", "0", "tench")))
    assert "1 of 3 images to make" in capsys.readouterr().out
    after = {path.name: path.stat().st_mtime_ns for path in shelf.iterdir()}
    assert before.items() < after.items() and len(after) == 3
    (folder,) = (tmp_path / "artifacts").glob("coupled_squeezenet_smoke_classesgolden-retriever-mosque-0-tench")
    assert len(list((folder / "figures").glob("sheet_*.png"))) == 2  # of two images each
    gallery = kinv.load(folder)
    assert gallery.labels == ["0207 golden retriever", "0668 mosque", "0000 tench"]
    kept = np.asarray(Image.open(shelf / "0668_mosque.png"), "float32")
    assert np.abs(gallery.image("0668 mosque") - kept).mean() < 1  # float16, and whole numbers
    assert numbers["likeness"] < 0.95 and 5 < numbers["contrast"] and numbers["extreme"] < 0.2

    coupled_gallery.run(replace(smoke, classes=("mosque",), seed=1))
    assert "1 of 1 images to make" in capsys.readouterr().out  # of another run
    with pytest.raises(ValueError, match=r"did you mean mask\? Known: mask, mouse, mosque"):
        coupled_gallery.run(replace(smoke, classes=("mosk",)))


@pytest.mark.release
def test_filters_pairs_and_biases(tmp_path, no_data_folder):
    filters = coupled_filters.run(small(coupled_filters, tmp_path))
    assert filters["fire2_expand3x3"]["answer"] > 0
    pairs = coupled_compound.run(small(coupled_compound, tmp_path))
    assert len(pairs["ostrich+bullfrog"]["ranks"]) == 2
    seen = coupled_bias.run(small(coupled_bias, tmp_path))
    assert len(seen[TITLES["spectral"]]["0676 muzzle"]["squeezenet"]) == 4
    assert "muzzle" not in seen[TITLES["spectral"]]["0676 muzzle"]["squeezenet"]
    for name in ("coupled_filters", "coupled_compound", "coupled_bias"):
        figure = next((tmp_path / f"{name}_squeezenet_smoke").glob("*.png"))
        assert np.asarray(Image.open(figure).convert("L")).std() > 5


def test_pairs_need_a_plus(tmp_path):
    with pytest.raises(ValueError, match="names of two classes with"):
        coupled_compound.run(small(coupled_compound, tmp_path, pairs=("ostrich",)))


def test_what_cannot_be_made_is_said_before_anything_is_made(tmp_path, no_data_folder):
    compare = replace(coupled_compare.PRESETS["smoke"], output=tmp_path, checkpoints=tmp_path)
    with pytest.raises(ValueError, match="judge must be another network"):
        coupled_compare.run(replace(compare, judge="squeezenet"))
    with pytest.raises(ValueError, match="at least one of pixels"):
        coupled_compare.run(replace(compare, ways=()))
    with pytest.raises(kinv.ArtifactError, match="No artifact 'nothing'"):
        coupled_compare.run(replace(compare, ways=("pixels", "decoded"), autoencoder="nothing"))
    with pytest.raises(ValueError, match=r"square RGB images .* digit_cnn takes \(28, 28, 1\)"):
        coupled_filters.run(small(coupled_filters, tmp_path, classifier="digit_cnn"))
    with pytest.raises(ValueError, match="spectral_size must be at least 64, received 32"):
        coupled_filters.run(small(coupled_filters, tmp_path, spectral_size=32))
    with pytest.raises(ValueError, match="single classes only"):
        coupled_filters.run(small(coupled_filters, tmp_path, way="priors"))
    assert not list(tmp_path.rglob("*.png"))


@pytest.mark.release
def test_a_gallery_of_an_autoencoders_decoder(tmp_path, no_data_folder):
    """What is kept are codes, whatever coordinates were trained."""
    kinv.save(DenoisingAutoencoder(64, width=0.05), tmp_path / "dae", {}, saved_model=False)
    smoke = replace(
        coupled_gallery.PRESETS["smoke"], way="decoded", autoencoder=str(tmp_path / "dae"), decoded_steps=2,
        classes=("mosque",), output=tmp_path / "artifacts", checkpoints=tmp_path,
    )  # fmt: skip
    coupled_gallery.run(smoke)
    kept = next((tmp_path / "coupled_squeezenet").rglob("0668_mosque.png"))
    (folder,) = (tmp_path / "artifacts").iterdir()
    gallery = kinv.load(folder)
    assert np.abs(gallery.image(0) - np.asarray(Image.open(kept), "float32")).mean() < 1


@pytest.mark.release
def test_vgg_16_has_a_generator():
    """Its weights are not here: of its architecture."""
    network = classifiers.build("vgg16")
    coupled = CoupledGenerator(network, target.classes(668), width=0.05)
    assert coupled.generators.model(0).output_shape == network.input_shape == (None, 224, 224, 3)
    assert last_layer(network) == "predictions"  # its softmax is left out
