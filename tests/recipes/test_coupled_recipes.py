"""The coupled generator's recipes, small: pictures and numbers for every way of making them."""

import json
from dataclasses import replace

import numpy as np
from PIL import Image

import kinv
from recipes import coupled_compare, dae_photos


def test_pictures_are_made_and_judged(tmp_path, no_data_folder, capsys):
    ways = ("pixels", "improved", "spectral")  # .ci/run makes all five
    smoke = replace(coupled_compare.PRESETS["smoke"], output=tmp_path, ways=ways)
    numbers = coupled_compare.run(smoke)
    folder = tmp_path / "coupled_compare_squeezenet"
    assert json.loads((folder / "numbers.json").read_text())["ways"] == numbers
    ways = set(numbers) - {"photographs"}
    assert len(ways) == 3
    for way in ways:
        of = numbers[way]
        assert 0 <= of["first_five_of_judge"] <= 1 and of["likeness"] < 0.99, way  # no two pictures are the same
    assert numbers["photographs"]["slope"] < -1.5 < numbers[coupled_compare.PIXELS]["slope"]  # noise
    assert np.asarray(Image.open(folder / "pictures.png").convert("L")).std() > 5
    assert coupled_compare.SPECTRAL.split()[0] in capsys.readouterr().out


def test_an_autoencoder_of_photographs(tmp_path, no_data_folder, capsys):
    smoke = replace(dae_photos.PRESETS["smoke"], output=tmp_path / "artifacts", checkpoints=tmp_path / "runs")
    metrics = dae_photos.run(smoke)
    folder = tmp_path / "artifacts" / "dae_photos_photos_smoke"  # no dogs here: named after what it was trained with
    assert "Using photos that come with packages instead" in capsys.readouterr().out
    autoencoder = kinv.load(folder)
    assert autoencoder.size == 32 and np.isfinite(list(metrics.values())).all()
    assert (folder / "figures" / "reconstructions.png").stat().st_size > 5000
    assert not list((tmp_path / "runs").glob("*/*"))  # the checkpoint is gone
