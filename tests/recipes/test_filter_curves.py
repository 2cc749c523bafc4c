"""The recipe of accuracy over movement, on the committed Filter GAN."""

import json
from dataclasses import replace

import numpy as np
import pytest

import kinv
from recipes import filter_curves


def test_generated_sets_grow_with_their_size():
    gan = kinv.load("filter_gan_mnist_conv4")
    codes = np.random.default_rng(0).normal(size=(3, gan.latent_dim))
    sets = filter_curves.Generated(gan, codes)
    small, large = sets.kernels(np.full(3, 0.5)), sets.kernels(np.array([1.0, 2.0, 1.0]))
    assert small.shape == large.shape == (3, 3, 3, 32, 32) and small.dtype == "float64"
    np.testing.assert_allclose(large[0], np.asarray(gan.generate_filters(codes[:1].astype("float32")))[0], atol=1e-5)
    middle = np.asarray(gan.generate_filters(np.zeros((1, gan.latent_dim), "float32")))[0]
    assert (np.abs(large - middle).mean(axis=(1, 2, 3, 4)) > np.abs(small - middle).mean(axis=(1, 2, 3, 4))).all()


@pytest.mark.long
def test_it_keeps_curves_of_all_kinds_and_their_figure(tmp_path, no_data_folder, capsys):
    found = filter_curves.run(replace(filter_curves.PRESETS["smoke"], output=tmp_path, checkpoints=tmp_path / "runs"))
    assert set(found["areas"]) == {
        *("generated", "isotropic noise", "whitened noise", "Laplace", "shifted", "rotated"),
    }
    assert "accuracy, by movement of outputs" in capsys.readouterr().out
    (folder,) = tmp_path.glob("filter_curves_conv4_mnist_smoke*")
    kept = json.loads((folder / "numbers.json").read_text())["results"]
    assert len(kept["curves"]) == 12 and kept["network"] > 0.9
    assert list(folder.rglob("curves.png"))
