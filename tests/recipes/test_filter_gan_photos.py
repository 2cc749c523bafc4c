"""The Filter GAN on photographs, small: the five embedded ones are enough to see that it runs and what it keeps."""

import json
from dataclasses import replace

import pytest
import tensorflow as tf

import kinv
from recipes import filter_gan_photos
from tests.recipes.test_filter_gan_mnist import FIGURES


@pytest.mark.release
def test_it_runs_on_embedded_photographs(tmp_path, no_data_folder, capsys, few_codes):
    smoke = filter_gan_photos.PRESETS["smoke"]
    config = replace(smoke, output=tmp_path / "artifacts", checkpoints=tmp_path / "runs")
    metrics = filter_gan_photos.run(config)
    assert metrics["network"] == 1.0  # it agrees with itself
    assert "5 photographs" in capsys.readouterr().out
    folder = tmp_path / "artifacts" / "filter_gan_squeezenet_fire2_expand3x3_photos_smoke"
    kinv.verify(folder)
    assert json.loads((folder / "metadata.json").read_text())["metrics"] == metrics
    assert {file.name for file in (folder / "figures").iterdir()} == FIGURES - {"counterparts.png"}
    # no copy of SqueezeNet, which is its authors' to share
    assert not hasattr(tf.saved_model.load(folder / "saved_model"), "classify")
    size = sum(file.stat().st_size for file in (folder / "saved_model").rglob("*"))
    assert size < 4 * kinv.classifiers.build("squeezenet").count_params()
