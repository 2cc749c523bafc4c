"""Shared by all tests: seeded random images, and the folder of real data where there is one."""

import os
from pathlib import Path

import kinv.backend  # noqa: F401  (starts TensorFlow quietly, before anything else imports it)

# isort: split
import numpy as np
import pytest


@pytest.fixture
def random():
    return np.random.default_rng(0)


@pytest.fixture
def images(random):
    """Four smooth random images, `(4, 20, 24, 3)` in 0..255: bilinear interpolation means something on them."""
    from scipy.ndimage import gaussian_filter

    noise = gaussian_filter(random.normal(size=(4, 20, 24, 3)), (0, 2, 2, 0), mode="reflect")
    noise = (noise - noise.min()) / (noise.max() - noise.min())
    return (20 + 200 * noise).astype("float32")


@pytest.fixture
def eagerly():
    """Steps run operation by operation: where each trains few times, tracing takes longest by far.

    `tests/models/test_tracing.py` and the longer tests see compiled ones.
    """
    import tensorflow as tf

    tf.config.run_functions_eagerly(True)
    yield
    tf.config.run_functions_eagerly(False)


@pytest.fixture
def readable_figures(monkeypatch):
    """Every figure that the test makes must be readable when it ends."""
    from kinv.figures import style
    from tests.figures import readable

    made = []

    class Kept(style.NotebookFigure):
        def __init__(self, *args, **kwargs):
            super().__init__(*args, **kwargs)
            made.append(self)

    monkeypatch.setattr(style, "NotebookFigure", Kept)
    yield
    for figure in made:
        readable.check(figure)


@pytest.fixture
def no_data_folder(monkeypatch, tmp_path):
    """As on a machine that has nothing but the packages."""
    monkeypatch.delenv("KINV_DATA_DIR", raising=False)
    monkeypatch.setenv("TFDS_DATA_DIR", str(tmp_path / "no_tfds"))
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "no_keras"))


@pytest.fixture(scope="session")
def imagenet_samples():
    """The folder of 500 labelled photographs; the test is skipped where `KINV_DATA_DIR` does not hold it."""
    folder = Path(os.environ.get("KINV_DATA_DIR", "/nowhere")) / "imagenet_samples"
    if not folder.is_dir():
        pytest.skip("needs KINV_DATA_DIR with imagenet_samples/")
    return folder
