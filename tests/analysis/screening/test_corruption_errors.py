"""The errors under ImageNet-C's corruptions: means over severities and images, and relative to AlexNet's."""

import dataclasses

import numpy as np
import pandas as pd
import pytest

import kinv
from kinv.analysis.screening.corruption_errors import ALEXNET, ALEXNET_CLEAN
from kinv.analysis.screening.plans import planned
from kinv.intervals import wilson_interval
from kinv.ops import IMAGENET_C

from .known_network import screen


def made(right, labels="given", classes=1000, network="net"):
    """A screening of 100 images, 80 of a class and 20 of another; `right` counts correct ones by name and severity."""
    rows = [
        {"network": network, "transformation": name, "class": index, "magnitude": float(severity), "images": images,
         "accuracy": right(name, severity) / 100}
        for name in IMAGENET_C
        for severity in range(6)
        for index, images in ((0, 80), (1, 20))
    ]  # fmt: skip
    table = pd.DataFrame(rows)
    metadata = {"network": network, "labels": labels, "network_classes": classes}
    accuracy = table[table["class"] == 0].assign(magnitude_2=np.nan)
    return kinv.Screening(accuracy, table.iloc[:0], table.iloc[:0], metadata, classes=table)


def test_alexnet_is_as_wrong_as_alexnet():
    """The same error at every severity, which is AlexNet's mean."""
    found = made(lambda name, severity: 100 * (1 - (ALEXNET[name] if severity else ALEXNET_CLEAN))).corruption_error()
    assert found.mce == pytest.approx(1) and found.relative_mce == pytest.approx(1)
    assert found.mean_error == pytest.approx(np.mean(list(ALEXNET.values())))
    assert found.clean_error == pytest.approx(ALEXNET_CLEAN) and found.images == 100
    assert found.corruptions == tuple(IMAGENET_C) == tuple(ALEXNET)
    assert "mCE 1.000" in found.summary() and "mCE 1" in repr(found) and len(repr(found)) < 400
    np.testing.assert_allclose(found.to_frame()["relative_to_alexnet"], 1)


def test_errors_are_means_over_severities_1_to_5():
    found = made(lambda name, severity: 90 - 10 * severity).corruption_error()
    np.testing.assert_allclose(found.errors, np.mean([0.2, 0.3, 0.4, 0.5, 0.6]))
    ends = [wilson_interval(wrong, 100) for wrong in (20, 30, 40, 50, 60)]
    np.testing.assert_allclose([found.low[0], found.high[0]], np.mean(ends, axis=0))
    assert found.clean_error == pytest.approx(0.1)


def test_images_count_alike_not_classes():
    screening = made(lambda name, severity: 50)
    table = screening.classes.assign(accuracy=screening.classes["class"].map({0: 1.0, 1: 0.0}))
    found = dataclasses.replace(screening, classes=table).corruption_error()
    assert found.mean_error == pytest.approx(0.2)


@pytest.mark.parametrize(
    ("labels", "classes", "why"),
    [("given", 10, "1,000 classes"), ("the network's own predictions", 1000, "no labels")],
)
def test_without_imagenets_classes_or_labels_there_is_no_mce(labels, classes, why):
    found = made(lambda name, severity: 70, labels, classes).corruption_error()
    assert np.isnan(found.mce) and np.isnan(found.relative_mce) and not found.comparable
    assert found.mean_error == pytest.approx(0.3) and why in found.summary() and "mCE" not in repr(found)


def test_missing_corruptions_and_unnamed_networks_are_refused(photos):
    one = screen(*photos, transformations=["imagenet_c.contrast"], magnitudes={})
    with pytest.raises(ValueError, match=r"14 are not complete, such as imagenet_c\.gaussian_noise: screen with"):
        one.corruption_error()
    assert "ImageNet-C" not in one.summary()
    whole = made(lambda name, severity: 70)
    without = whole.classes[whole.classes["magnitude"] != 3]
    with pytest.raises(ValueError, match="15 are not complete"):
        dataclasses.replace(whole, classes=without).corruption_error()
    both = kinv.Screening.join([whole, made(lambda name, severity: 60, network="other")])
    with pytest.raises(ValueError, match="network must be one of"):
        both.corruption_error()
    assert both.corruption_error("other").mean_error == pytest.approx(0.4)
    assert both.corruption_error("other").comparable


def test_the_name_stands_for_fifteen():
    plans = planned("imagenet_c", None)
    assert [transformation.name for transformation, _ in plans] == list(IMAGENET_C)
    assert all(points.tolist() == [0, 1, 2, 3, 4, 5] for _, points in plans)
    assert [plan[0].name for plan in planned(["rotation", "imagenet_c"], None)] == ["rotation", *IMAGENET_C]
    assert [plan[0].name for plan in planned("rotation", None)] == ["rotation"]
    assert not set(IMAGENET_C) & {transformation.name for transformation, _ in planned(None, None)}
    with pytest.raises(ValueError, match=r"whole numbers in 0\.\.5"):
        planned(["imagenet_c.fog"], {"imagenet_c.fog": [0.5]})


@pytest.mark.release
def test_a_screening_says_its_corruption_error(photos, tmp_path):
    images, labels = photos
    found = screen(images[::3], labels[::3], transformations="imagenet_c", magnitudes={}, results=tmp_path / "tables")
    errors = found.corruption_error()
    assert errors.images == 10 and errors.clean_error == 0 and 0 < errors.mean_error < 1
    assert "ImageNet-C: mean error" in found.summary() and "No mCE" in found.summary()
    again = kinv.Screening.load(tmp_path / "tables").corruption_error()
    np.testing.assert_allclose(again.errors, errors.errors)
    assert found.ranking()["to"].between(0, 5).all()
