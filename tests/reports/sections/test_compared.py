"""Two networks on the same images: itself is no other, one that ignores more is named, and words say so."""

import keras
import numpy as np
import pytest

import kinv
from kinv.reports.report import report
from kinv.reports.sections.compared import points, sentences, verdict_words
from kinv.reports.words import TIMES

NAMES = ["one", "other"]


def row(title, verdict, low, high):
    return {"title": title, "verdict": verdict, "low": low, "high": high}


def test_sentences():
    rows = [
        row("Zoom", "better", 0.104, 0.2),
        row("Blur", "better", 0.001, 0.08),
        row("Noise", "better", 0.02, 0.05),
        row("Rotation", "as good", -0.01, 0.02),
        row("Contrast", "unknown", -0.2, 0.1),
        row("Shift", "worse", -0.3, -0.05),
    ]
    first, second = sentences(rows, NAMES)
    assert first == (
        "Compared with other, one keeps more under zoom (by 10 to 20 points), blur (by up to 8 points) and 1 more; "
        "fewer under shift (by 5 to 30 points)."
    )
    assert second == "No clear difference under the other 2 transformations."
    assert sentences(rows[:3], NAMES) == [
        "Compared with other, one keeps more predictions under all 3 transformations, above all zoom (by 10 to 20 "
        "points) and blur (by up to 8 points)."
    ]
    assert sentences(rows[:1], NAMES) == ["Compared with other, one keeps more under zoom (by 10 to 20 points)."]
    assert "no clear difference under the 2 transformations" in sentences(rows[3:5], NAMES)[0]


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (row("", "better", 0.05, 0.12), "one keeps more, by 5 to 12 points"),
        (row("", "worse", -0.12, -0.05), "other keeps more, by 5 to 12 points"),
        (row("", "as good", -0.03, 0.01), "no clear difference: at most 3 points"),
        (row("", "unknown", -0.2, 0.1), "no clear difference"),
    ],
)
def test_words_of_a_verdict(found, expected):
    assert verdict_words(found, NAMES) == expected


def test_points_have_no_sign():
    assert points({"low": -0.3, "high": -0.004}) == "up to 30 points"


@pytest.fixture(scope="module", autouse=True)
def few_transformations():
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("kinv.reports.magnitudes.FEWER", {"brightness": (-1, 1), "contrast": (0, 3), "greyscale": (1,)})
        yield


def network(size, name, rows):
    """Two classes: the brightness of these rows (of two), and of the others; class names are its own."""
    inputs = keras.Input((size, size, 1))
    halves = keras.layers.Flatten()(keras.layers.AveragePooling2D((size // 2, size))(inputs))
    dense = keras.layers.Dense(2)
    model = keras.Model(inputs, dense(halves), name=name)
    dense.set_weights([np.array(rows, "float32"), np.array([0, 0.5], "float32")])
    return kinv.wrap(model, class_names=["upper", "lower"])


@pytest.fixture(scope="module")
def images():
    pixels = np.random.default_rng(0).uniform(0, 60, (40, 8, 8, 1)).astype("float32")
    pixels[::2, :4] += 150
    pixels[1::2, 4:] += 150
    return pixels, np.arange(40) % 2


@pytest.fixture(scope="module")
def halves():
    return network(8, "halves", [[1, 0], [0, 1]])


def test_a_network_and_itself_do_not_differ(halves, images, tmp_path):
    found = report(halves, *images, "quick", folder=tmp_path, sections=["compared"], compare=halves)
    section = found.content["sections"]["compared"]
    assert section["failed"] is None and "the other halves" in found.page()
    assert [one["difference"] for one in section["rows"]] == [0, 0]
    assert all(one["said"].startswith("no clear difference") for one in section["rows"])
    assert section["right"] == "No clear difference in how often they are right."
    assert "no clear difference under the 2 transformations" in found.summary()
    with pytest.raises(ValueError, match=r"another run \(other compared"):
        report(halves, *images, "quick", folder=tmp_path, sections=["compared"])


def test_one_that_sees_less_keeps_more(halves, images, tmp_path):
    """The other one takes larger images, and is sure of one class, whatever it is shown."""
    blind = network(12, "blind", [[0, 0], [0, 0]])
    settings = {"folder": tmp_path, "sections": ["tolerance"], "compare": blind, "preflight": False}
    found = report(halves, *images, "quick", **settings)
    section = found.content["sections"]["compared"]
    assert {one["transformation"]: one["kept_by_other"] for one in section["rows"]} == {"brightness": 1, "contrast": 1}
    assert (section["rows"][-1]["transformation"], section["rows"][-1]["verdict"]) == ("brightness", "worse")
    assert [one["accuracy"] for one in section["networks"]] == [1, 0.5]
    assert section["networks"][1]["chance"] == 1 and "halves is right more often" in section["right"]
    page = found.page()
    assert "could not be made" not in page and f"8 {TIMES} 8 and 12 {TIMES} 12 pixels" in page
    assert page.index('id="compared"') > page.index('id="tolerance"')
    assert (tmp_path / "tables" / "screening_compared" / "images.parquet").is_file()
    assert (tmp_path / "tables" / "compared.csv").is_file()


def test_without_another_network_it_says_so(halves, images, tmp_path):
    found = report(halves, *images, "quick", folder=tmp_path, sections=["compared"], preflight=False)
    assert "no other network was given" in found.content["sections"]["compared"]["failed"]
