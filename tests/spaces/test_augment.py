"""The app of `spaces/augment/`, where Gradio is installed: it has pins of its own, apart from kinv's."""

import importlib.util
import re
import urllib.request
from pathlib import Path

import numpy as np
import pytest

gradio = pytest.importorskip("gradio", reason="needs Gradio: pip install -r spaces/augment/requirements.txt")
APP = Path(__file__).parents[2] / "spaces" / "augment" / "app.py"


@pytest.fixture(scope="module")
def app():
    spec = importlib.util.spec_from_file_location("augment_app", APP)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_images_of_any_shape_are_transformed(app):
    image = np.random.default_rng(0).integers(0, 255, (300, 400, 3)).astype("uint8")
    ends = [app.transform(image, 0.5, 0.5, space, 0.5) for space in (0, 1)]
    assert ends[0].shape == (227, 227, 3) and ends[0].dtype == np.uint8
    assert np.abs(ends[0].astype(int) - ends[1]).mean() > 5
    first, again, other = (app.augment(image, seed) for seed in (1, 1, 2))
    assert first.shape == (454, 908, 3) and (first == again).all() and (first != other).any()
    with pytest.raises(gradio.Error, match="Choose an image first"):
        app.transform(None, 0, 0, 0, 0)


def test_it_says_what_was_measured_and_its_page_is_served_from_here(app):
    assert "80%" in app.measured() and "58%" in app.measured()
    blocks = app.page()
    _, url, _ = blocks.launch(prevent_thread_lock=True, quiet=True, theme=gradio.themes.Base(font=app.FONT))
    try:
        html = urllib.request.urlopen(url).read().decode()
    finally:
        blocks.close()
    loaded = re.findall(r'<(?:script|link|img)[^>]+(?:src|href)="(https?://[^"]+)"', html)
    assert [link for link in loaded if not link.startswith(url)] == []
