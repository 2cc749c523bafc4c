"""Mixtures of small changes on the page."""

import numpy as np
import pytest
from markupsafe import escape

from kinv.json_values import json_values
from kinv.reports.direction_words import sentences
from kinv.reports.page import NO_BREAK
from kinv.reports.sections import directions
from tests.analysis.directions.test_figures import made

from .brighter_half import brighter_half, images_of_halves


@pytest.fixture(scope="module")
def section(subject):
    images, _ = images_of_halves(8, 3, 8)
    few = {"direction_images": 8, "direction_reach_images": 8}
    return json_values(directions.make(subject(brighter_half(3, 8), images, **few)))


def test_rows_are_the_most_and_the_least_ignored(section, folder):
    assert [part["title"] for part in section["parts"]] == ["Space", "Colour"]
    assert (section["images"], section["reach_images"], section["labelled"]) == (8, 8, False)
    for part in section["parts"]:
        relative = [row["relative"] for row in part["rows"]]
        assert relative == sorted(relative) and relative[0] < 1 < relative[-1]
        assert [row["most"] for row in part["rows"]] == [True, True, True, False, False]
        for end in (end for row in part["rows"] for end in row["ends"]):
            assert end["says"] in ("upper", "lower") and (folder / end["file"]).is_file()
    assert all((folder / place).is_file() for place in (*section["tables"], *section["figures"]))


def test_the_page_shows_them(section, shown):
    html = shown("directions", section)
    assert escape(section["sentences"][0].replace(" %", f"{NO_BREAK}%")) in html and html.count("<tr>") == 2 * (1 + 5)
    assert section["parts"][0]["rows"][0]["ends"][0]["words"] in html


def test_sentences_claim_no_more_than_the_intervals():
    found = made(3, "tiny")
    assert found.color.ignored[0]
    said = sentences("tiny", found)
    assert said[0].startswith("Of all ways to recolour an image, tiny ignores most: ") and "compared with" in said[0]
    even = made(3, "tiny")
    even.space.forms[:] = np.eye(6)
    assert sentences("tiny", even)[1] == (
        "Of all ways to move an image, tiny ignores none clearly: none moves its predictions less than half as far as "
        "a random one."
    )
