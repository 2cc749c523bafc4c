"""Classes in words: up to where they are recognised, what they turn into, and which of them differ."""

import numpy as np
import pandas as pd
import pytest

from kinv.analysis.screening.tables import Screening
from kinv.reports.class_table import class_rows, class_sentences, ends
from kinv.reports.words import MINUS

NAN = float("nan")


def critical(*rows):
    columns = ["transformation", "side", "status", "magnitude", "end"]
    return pd.DataFrame([dict(zip(columns, row, strict=True)) for row in rows], columns=columns)


def test_how_far_a_class_is_recognised():
    table = critical(
        ("blur", "above", "within", 1.4, 10),
        ("rotation", "below", "within", -35.2, -180),
        ("rotation", "above", "never", NAN, 180),
        ("zoom", "below", "never", NAN, 0.2),
        ("zoom", "above", "never", NAN, 3),
        ("noise", "above", "never", NAN, 1),
    )
    assert ends(table) == [f"Rotation {MINUS}35° to +180°", "Zoom everywhere", "Blur up to 1.4 px"]
    assert ends(critical(("blur", "above", "wrong at neutral", NAN, 10))) == ["Blur not even without it"]
    assert ends(critical(("blur", "above", "never", NAN, 10))) == ["Blur everywhere"]


def images_table(changes):
    """Of rows (image, class, transformation, kept, turned_into)."""
    return pd.DataFrame(
        [
            {
                "transformation": name,
                "image": image,
                "class": index,
                "class_name": f"c{index}",
                "predicted": index,
                "kept": kept,
                "first_change": NAN if into < 0 else 1.0,
                "turned_into": into,
                "turned_into_name": f"c{into}",
            }
            for image, index, name, kept, into in changes
        ]
    )


def test_rows_say_what_a_class_tolerates_and_turns_into():
    changes = [(image, 0, "blur", 0.2, 1 + image % 3 // 2) for image in range(6)]
    changes += [(image, 0, "zoom", 1.0, -1) for image in range(6)]
    wrong = [(image, 0, "blur", 0.2, 2) for image in range(12, 15)]  # before any change, which do not count
    changes += [(image, 1, name, 1.0, -1) for image in range(6, 12) for name in ("blur", "zoom")]
    empty = critical().assign(**{"class": []})
    images = pd.concat([images_table(changes), images_table(wrong).assign(predicted=1)])
    one, other = class_rows(Screening(pd.DataFrame(), pd.DataFrame(), empty, images=images))
    assert (one["class_name"], one["into"], other["class_name"]) == ("c1", None, "c0")
    assert other["most"] == {"title": "Zoom in or out", "kept": 1.0}
    assert other["least"] == {"title": "Blur", "kept": pytest.approx(0.2)}
    assert other["into"] == {"class_name": "c1", "share": pytest.approx(4 / 6)}
    assert other["kept"] == pytest.approx((6 * 0.6 + 3 * 0.2) / 9) and other["ends"] == []


def rows(verdicts, into=None):
    return [
        {"class_name": f"c{place}", "kept": 0.9 - place / 10, "verdict": verdict, "images": 5 + place}
        | {"into": into and {"class_name": into, "share": 0.5}}
        for place, verdict in enumerate(verdicts)
    ]


def test_only_clear_differences_are_said():
    assert class_sentences(rows(["unknown", "as good"])) == [
        "No class is clearly more or less tolerant than the others, with 5 to 6 images of each."
    ]
    (said,) = class_sentences(rows(["better", "unknown", "worse", "worse", "worse", "worse"]))
    assert said == (
        "Most predictions stay for “c0” (90 %), fewest for “c5” (40 %), “c4” (50 %), “c3” (60 %) and 1 more."
    )
    assert class_sentences(rows(["better", "unknown"])) == ["Most predictions stay for “c0” (90 %)."]
    assert class_sentences(rows(["unknown", "worse"])) == ["Fewest predictions stay for “c1” (80 %)."]


def test_a_class_that_most_others_turn_into_is_named():
    assert "Images of 4 of the 4 classes turn into “c9”" in class_sentences(rows(["unknown"] * 4, "c9"))[1]
    few = rows(["unknown"] * 2, "c9") + rows(["unknown"] * 2)
    assert len(class_sentences(few)) == 2  # two of the three that could
    assert len(class_sentences(rows(["unknown"], "c9") + rows(["unknown"] * 3))) == 1
    assert len(class_sentences(rows(["unknown"] * 3, "c9"))) == 1  # of three classes, that is no wonder


def test_means_are_numbers_for_json():
    (one,) = class_rows(
        Screening(
            pd.DataFrame(),
            pd.DataFrame(),
            critical().assign(**{"class": []}),
            images=images_table([(image, 3, "blur", 0.5, -1) for image in range(5)]),
        )
    )
    assert np.isfinite(one["low"]) and one["verdict"] == "unknown"
