"""A screening in sentences, of a network of which it is known what they should say."""

import numpy as np
import pandas as pd
import pytest

import kinv

from .known_network import screen, threshold_classifier


@pytest.fixture
def screening(photos):
    return screen(*photos)


def test_what_is_tolerated_comes_first_with_its_range(screening):
    """The network sees the mean only: rotations by quarters change nothing, brightness turns everything bright."""
    rows = screening.ranking().set_index("transformation")
    assert list(rows.index) == ["rotation", "brightness"]
    assert rows.loc["rotation", "unchanged"] == rows.loc["rotation", "worst_unchanged"] == 1
    assert (rows.loc["rotation", "from"], rows.loc["rotation", "to"]) == (0, 180)
    assert rows.loc["rotation", "high"] == pytest.approx(1) and rows.loc["rotation", "low"] < 0.95
    table = screening.accuracy.query("transformation == 'brightness'")
    moved = table[table["magnitude"] != 0]
    assert rows.loc["brightness", "unchanged"] == pytest.approx(moved["unchanged"].mean())
    assert rows.loc["brightness", "worst"] == table.loc[table["unchanged"].idxmin(), "magnitude"]


def of_rotations(unchanged, images=100):
    """A table of shares at magnitudes; nothing else of a screening is of interest here."""
    magnitudes = np.linspace(-180, 180, len(unchanged))
    row = {"network": "net", "transformation": "rotation", "magnitude_2": np.nan, "accuracy": 0.5, "images": images}
    row |= {"classes": 3, "turned_into_name": "", "turned_into_share": np.nan}
    return pd.DataFrame(
        [{**row, "magnitude": at, "unchanged": share} for at, share in zip(magnitudes, unchanged, strict=True)]
    )


def test_magnitudes_at_which_all_predictions_stay_count():
    """All but the neutral one, from which the tolerated range is counted, also where another one does no harm."""
    accuracy = of_rotations([1.0, 0.4, 1.0, 1.0, 1.0, 0.6, 1.0])
    (row,) = kinv.Screening(accuracy, pd.DataFrame(), pd.DataFrame()).ranking().to_dict("records")
    assert row["unchanged"] == pytest.approx((4 * 1.0 + 0.4 + 0.6) / 6)
    assert (row["from"], row["to"]) == (-60, 60)
    low, high = kinv.analysis.wilson_interval(40, 100, 1 - 0.05 / 7)  # of seven, the worst was chosen
    assert (row["worst"], row["low"], row["high"]) == (-120, pytest.approx(low), pytest.approx(high))
    alone = kinv.Screening(of_rotations([0.9, 1.0, 0.9])[1:2], pd.DataFrame(), pd.DataFrame())
    assert alone.ranking()["unchanged"].tolist() == [1]


def test_what_everything_turns_into_is_named(screening):
    brighter = screening.accuracy.query("transformation == 'brightness' and magnitude > 0 and unchanged < 1")
    darker = screening.accuracy.query("transformation == 'brightness' and magnitude < 0 and unchanged < 1")
    assert len(brighter) and len(darker)
    assert (brighter["turned_into"] == 1).all() and (darker["turned_into"] == 0).all()
    assert (brighter["turned_into_share"] == 1).all()
    still = screening.accuracy.query("unchanged == 1")
    assert (still["turned_into"] == -1).all() and still["turned_into_share"].isna().all()
    said = screening.summary()
    assert ("are '1'" in said or "are '0'" in said) and "bias" not in said  # of two classes, there is no other
    many = kinv.Screening(screening.accuracy.assign(classes=3), screening.softmax, screening.critical_points)
    assert "are '1': a bias" in many.summary() or "are '0': a bias" in many.summary()


def test_words_and_figures(screening, photos, tmp_path):
    said = screening.summary()
    assert "threshold: accuracy" in said and said.index("rotation") < said.index("brightness")
    assert repr(screening) == "Screening(threshold: 2 transformations of 30 images; try .summary())"
    assert screening.to_frame() is screening.accuracy
    paths = screening.save_figures(tmp_path / "figures", threshold_classifier(), *photos)
    assert {path.stem for path in paths} >= {"accuracy_rotation", "critical_brightness"}
    assert all(path.stat().st_size > 1000 for path in paths)
    screening.save(tmp_path / "tables", format="csv")
    assert kinv.Screening.load(tmp_path / "tables").summary() == said


def test_classes_add_up_to_the_whole(screening, photos):
    """Of 20 dark and 10 bright images: shares of classes, counted by hand at one magnitude, and their sum."""
    images, labels = photos
    brighter = screening.classes.query("transformation == 'brightness' and magnitude == 0.2").set_index("class")
    moved = (np.clip(images + 0.2 * 255, 0, 255).mean(axis=(1, 2, 3)) > 127.5).astype(int)
    for index in (0, 1):
        row, own = brighter.loc[index], labels == index
        assert row["images"] == own.sum()
        assert row["unchanged"] == row["accuracy"] == (moved[own] == index).mean()
        assert row["unchanged_low"] <= row["unchanged"] <= row["unchanged_high"]
    assert set(brighter["unchanged"]) != {1.0}  # something happens
    sums = screening.classes.assign(stay=screening.classes["images"] * screening.classes["unchanged"])
    sums = sums.groupby(["transformation", "magnitude"])["stay"].sum() / 30
    whole = screening.accuracy.set_index(["transformation", "magnitude"])["unchanged"]
    assert (sums - whole).abs().max() < 1e-12


def test_tables_of_an_older_version_are_read(screening, tmp_path):
    screening.save(tmp_path / "old")
    (tmp_path / "old" / "classes.parquet").unlink()
    older = kinv.Screening.load(tmp_path / "old")
    assert older.classes.empty and older.summary() == screening.summary()


def test_examples_are_of_their_class_and_right(photos):
    images, labels = photos
    labels = labels.copy()
    labels[:5] = 1  # dark images that are called bright: none of them stands for a class
    found = kinv.analysis.class_examples(threshold_classifier(), images, labels, [1, 0])
    assert list(found) == [1, 0]
    np.testing.assert_array_equal(found[0], images[5])
    np.testing.assert_array_equal(found[1], images[20])
    by_prediction = kinv.analysis.class_examples(threshold_classifier(), images, classes=[0])
    np.testing.assert_array_equal(by_prediction[0], images[0])
    assert kinv.analysis.class_examples(threshold_classifier(), images[:20], labels[:20], [1]) == {}


@pytest.mark.parametrize(
    ("successes", "trials", "expected"),
    # Wilson's interval by hand: z = 1.959964
    [(0, 10, (0.0, 0.27753)), (10, 10, (0.72247, 1.0)), (5, 10, (0.23659, 0.76341)), (0, 0, (0.0, 1.0))],
)
def test_wilsons_interval(successes, trials, expected):
    np.testing.assert_allclose(kinv.analysis.wilson_interval(successes, trials), expected, atol=1e-4)


def test_wilsons_interval_covers_the_truth(random):
    draws = random.binomial(40, 0.1, 20_000)
    low, high = kinv.analysis.wilson_interval(draws, 40)
    assert ((low <= 0.1) & (high >= 0.1)).mean() > 0.93
    with pytest.raises(ValueError, match="trials"):
        kinv.analysis.wilson_interval(3, 2)
