"""Limits: how they are written, and what they are compared with."""

from types import SimpleNamespace

import pandas as pd
import pytest

from kinv.reports.fail_under import Limit, measured, parsed, with_magnitudes

ROTATION = "rotation:unchanged@15=0.8"


def test_a_limit_is_read():
    assert parsed(ROTATION) == Limit(ROTATION, "rotation", "unchanged", 15.0, 0.8)
    assert parsed("translate_x:accuracy@-0.1=1") == Limit(
        "translate_x:accuracy@-0.1=1", "translate_x", "accuracy", -0.1, 1.0
    )
    assert parsed("accuracy=0.9").transformation is None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "must look like rotation:unchanged@15=0.8"),
        ("imagenet_c.fog:unchanged@3=0.5", "unknown transformation 'imagenet_c.fog' in a limit of a report"),
        ("rotation", "must look like"),
        ("rotation:softmax@15=0.8", "must look like"),
        ("rotation:unchanged=0.8", "transformation and a magnitude"),
        ("unchanged=0.8", "transformation and a magnitude"),
        ("unchanged@3=0.8", "transformation and a magnitude"),
        ("zoom+blur:unchanged@1=0.5", "single transformation"),
        ("rotatoin:unchanged@15=0.8", "did you mean rotation"),
        ("rotation:unchanged@much=0.8", "must be numbers"),
        ("rotation:unchanged@15=80", "in 0..1"),
        ("accuracy=nan", "in 0..1"),
    ],
)
def test_others_are_refused(text, message):
    with pytest.raises(ValueError, match=message):
        parsed(text)


def test_their_magnitudes_are_screened():
    limits = [parsed(ROTATION), parsed("blur:accuracy@1=0.5"), parsed("accuracy=0.5")]
    assert with_magnitudes({"rotation": (-10, 10)}, limits) == {"rotation": (-10, 10, 15.0), "blur": (1.0,)}


def test_a_share_at_the_limit_reaches_it():
    row = {
        "transformation": "rotation",
        "magnitude": 15.0,
        "unchanged": 0.8,
        "unchanged_low": 0.7,
        "unchanged_high": 0.9,
        "accuracy": 0.5,
    }
    screening = SimpleNamespace(accuracy=pd.DataFrame([row, {**row, "magnitude": 0.0, "unchanged": 1.0}]))
    limits = [parsed(ROTATION), parsed("rotation:accuracy@15=0.6"), parsed("accuracy=0.9")]
    found = measured(limits, screening, None)
    assert [one["passed"] for one in found] == [True, False, False]
    assert found[0]["said"] == f"{ROTATION}: 0.800 (95 %: 0.700 to 0.900), reached"
    assert found[1]["low"] is None and "0.500, below the limit" in found[1]["said"]
    assert found[2]["said"].endswith("not measured, as the images have no labels")
    assert measured(limits[2:], screening, 0.9)[0]["passed"]
