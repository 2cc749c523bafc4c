"""Classes are told from the others where they differ, and only there."""

import numpy as np
import pandas as pd
import pytest

from kinv.analysis.screening.class_means import class_means


def images_of(kept, classes, wrong=()):
    """Of shares `(images, transformations)`."""
    classes = np.asarray(classes)
    tables = [
        pd.DataFrame(
            {
                "transformation": f"t{number}",
                "image": range(len(kept)),
                "class": classes,
                "class_name": [f"name {index}" for index in classes],
                "predicted": np.where(np.isin(range(len(kept)), wrong), -7, classes),
                "kept": column,
            }
        )
        for number, column in enumerate(kept.T)
    ]
    return pd.concat(tables)


def test_means_by_hand():
    kept = np.array([[1, 0.5]] * 3 + [[0.5, 0]] * 3 + [[0, 0]])
    found = class_means(images_of(kept, [4, 4, 4, 2, 2, 2, 9], wrong=[3]), least=3)
    assert found["class_name"].tolist() == ["name 4", "name 2"]  # one image of class 9 says nothing
    assert found["kept"].tolist() == [0.75, 0.25] and found["images"].tolist() == [3, 3]
    assert found["right"].tolist() == pytest.approx([1, 2 / 3])
    assert found["difference"].tolist() == pytest.approx([0.75 - 0.75 / 4, 0.25 - 2.25 / 4])
    assert ((found["low"] < found["kept"]) & (found["kept"] < found["high"])).all()
    assert (found["low"] >= 0).all() and (found["high"] <= 1).all()


def test_of_one_class_there_is_no_verdict():
    found = class_means(images_of(np.full((20, 2), 0.4), [3] * 20))
    assert found["verdict"].tolist() == ["unknown"] and found["difference"].isna().all()


def test_a_few_images_that_are_alike_are_not_certain(random):
    """Five images of class 0 that happen to keep 80 %, where those of the other classes vary."""
    kept = np.concatenate([np.full((5, 1), 0.8), np.clip(random.normal(0.6, 0.25, (60, 1)), 0, 1)])
    found = class_means(images_of(kept, [0] * 5 + [1] * 20 + [2] * 20 + [3] * 20)).set_index("class")
    assert found.loc[0, "verdict"] == "unknown" and found.loc[0, "high"] - found.loc[0, "low"] > 0.2


@pytest.mark.parametrize("shape", [(2, 2), (4, 0.5)])
def test_alike_classes_are_told_apart_in_few_reports(random, shape):
    """Ten classes of 8 images each that do not differ: any verdict is wrong."""
    classes = np.repeat(np.arange(10), 8)
    wrong = [
        set(class_means(images_of(random.beta(*shape, (80, 1)), classes))["verdict"]) & {"better", "worse"}
        for _ in range(40)
    ]
    assert np.mean([bool(kinds) for kinds in wrong]) < 0.1


def test_classes_that_differ_are_told_apart(random):
    classes = np.repeat(np.arange(5), 20)
    kept = np.clip(random.normal(0.5, 0.1, (100, 1)) + np.where(classes == 3, 0.2, 0)[:, None], 0, 1)
    found = class_means(images_of(kept, classes))
    assert found["class"].iloc[0] == 3 and found["verdict"].iloc[0] == "better"
    assert "better" not in set(found["verdict"].iloc[1:])
