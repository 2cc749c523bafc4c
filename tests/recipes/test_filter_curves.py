"""The recipe of accuracy over movement, on the committed Filter GAN."""

import json
from dataclasses import replace

import pytest

from recipes import filter_curves


@pytest.mark.long
def test_it_keeps_curves_of_all_kinds_and_their_figure(tmp_path, no_data_folder, capsys):
    found = filter_curves.run(replace(filter_curves.PRESETS["smoke"], output=tmp_path, checkpoints=tmp_path / "runs"))
    assert set(found["areas"]) == {
        *("generated", "isotropic noise", "whitened noise", "Laplace", "low Fisher", "shifted", "rotated"),
    }
    assert "accuracy, by movement of outputs" in capsys.readouterr().out
    (folder,) = tmp_path.glob("filter_curves_conv4_mnist_smoke*")
    kept = json.loads((folder / "numbers.json").read_text())["results"]
    assert len(kept["curves"]) == 14 and kept["network"] > 0.9
    assert list(folder.rglob("curves.png"))
