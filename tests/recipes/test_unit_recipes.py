"""The recipes of unit analysis, small: from the committed artifacts, with pictures that show something."""

import json
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from recipes import units_mnist, units_patches, units_silhouettes


@pytest.mark.parametrize("recipe", [units_mnist, units_patches, units_silhouettes])
def test_it_writes_figures_and_numbers(recipe, tmp_path, no_data_folder, capsys):
    name = recipe.__name__.removeprefix("recipes.")
    numbers = recipe.run(replace(recipe.PRESETS["smoke"], output=tmp_path))
    folder = tmp_path / name
    kept = json.loads((folder / "numbers.json").read_text())
    assert kept["networks"] == numbers and set(numbers) == set(recipe.PRESETS["smoke"].networks)
    for layers in numbers.values():
        assert list(layers) == ["hidden1", "hidden2", "hidden3"]
        assert layers["hidden1"]["agreement"] > 0.99  # a first-layer unit has one maximum
        for of in layers.values():
            assert of["area_low"] <= of["area"] <= of["area_high"]
            assert 0 < of["counted"] <= of["measured"] == 12
    figures = {path.name for path in folder.glob("*.png")}
    dbns = [network for network in numbers if network.startswith("dbn")]
    assert figures == {
        "invariance.png",
        *(f"{network}_maxima.png" for network in numbers),
        *(f"{network}_{kind}.png" for network in dbns for kind in ("samples", "comparison")),
    }
    for path in folder.glob("*.png"):
        assert np.asarray(Image.open(path).convert("L")).std() > 5, path
    printed = capsys.readouterr().out
    assert "The paper:" in printed and recipe.EXPECTED[0] in printed
