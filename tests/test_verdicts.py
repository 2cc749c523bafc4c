"""Verdicts on a difference of shares: their intervals cover, and too few observations are not called equality."""

import numpy as np
import pytest

from kinv.intervals import Chance, mean_interval, of_paired_shares, variance_of_mean
from kinv.verdicts import judged


def of_images(differences):
    mean, variance = of_paired_shares(differences)
    return judged(mean, [Chance("images", len(differences), variance)])


@pytest.mark.parametrize(("better", "worse", "images"), [(0.0, 0.0, 10), (0.1, 0.05, 20), (0.5, 0.1, 30), (0.9, 0, 8)])
def test_the_interval_of_a_paired_difference_covers(better, worse, images, random):
    """In at least 94 % of the experiments, each of images that either, both or neither gets right."""
    draws = random.choice([1, -1, 0], size=(2000, images), p=[better, worse, 1 - better - worse])
    covered = []
    for differences in draws:
        mean, variance = of_paired_shares(differences)
        low, high = mean_interval(mean, [Chance("images", images, variance)])
        covered.append(low <= better - worse <= high)
    assert np.mean(covered) > 0.94


def test_the_interval_covers_where_images_and_sets_are_drawn(random):
    """The accuracy of ten sets on forty images, both of which differ, minus that of ten others."""
    covered = []
    for _ in range(1000):
        images, sets = random.normal(0, 1, 40), random.normal(0, 0.5, (2, 10))
        right = random.uniform(size=(2, 10, 40)) < 1 / (1 + np.exp(-images - sets[..., None]))
        mean, variance = of_paired_shares(right[0].mean(axis=0) - right[1].mean(axis=0))
        of_sets = sum(variance_of_mean(part.mean(axis=1)) for part in right)
        low, high = mean_interval(mean, [Chance("images", 40, variance), Chance("sets", 10, of_sets)])
        covered.append(low <= 0 <= high)
    assert np.mean(covered) > 0.94


def test_without_variance_there_is_the_interval_of_the_others():
    low, high = mean_interval(0.5, [Chance("images", 25, 0.04), Chance("sets", 5, 0.0)])
    assert (low, high) == pytest.approx((0.5 - 2.0639 * 0.2, 0.5 + 2.0639 * 0.2), abs=1e-3)  # t of 24 degrees


def test_equal_is_told_from_too_few():
    assert of_images(np.zeros(4)).kind == of_images(np.zeros(20)).kind == "unknown"
    assert of_images(np.zeros(200)).kind == "as good"
    assert of_images(np.ones(2)).kind == "unknown" and of_images(np.ones(20)).kind == "better"
    assert of_images(-np.ones(20)).kind == "worse"
    assert of_images(np.repeat([1.0, -1.0], 100)).kind == "unknown"  # alike on average, but none alike


def test_as_many_as_are_needed_tell(random):
    """With what the verdict asks for, of the same kind, the next verdict is another in most experiments."""
    for better, worse in ((0.0, 0.0), (0.2, 0.1), (0.1, 0.1)):
        told = []
        for _ in range(100):
            draw = lambda count: random.choice([1, -1, 0], size=count, p=[better, worse, 1 - better - worse])  # noqa: E731, B023
            first = of_images(draw(30))
            if first.kind == "unknown":
                ((count, of),) = first.needed
                assert of == "images" and count > 30
                told.append(of_images(draw(2 * count)).kind != "unknown")
        assert len(told) > 20 and np.mean(told) > 0.5


def test_words():
    assert of_images(np.ones(100)).words("ours", "they").startswith("fewer, by 9")
    assert of_images(np.zeros(200)).words("ours", "they") == "NOT fewer: they are as good as ours, to within 5 points"
    assert of_images(-np.ones(100)).words("ours", "they").startswith("NOT fewer: ours are worse, by 9")
    said = of_images(np.zeros(20)).words("ours", "they")
    assert said.startswith("NOT clearly fewer: too few images to tell (-") and "roughly 160 images are needed" in said
    both = judged(0.0, [Chance("images", 1000, 0.01), Chance("filter sets", 3, 0.005)]).words("ours", "they")
    assert "too few images and filter sets to tell" in both


def test_no_share_differs_by_more_than_all():
    few = judged(0.0, [Chance("images", 3, 1.0)])
    assert (few.low, few.high) == (-1, 1) and few.kind == "unknown"
