"""What is kept while recipes run: whole or not there, and only for the run that it was made for."""

import numpy as np
import pytest

from recipes.kept import measure_once
from recipes.picture_shelf import PictureShelf


def test_what_is_measured_once(tmp_path):
    calls = []

    def measure():
        calls.append(1)
        return {"answer": len(calls)}

    path = tmp_path / "kept" / "one.json"
    assert measure_once(path, {"seed": 0}, measure) == measure_once(path, {"seed": 0}, measure) == {"answer": 1}
    assert measure_once(path, {"seed": 1}, measure) == {"answer": 2}


@pytest.mark.parametrize("channels", [1, 3])
def test_pictures_come_back_with_what_they_were_made_of(tmp_path, random, channels):
    shelf = PictureShelf(tmp_path / "shelf", {"seed": 0})
    picture = random.uniform(-20, 280, (6, 5, channels)).astype("float32")
    assert not shelf.has("0 a/b")
    shelf.keep("0 a/b", picture, [1.5, -2.0], 0.25)
    again = PictureShelf(tmp_path / "shelf", {"seed": 0})
    assert again.has("0 a/b") and not again.has("1 a/b")
    np.testing.assert_array_equal(again.picture("0 a/b"), picture.round().clip(0, 255))
    features, seconds = again.made_of("0 a/b")
    np.testing.assert_array_equal(features, [1.5, -2.0])
    assert seconds == 0.25
    assert sorted(path.name for path in (tmp_path / "shelf" / "pictures").iterdir()) == ["0_a_b.png"]


def test_a_shelf_of_another_run_is_refused(tmp_path):
    PictureShelf(tmp_path, {"seed": 0, "steps": 3})
    with pytest.raises(ValueError, match=r"made with another rate, seed, steps\. Choose another --output"):
        PictureShelf(tmp_path, {"seed": 1, "rate": 0.1})
