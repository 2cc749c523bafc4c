"""The numbers of well-known networks that come with kinv."""

import keras
import numpy as np
import pytest

from kinv.known_names import TRANSFORMATIONS
from kinv.reports import judges
from kinv.reports.landmarks import NETWORKS, kept_by, landmarks
from kinv.reports.magnitudes import FEWER, MAGNITUDES


def test_all_transformations_of_a_report_are_there():
    assert set(MAGNITUDES) == set(FEWER) == set(TRANSFORMATIONS)
    found = landmarks()
    assert set(found) == set(NETWORKS)
    for one in found.values():
        assert set(one["curves"]) == set(MAGNITUDES) and "photographs" in one["images"]
        for name, (magnitudes, shares) in one["curves"].items():
            assert set(MAGNITUDES[name]) <= set(magnitudes)
            assert min(FEWER[name]) >= magnitudes[0] and max(FEWER[name]) <= magnitudes[-1]
            assert max(shares) == 1 and min(shares) >= 0


def test_means_are_over_the_magnitudes_asked_for():
    landmark = {"curves": {"blur": [[0, 2, 4], [1, 0.5, 0.5]]}}
    assert kept_by(landmark, "blur", np.array([0, 2])) == 0.75
    assert kept_by(landmark, "blur", np.array([0, 2, 4])) == 0.625
    assert kept_by(landmark, "noise", np.array([0, 1])) is None


@pytest.mark.parametrize(
    ("shape", "name", "expected"),
    [
        ((96, 96, 3), "mine", "efficientnet_lite0"),
        ((224, 224, 3), "efficientnet_lite0", "squeezenet"),
        ((None, None, 3), "mine", "efficientnet_lite0"),
        ((32, 32, 3), "mine", None),
        ((96, 96, 1), "mine", None),
    ],
)
def test_the_judge_is_another_network_of_photographs(shape, name, expected, monkeypatch):
    monkeypatch.setattr(judges, "load", lambda name: f"loaded {name}")
    inputs = keras.Input(shape)
    network = keras.Model(inputs, keras.layers.GlobalAveragePooling2D()(inputs), name=name)
    assert judges.usual_judge(network) == expected
    assert judges.chosen_judge(network, "auto", True) == (expected and f"loaded {expected}")
    assert judges.chosen_judge(network, "auto", False) is None
    assert judges.chosen_judge(network, None, True) is None and judges.chosen_judge(network, network, False) is network
