"""What is kept while recipes run: whole or not there, and only for the run that it was made for."""

import numpy as np
import pytest

from recipes.experiment.kept import Kept


def test_what_is_measured_once(tmp_path):
    calls = []

    def measure():
        calls.append(1)
        return {"answer": len(calls)}

    assert Kept(tmp_path, {"seed": 0}).once(measure) == Kept(tmp_path, {"seed": 0}).once(measure) == {"answer": 1}
    assert Kept(tmp_path, {"seed": 1}).once(measure) == {"answer": 2}
    assert Kept(tmp_path, {"seed": 0}).once(measure) == {"answer": 1}  # another run took nothing away


def test_what_breaks_while_it_is_measured_is_measured_again(tmp_path):
    def broken():
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Kept(tmp_path, {"seed": 0}).once(broken)
    assert Kept(tmp_path, {"seed": 0}).once(lambda: 3) == 3


@pytest.mark.parametrize("channels", [1, 3])
def test_images_come_back_with_what_they_were_made_of(tmp_path, random, channels):
    kept = Kept(tmp_path, {"seed": 0})
    image = random.uniform(-20, 280, (6, 5, channels)).astype("float32")
    assert not kept.has("0 a/b")
    kept.keep("0 a/b", image, [1.5, -2.0], 0.25)
    again = Kept(tmp_path, {"seed": 0})
    assert again.has("0 a/b") and not again.has("1 a/b") and not Kept(tmp_path, {"seed": 1}).has("0 a/b")
    np.testing.assert_array_equal(again.image("0 a/b"), image.round().clip(0, 255))
    features, seconds = again.made_of("0 a/b")
    np.testing.assert_array_equal(features, [1.5, -2.0])
    assert seconds == 0.25
    assert sorted(path.name for path in (kept.folder / "images").iterdir()) == ["0_a_b.png"]
