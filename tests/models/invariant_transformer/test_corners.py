"""The members that show a family of many control parameters by pictures."""

import itertools

import numpy as np
import pytest
import tensorflow as tf

from kinv.analysis import LearnedTransformation
from kinv.models import InvariantTransformer
from kinv.models.invariant_transformer.corners import CHOICES, apart, farthest_groups, pair_of_groups


def leaning(reach, lean):
    """What a family with two lengths for each direction changes."""
    return lambda u: (u + lean * np.abs(u)) / np.sqrt(1 + lean**2) @ reach.T


@pytest.mark.parametrize("controls", [2, 3, 5])
def test_groups_are_nearly_the_best_of_all(controls, random):
    every = np.array(list(itertools.product(CHOICES, repeat=controls))).swapaxes(1, 2)
    reached = []
    for _ in range(30):
        reach = random.normal(size=(controls, controls)) * random.uniform(0.1, 3, controls)
        found = farthest_groups(reach)
        assert (np.abs(found).sum(axis=0) == 1).all()
        assert np.linalg.norm(found @ reach.T, axis=1).argmax() == 0
        changed = leaning(reach, random.uniform(-0.9, 0.9, controls))
        leant = farthest_groups(reach, changed)
        reached += [
            apart(found, lambda u, reach=reach: u @ reach.T) / apart(every, lambda u, reach=reach: u @ reach.T).max(),
            apart(leant, changed) / apart(every, changed).max(),
        ]
    assert min(reached) > 0.85 and np.mean(reached) > 0.99


def test_the_distance_is_the_least_of_the_identity_and_four_corners(random):
    reach, groups = random.normal(size=(4, 3)), np.array([[1, 0, -1], [0, 1, 0]])
    corners = [reach @ u for u in ([0, 0, 0], [1, 1, -1], [1, -1, -1], [-1, -1, 1], [-1, 1, 1])]
    least = min(np.linalg.norm(one - other) for one, other in itertools.combinations(corners, 2))
    assert apart(groups, lambda u: u @ reach.T) == pytest.approx(least)


def test_both_lengths_of_a_direction_count(random):
    gains = []
    for _ in range(30):
        reach = random.normal(size=(5, 5))
        changed = leaning(reach, random.uniform(-0.95, 0.95, 5))
        gains.append(apart(farthest_groups(reach, changed), changed) / apart(farthest_groups(reach), changed))
    assert np.mean(gains) > 1.1


@pytest.mark.parametrize("controls", [2, 6, 12])
def test_one_member_in_twenty_is_farther(controls, random):
    pair = pair_of_groups(random.normal(size=(controls, controls)))
    length = np.linalg.norm(pair.sum(axis=0))
    assert length == pytest.approx(np.linalg.norm(pair[0] - pair[1])) and np.abs(pair).max() <= 1
    drawn = np.linalg.norm(random.uniform(-1, 1, (100_000, controls)), axis=1)
    assert np.mean(drawn > length) == pytest.approx(0.05, abs=0.02)


def test_the_other_corner_changes_something_else():
    """Were it the second farthest from the identity, it would look like the farthest."""
    groups = farthest_groups(np.array([[1.0, 1.0, 0.0], [0.0, 0.0, 0.4], [0.0, 0.1, 0.0]]))
    assert groups.tolist() == [[1, 1, 0], [0, 0, 1]]


def test_one_control_parameter_has_one_direction():
    (one,), (other,) = pair_of_groups(np.ones((1, 1)))
    assert one == 0.95 and other == 0
    assert np.isfinite(pair_of_groups(np.zeros((3, 3)))).all()


def test_points_of_planes_are_checked():
    family, points = InvariantTransformer(channels=1), np.full((2, 2), 0.5)
    color, space = family.plane(points, points)
    np.testing.assert_allclose(color, 0.5)
    assert color.shape == (2, 2) and space.shape == (2, 6)
    paper = InvariantTransformer(channels=3, family="paper")
    traced = tf.function(lambda points: paper.plane(points, points))
    assert len(traced.get_concrete_function(tf.TensorSpec((None, 2))).structured_outputs) == 2
    with pytest.raises(ValueError, match=r"color must have shape \(count, 2\), received \(2, 3\)"):
        family.plane(np.zeros((2, 3)), points)
    with pytest.raises(ValueError, match=r"space must lie in 0..1"):
        family.plane(points, 3 * points)
    with pytest.raises(ValueError, match=r"color, space must have as many points each, received \[1, 2\]"):
        family.plane(points[:1], points)
    with pytest.raises(ValueError, match="has no flows"):
        family.plane(points, points, points)


def test_screenings_tell_walks_to_other_corners_apart(monkeypatch):
    family = InvariantTransformer(channels=1)
    before = LearnedTransformation(family, "space").fingerprint
    assert LearnedTransformation(family, "space").fingerprint == before
    plane = family.plane
    monkeypatch.setattr(family, "plane", lambda *points: plane(*(1 - point for point in points)))
    assert LearnedTransformation(family, "space").fingerprint != before
