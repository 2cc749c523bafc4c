"""A report as a whole: it goes on where it was, loses no page, refuses what it can't use, gives the same numbers."""

import importlib.metadata
import json
import shutil

import keras
import numpy as np
import pytest
import tensorflow as tf

import kinv
from kinv.reports import report as module
from kinv.reports.report import Report, report
from kinv.reports.sections import curves, tolerance

FEW = ["tolerance", "curves"]
LIMITS = ["rotation:unchanged@180=0.9", "rotation:unchanged@5=0.9", "accuracy=0.9"]


@pytest.fixture(scope="module", autouse=True)
def few_transformations():
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(
            "kinv.reports.magnitudes.FEWER", {"rotation": (-90, 90, 180), "contrast": (0, 3), "greyscale": (1,)}
        )
        yield


@pytest.fixture(scope="module")
def network():
    """Brightness of the upper and of the lower half: rotation by 180 degrees changes the class."""
    inputs = keras.Input((8, 8, 1))
    halves = keras.layers.AveragePooling2D((4, 8))(inputs)
    return kinv.wrap(keras.Model(inputs, keras.layers.Flatten()(halves), name="halves"), class_names=["upper", "lower"])


@pytest.fixture(scope="module")
def images():
    pixels = np.random.default_rng(0).uniform(0, 60, (12, 8, 8, 1)).astype("float32")
    pixels[::2, :4] += 150
    pixels[1::2, 4:] += 150
    return pixels, np.arange(12) % 2


@pytest.fixture(scope="module")
def done(network, images, tmp_path_factory):
    folder = tmp_path_factory.mktemp("report") / "new"
    return report(network, *images, "quick", folder=folder, sections=FEW, fail_under=LIMITS)


def test_a_page_and_every_number(done):
    page = (done.folder / "report.html").read_text(encoding="utf-8")
    assert page == done.page() and "upper" in page and "could not be made" not in page
    content = json.loads((done.folder / "report.json").read_text(encoding="utf-8"))
    assert list(content["sections"]) == FEW and content["name"] == "halves"
    assert {path.name for path in done.folder.iterdir()} == {
        "report.html", "report.json", "tables", "figures", "images"
    }  # fmt: skip
    assert (done.folder / "tables" / "tolerance.csv").is_file()
    assert (done.folder / "tables" / "screening" / "accuracy.parquet").is_file()


def test_the_numbers_are_those_of_the_network(done):
    rows = {row["transformation"]: row for row in done.content["sections"]["tolerance"]["rows"]}
    assert rows["contrast"]["kept"] > rows["rotation"]["kept"] > 0  # all black at contrast 0 only
    assert done.content["sections"]["tolerance"]["accuracy"] == 1
    assert "greyscale" not in rows  # grey images
    turned = next(card for card in done.content["sections"]["curves"]["cards"] if card["transformation"] == "rotation")
    assert [point["unchanged"] for point in turned["points"] if point["magnitude"] == 180] == [0]


def test_limits_say_what_was_measured(done):
    reached = [row["passed"] for row in done.content["limits"]]
    assert reached == [False, True, True] and len(done.broken()) == 1
    assert "rotation:unchanged@180=0.9: 0.000" in done.broken()[0]


def test_summary_and_notebook(done):
    assert (
        done.summary().startswith("There are only 12 images")
        and "What halves ignores most: " in done.summary()
        and "halves" in repr(done)
    )
    assert done._repr_html_().startswith("<iframe") and "<script" not in done._repr_html_()


def test_saving_copies_everything(done, tmp_path):
    assert done.save(tmp_path / "copy").read_text(encoding="utf-8") == done.page()
    assert Report(tmp_path / "copy").page() == done.page()
    with pytest.raises(FileExistsError, match="not empty"):
        done.save(tmp_path)


def test_a_finished_report_is_not_made_again(done, network, images, monkeypatch):
    monkeypatch.setattr(tolerance, "make", None)
    again = report(network, *images, "quick", folder=done.folder, sections=FEW, fail_under=LIMITS)
    assert again.content == done.content


def test_a_killed_report_goes_on_with_the_same_numbers(done, network, images, tmp_path, monkeypatch):
    def killed(subject):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(curves, "make", killed)
        report(network, *images, "quick", folder=tmp_path, sections=FEW)
    assert list(json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))["sections"]) == ["tolerance"]
    with pytest.raises(FileNotFoundError, match="unfinished report"):
        Report(tmp_path)
    monkeypatch.setattr(tolerance, "make", None)
    resumed = report(network, *images, "quick", folder=tmp_path, sections=FEW)
    expected = json.loads(json.dumps(done.content["sections"]))
    for section in (*resumed.content["sections"].values(), *expected.values()):
        section.pop("seconds")
    for card in expected["curves"]["cards"]:  # `done` was screened at 5 degrees as well
        card["points"] = [point for point in card["points"] if point["magnitude"] != 5]
    assert len(resumed.content["sections"]["curves"]["cards"]) == len(expected["curves"]["cards"])
    for card, other in zip(resumed.content["sections"]["curves"]["cards"], expected["curves"]["cards"], strict=True):
        assert [point["unchanged"] for point in card["points"]] == [point["unchanged"] for point in other["points"]]


@pytest.mark.long
def test_a_section_that_fails_says_why_and_loses_nothing(network, images, tmp_path, monkeypatch, caplog):
    def refused(subject):
        raise ValueError("the images have one class only <b>")

    def broken(subject):
        raise ZeroDivisionError

    monkeypatch.setattr(curves, "make", refused)
    found = report(network, *images, "quick", folder=tmp_path, sections=FEW)
    assert "the images have one class only &lt;b&gt;" in found.page() and not caplog.records
    assert "How far, and what it says on the way: the images have one class only" in found.summary()
    monkeypatch.setattr(curves, "make", broken)  # a bug: asked for again, as the section is missing
    found = report(network, *images, "quick", folder=tmp_path, sections=FEW)
    assert "ZeroDivisionError" in found.page() and "failed" in caplog.text


def test_limits_survive_a_screening_that_fails(network, images, tmp_path, monkeypatch):
    def refused(*args, **settings):
        raise ValueError("out of luck")

    monkeypatch.setattr("kinv.reports.subject.screen", refused)
    found = report(network, *images, "quick", folder=tmp_path, sections=FEW, fail_under=LIMITS[:1])
    assert found.broken() == [f"{LIMITS[0]}: not measured, as the screening failed"]


def test_a_report_gets_more_sections_and_no_other_judge(network, images, tmp_path):
    first = report(network, *images, "quick", folder=tmp_path, sections=["tolerance"])
    more = report(network, *images, "quick", folder=tmp_path, sections=["curves"])
    assert more.content["sections"]["tolerance"] == first.content["sections"]["tolerance"]
    assert list(more.content["sections"]) == FEW
    with pytest.raises(ValueError, match=r"another run \(other judge\)"):
        report(network, *images, "quick", folder=tmp_path, sections=["curves"], judge=network)


def test_another_report_or_other_files_are_left_alone(done, network, images, tmp_path):
    before = (done.folder / "report.json").read_bytes()
    with pytest.raises(ValueError, match=r"holds the report of another run \(other seed\)"):
        report(network, *images, "quick", folder=done.folder, sections=FEW, fail_under=LIMITS, seed=1)
    assert (done.folder / "report.json").read_bytes() == before
    (tmp_path / "thesis.txt").write_text("")
    with pytest.raises(ValueError, match="files other than a report"):
        report(network, *images, "quick", folder=tmp_path, sections=FEW)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"preset": "quik"}, "did you mean quick"),
        ({"sections": ["curve"]}, "unknown section 'curve': did you mean curves"),
        ({"sections": []}, "at least one section"),
        ({"limit": 1}, "limit must be at least 2"),
        ({"fail_under": ["blur:unchanged@-1=0.5"]}, "blur: magnitudes must be at least 0"),
        ({"fail_under": ["blur"]}, "a limit must look like"),
        ({"table_format": "xls"}, "table_format must be one of"),
    ],
)
def test_settings_are_checked_before_anything_is_written(network, images, tmp_path, settings, message):
    with pytest.raises(ValueError, match=message):
        report(network, *images, folder=tmp_path / "new", **settings)
    assert not (tmp_path / "new").exists()


def test_one_image_is_too_few(network, images):
    with pytest.raises(ValueError, match="at least two"):
        report(network, images[0][:1])


def test_preflight_ends_what_is_wrong_and_shows_what_is_doubtful(network, images, tmp_path):
    with pytest.raises(ValueError, match=r"off by one|another order"):
        many = np.tile(images[0], (4, 1, 1, 1))
        report(network, many, 1 - np.tile(images[1], 4), "quick", folder=tmp_path / "new", sections=FEW)
    found = report(network, images[0][::2], None, "quick", sections=["tolerance"])
    shutil.rmtree(found.folder)
    assert found.content["preflight"]["accuracy"] is None


def test_a_folder_without_a_report(tmp_path):
    with pytest.raises(FileNotFoundError, match="holds no report"):
        Report(tmp_path)
    assert module.PAGE == "report.html"


def test_versions_are_those_of_modules_whatever_their_packages_are_called(monkeypatch):
    """TensorFlow's package is tensorflow-cpu for some."""

    def missing(name):
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(importlib.metadata, "distribution", missing)
    found = module._versions()
    assert found["tensorflow"] == tf.__version__ and found["numpy"] == np.__version__ and found["kinv"]
