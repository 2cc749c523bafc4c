"""What is learned from a network, on the page and as an artifact beside it."""

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

import kinv
from kinv.reports import learning
from kinv.reports.sections import learned
from kinv.reports.settings import PRESETS
from kinv.reports.subject import Subject

from ..hand_made import content, write_page
from .brighter_half import brighter_half, images_of_halves

IMAGE = {"file": "images/0.png", "says": "<b>cat", "confidence": 0.5, "same": True}


def section(**values):
    """What the section holds, by hand."""
    rows = [{"of": name, "kept": kept, "low": kept - 0.1, "high": kept + 0.1} for name, kept in
            (("learned", 0.8), ("hand_made", 0.6), ("random", 0.4))]  # fmt: skip
    verdict = {"kind": "better", "low": 0.1, "high": 0.3, "words": "better (+10 to +30 points)"}
    return {
        **{"title": "Learned", "failed": None, "seconds": 1.0, "sentences": []},
        **{"rows": rows, "verdicts": {"hand_made": verdict, "random": verdict}, "explored": True},
        **{"hand_made": ["zoom out", "brightness"], "images": 30, "trained_on": 30, "draws": 2, "labelled": True},
        "does": [{"title": "Rotation", "low": "-5°", "high": "+5°"}],
        "sheet": [{"original": IMAGE, "learned": [IMAGE, {**IMAGE, "same": False}]}],
        **{"space": [[IMAGE]] * 25, "color": [[IMAGE]] * 9, "steps": {"space": list("abcde"), "color": list("abc")}},
        **{"folder": "learned", "channels": 3, **values},
    }


def page(folder, **values):
    about = content()
    about["sections"] = {"learned": section(**values)}
    return write_page(folder, about, {}).read_text(encoding="utf-8")


def test_the_page_shows_shares_verdicts_images_and_snippets(tmp_path):
    shown = page(tmp_path / "report")
    assert "could not be made" not in shown and "<b>cat" not in shown and "&lt;b&gt;cat" in shown
    assert "zoom out with brightness" in shown and "better (+10 to +30 points)" in shown
    assert shown.count('class="frame"') == 25 + 9 and shown.count('type="range"') == 4
    assert 'kinv.load("learned")' in shown and 'tf.saved_model.load("learned/saved_model")' in shown
    assert "It found nothing." not in shown and "It found nothing." in page(tmp_path / "other", explored=False)


def test_a_grid_has_all_pairs_row_by_row():
    np.testing.assert_allclose(learned.grid(2), [[0, 0], [0, 1], [1, 0], [1, 1]])
    assert learned.grid(5).shape == (25, 2) and learned.steps(3) == ["0", "0.5", "1"]


@pytest.mark.long
@pytest.mark.parametrize("channels", [1, 3])
def test_the_section_is_made_and_made_again(channels, tmp_path, monkeypatch):
    monkeypatch.setattr(learning, "STEPS", 4)
    settings = dataclasses.replace(PRESETS["default"], learned_epochs=1, learned_images=20)
    images, labels = images_of_halves(40, channels)
    subject = Subject(brighter_half(channels), "mine", images, labels, settings, tmp_path / "report")
    first = learned.make(subject)
    assert len(first["sentences"]) == 1 and [row["of"] for row in first["rows"]] == ["learned", "hand_made", "random"]
    for place in (*first["tables"], *first["figures"], first["space"][24][0]["file"], first["color"][8][0]["file"]):
        assert (subject.folder / place).is_file()
    check_artifact(subject.folder / "learned", images)
    if channels == 1:  # a second run finds what one that was killed has kept
        assert json.dumps(learned.make(subject)) == json.dumps(first)


def check_artifact(folder: Path, images: np.ndarray) -> None:
    """The three ways of the page to use it do the same."""
    kinv.verify(folder)
    seed = np.array([1, 2], "int32")
    changed = kinv.load(folder).augment(images, seed)
    layer = kinv.layers.LearnedAugmentation(str(folder), value_range=(0, 255))
    np.testing.assert_allclose(layer.transform_images(images, tf.constant(seed)), changed, atol=1e-3)
    exported = tf.saved_model.load(str(folder / "saved_model"))
    dataset = tf.data.Dataset.from_tensor_slices(images).batch(len(images)).map(lambda x: exported.augment(x, seed))
    np.testing.assert_allclose(next(iter(dataset)), changed, atol=1e-2)
