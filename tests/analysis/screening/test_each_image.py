"""The table of images: what happens to each image's prediction, counted by hand, and that it survives everything."""

import numpy as np
import pandas as pd
import pytest

import kinv
from kinv.analysis.screening.each_image import EachImage
from kinv.analysis.screening.tolerance import tolerance
from kinv.analysis.screening.totals import Totals

from .known_network import SMALL, screen
from .test_resume import Killed, kill_after


def test_rows_by_hand():
    """Four images at -2, -1, 0, 1: never changed; at -1 and 1; far away only; and wrong from the start."""
    images = EachImage(np.array([-2.0, -1.0, 0.0, 1.0]))
    images.add(np.array([0, 0]), np.array([[0, 0], [0, 1], [0, 0], [0, 2]]), np.array([0, 0]))
    images.add(np.array([2, 2]), np.array([[1, 2], [2, 2], [2, 2], [2, 0]]), np.array([2, 1]))
    table = images.table({"network": "net"}, 0.0, ["a", "b", "c"])
    assert table["kept"].tolist() == pytest.approx([1, 1.5 / 3, 2.5 / 3, 2.5 / 3])  # areas under 0 and 1, of 3
    np.testing.assert_equal(table["first_change"].tolist(), [np.nan, -1, -2, 1])  # of two equally near, the lower
    assert table["turned_into"].tolist() == [-1, 1, 1, 0]
    assert table["turned_into_name"].tolist() == ["-", "b", "b", "a"]
    assert table[["image", "class", "predicted"]].to_numpy().tolist() == [[0, 0, 0], [1, 0, 0], [2, 2, 2], [3, 1, 2]]


def test_of_a_grid_of_magnitudes_no_image_is_kept():
    assert Totals(np.zeros((4, 2)), 3, each_image=True).each_image is None
    assert Totals(np.zeros(4), 3, each_image=True).each_image is not None


def test_a_killed_run_ends_with_the_same_images(photos, tmp_path):
    """Killed in its second transformation; the images add up to the tolerance."""
    with pytest.MonkeyPatch.context() as patch, pytest.raises(Killed):
        kill_after(patch, 8)
        screen(*photos, results=tmp_path, each_image=True)
    resumed = screen(*photos, results=tmp_path, each_image=True)
    whole = screen(*photos, each_image=True)
    for found in (resumed, kinv.Screening.load(tmp_path)):
        pd.testing.assert_frame_equal(found.images, whole.images, check_exact=True)
    mean = whole.images.groupby("transformation")["kept"].mean()
    assert mean.to_dict() == pytest.approx(tolerance(whole.accuracy).set_index("transformation")["kept"].to_dict())
    assert mean["brightness"] < 1 and whole.images["class"].tolist() == 2 * photos[1].tolist()
    with pytest.raises(ValueError, match="each_image"):
        screen(*photos, results=tmp_path)


def test_a_screening_without_images_goes_on_after_an_update(photos, tmp_path):
    """A folder that an older version wrote says nothing of images."""
    first = screen(*photos, results=tmp_path)
    assert first.images.empty
    about = tmp_path / "screening.json"
    about.write_text(about.read_text().replace(' "each_image": false,\n', ""))
    assert "each_image" not in about.read_text()
    pd.testing.assert_frame_equal(screen(*photos, results=tmp_path).accuracy, first.accuracy)
    with pytest.raises(ValueError, match="each_image"):
        screen(*photos, results=tmp_path, each_image=True)


def test_saved_loaded_and_joined(photos, tmp_path):
    brightness, rotation = ({"transformations": [name], "magnitudes": {name: [0, 0.3]}} for name in SMALL)
    one, without = screen(*photos, **brightness, each_image=True), screen(*photos, **rotation)
    for format in ("parquet", "csv"):
        one.save(tmp_path / format, format)
        pd.testing.assert_frame_equal(kinv.Screening.load(tmp_path / format).images, one.images)
    assert len(kinv.Screening.join([one, without]).images) == 30
