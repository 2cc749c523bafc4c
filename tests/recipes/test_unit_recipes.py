"""The recipes of unit analysis, small: from the committed artifacts, with figures that show something."""

import json
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from kinv.analysis.units.known_transformations import FAMILIES, TOGETHER
from recipes import manifolds_rotated_mnist, units_mnist, units_squeezenet


@pytest.mark.release
@pytest.mark.parametrize(
    ("data", "network"),
    [
        ("mnist", "sdae_mnist"),
        ("patches", "dbn_patches"),
        ("silhouettes", "sdae_silhouettes"),
    ],
)
def test_it_writes_figures_and_numbers(data, network, tmp_path, no_data_folder, capsys):
    smoke = units_mnist.DATA.get(data, units_mnist.PRESETS)["smoke"]
    assert network in smoke.networks
    smoke = replace(smoke, output=tmp_path, networks=(network,))
    numbers = units_mnist.run(smoke)
    folder = tmp_path / f"units_{data}_smoke"
    kept = json.loads((folder / "numbers.json").read_text())["results"]
    assert kept["networks"] == numbers and set(numbers) == set(smoke.networks)
    for layers in numbers.values():
        assert list(layers) == ["hidden1", "hidden2", "hidden3"]
        assert layers["hidden1"]["agreement"] > 0.99  # a first-layer unit has one maximum
        for of in layers.values():
            assert of["area_low"] <= of["area"] <= of["area_high"]
            assert 0 < of["counted"] <= of["measured"] == 12
            assert set(of["share"]) == set(of["tolerance"]) == {*FAMILIES, TOGETHER}
            assert sum(of["groups"].values()) == 4
        assert abs(layers["hidden1"]["ahead_of_geodesic"]) < 1e-3  # linear: all ways are the same
        assert layers["hidden1"]["wins_over_Hessian"] > 0.5
    figures = {path.name for path in folder.glob("*.png")}
    dbns = [network for network in numbers if network.startswith("dbn")]
    assert figures == {
        "invariance.png",
        *(f"{network}_{kind}.png" for network in numbers for kind in ("maxima", "paths", "restricted", "tolerance")),
        *(f"{network}_{kind}.png" for network in dbns for kind in ("samples", "comparison")),
    }
    for path in folder.glob("*.png"):
        assert np.asarray(Image.open(path).convert("L")).std() > 5, path
    printed = capsys.readouterr().out
    assert "The paper:" in printed and units_mnist.EXPECTED[data][0] in printed


@pytest.mark.release
def test_manifolds_of_rotated_digits(tmp_path, no_data_folder, capsys):
    numbers = manifolds_rotated_mnist.run(replace(manifolds_rotated_mnist.PRESETS["smoke"], output=tmp_path))
    folder = tmp_path / "manifolds_rotated_mnist_smoke"
    kept = json.loads((folder / "numbers.json").read_text())["results"]
    assert {name: kept[name] for name in numbers} == numbers
    assert numbers["kept"]["0.0"] == 1 and -1 < numbers["overlap"] < 1
    assert sum(numbers["groups"].values()) == 10
    for name in ("maxima", "manifolds", "restricted", "tolerance"):
        assert np.asarray(Image.open(folder / f"{name}.png").convert("L")).std() > 5, name
    assert "The paper:" in capsys.readouterr().out


@pytest.mark.release
def test_layers_of_a_network_for_photographs(tmp_path, no_data_folder, capsys):
    smoke = replace(units_squeezenet.PRESETS["smoke"], output=tmp_path)
    numbers = units_squeezenet.run(smoke)
    folder = tmp_path / "units_squeezenet_smoke"
    kept = json.loads((folder / "numbers.json").read_text())["results"]
    assert kept["networks"] == {"squeezenet": numbers}
    assert list(numbers) == list(smoke.layers)
    for of in numbers.values():
        assert of["area_low"] <= of["area"] <= of["area_high"] and of["measured"] == 2
        assert set(of["share"]) == {*FAMILIES, TOGETHER} and "ahead_of_Hessian" not in of
    assert abs(numbers["conv1"]["ahead_of_geodesic"]) < 0.01  # a linear filter, but for the borders
    for path in folder.glob("*.png"):
        assert np.asarray(Image.open(path).convert("L")).std() > 5, path
    assert units_squeezenet.EXPECTED[0] in capsys.readouterr().out
