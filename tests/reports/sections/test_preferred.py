"""Classes of which images are made, who judges them, and what the page says."""

import dataclasses
import json

import numpy as np
import pytest

import kinv
from kinv.reports.preferred_images import PreferredImages
from kinv.reports.sections import preferred
from kinv.reports.settings import PRESETS
from kinv.reports.subject import Subject

from ..hand_made import content, write_page
from .brighter_half import brighter_half, images_of_halves


def subject_of(folder, judge=None, channels=1, side=8):
    settings = dataclasses.replace(PRESETS["default"], preferred_steps=5)
    return Subject(brighter_half(channels, side), "mine", *images_of_halves(40, channels, side), settings, folder,
                   judge=judge)  # fmt: skip


def test_the_most_frequent_classes_come_first_each_with_its_surest_image():
    classes = np.array([7, 2, 2, 5, 9])
    confidence = np.array([0.9, 0.3, 0.6, 0.95, 0.1])
    assert preferred.seen_classes(classes, confidence, 3) == {2: 2, 5: 3, 7: 0}
    assert list(preferred.seen_classes(classes, confidence, 10)) == [2, 5, 7, 9]


def test_only_another_network_of_the_same_classes_judges(tmp_path):
    same = kinv.wrap(brighter_half(), class_names=["upper", "lower"])
    same.name = "another"
    others = kinv.wrap(brighter_half(), class_names=["lower", "upper"])
    others.name = "other_way_round"
    assert preferred.fitting_judge(subject_of(tmp_path, same)) is same
    for judge in (None, others, brighter_half(channels=3), brighter_half()):
        assert preferred.fitting_judge(subject_of(tmp_path, judge)) is None


@pytest.mark.parametrize(
    ("ranks", "said"),
    [
        ([(1, 3), (1, 700), (1, 5)], ["second, another network, has the class among its first 5 of 1,000 for 2 of 3 "
                                      "images that were made to please first alone."]),
        ([(1, 6), (1, 700), (1, 50)], ["second, another network, has the class among its first 5 of 1,000 for none of "
                                       "3 images that were made to please first alone."]),
        ([(1, 3), (1, 700)], []),
        ([(1, 3), (2, 700), (1, 5)], []),
    ],
)  # fmt: skip
def test_a_sentence_only_where_enough_was_judged(ranks, said):
    ranks = [{"own": own, "judge": judge} for own, judge in ranks]
    assert preferred.sentences("first", "second", ranks, 1000) == said
    assert preferred.sentences("first", None, ranks, 1000) == []


def test_images_at_random_have_the_colours_of_those_given_and_depend_on_the_seed():
    images, _ = images_of_halves(40, channels=3)
    made = PreferredImages(brighter_half(3), images, seed=1).at_random(200)
    assert made.shape == (200, 8, 8, 3) and made.min() >= 0 and made.max() <= 255
    assert abs(made.mean() - images.mean()) < 10
    np.testing.assert_array_equal(PreferredImages(brighter_half(3), images, seed=1).at_random(200), made)
    assert np.abs(PreferredImages(brighter_half(3), images, seed=2).at_random(200) - made).max() > 1


@pytest.mark.long
@pytest.mark.parametrize("channels", [1, 3])
def test_the_section_is_made_of_what_the_network_looks_for(channels, tmp_path):
    judge = brighter_half(channels)
    judge.name = "another"
    subject = subject_of(tmp_path / "report", judge, channels)
    found = preferred.make(subject)
    assert [row["name"] for row in found["classes"]] == ["upper", "lower"]
    assert all(row["rank"] == {"own": 1, "judge": 1} for row in found["classes"]) and found["judge"] == "another"
    assert 1 <= found["rank_at_random"]["own"] <= 2
    assert json.dumps(preferred.make(subject)) == json.dumps(found)


@pytest.mark.parametrize("judge", [None, "<i>second"])
def test_the_page_says_places_with_their_endings(judge, tmp_path):
    rank = lambda own, other: {"own": own, **({} if judge is None else {"judge": other})}  # noqa: E731
    image = {"made": "images/0.png", "real": "images/1.png", "confidence": 0.99, "confidence_of_real": 0.7}
    about = content()
    about["sections"] = {
        "preferred": {
            **{"title": "Preferred", "failed": None, "seconds": 1.0, "sentences": [], "count": 1000, "steps": 80},
            "classes": [
                {"name": "<b>cat", **image, "rank": rank(1, 11)},
                {"name": "dog", **image, "rank": rank(2, 23)},
            ],
            **{"at_random": "images/2.png", "rank_at_random": rank(266.6, 420.2), "judge": judge},
        }
    }
    page = write_page(tmp_path / "report", about, {}).read_text(encoding="utf-8")
    assert "could not be made" not in page and "<b>cat" not in page and "<i>second" not in page
    assert "1st of 1,000" in page and "2nd of 1,000" in page and "267th of 1,000" in page
    assert ("11th in &lt;i&gt;second" in page and "23rd in" in page) == (judge is not None)
