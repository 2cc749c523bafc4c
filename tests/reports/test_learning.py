"""Which images a transformer learns from, and which it is measured on."""

import dataclasses

import keras
import numpy as np
import pytest

import kinv
from kinv.reports.learning import FEWEST, evenly, least_sure, usable_halves
from kinv.reports.settings import PRESETS
from kinv.reports.subject import Subject

from .sections.brighter_half import brighter_half, images_of_halves


def subject_of(images, labels, folder, network=None, most=60):
    settings = dataclasses.replace(PRESETS["quick"], learned_images=most)
    return Subject(network or brighter_half(), "mine", images, labels, settings, folder)


def test_halves_share_no_image_and_are_equally_many(tmp_path):
    images, labels = images_of_halves(40)
    labels[[0, 2, 5]] = 1 - labels[[0, 2, 5]]  # the network is wrong about three
    halves = usable_halves(subject_of(images, labels, tmp_path))
    assert len(halves.train) == len(halves.held_out) == 18 and halves.labelled
    where = [[int(np.flatnonzero((images == one).all(axis=(1, 2, 3)))[0]) for one in part] for part in
             (halves.train, halves.held_out)]  # fmt: skip
    assert len({*where[0], *where[1]}) == 36 and not {0, 2, 5} & {*where[0], *where[1]}
    np.testing.assert_array_equal(halves.train_classes, labels[where[0]])


def test_classes_in_turn_are_in_both_halves(tmp_path):
    images, labels = images_of_halves(40)
    order = np.argsort(labels, kind="stable").reshape(2, -1).T.ravel()  # one class at even places
    halves = usable_halves(subject_of(images[order], labels[order], tmp_path))
    for classes in (halves.train_classes, halves.held_out_classes):
        assert 0.2 < classes.mean() < 0.8


def test_no_more_images_than_the_settings_say(tmp_path):
    halves = usable_halves(subject_of(*images_of_halves(80), tmp_path, most=10))
    assert len(halves.train) == len(halves.held_out) == 10


def test_without_labels_the_network_is_sure_of_those_that_are_used(tmp_path):
    images, _ = images_of_halves(40)
    images[:6] = 100  # both halves alike: not sure
    halves = usable_halves(subject_of(images, None, tmp_path))
    assert len(halves.train) == len(halves.held_out) == 17 and not halves.labelled
    assert not (halves.train == 100).all(axis=(1, 2, 3)).any()


def test_being_sure_means_more_than_chance_with_few_classes():
    sure = np.ones(9)
    assert least_sure(sure, 2) == 0.75 and least_sure(sure, 1000) == pytest.approx(0.5, abs=1e-3)
    assert least_sure(np.linspace(0.2, 0.4, 9), 10) == pytest.approx(0.3)  # half of them are left


def test_too_few_images_are_refused_before_anything_is_asked(tmp_path):
    images, labels = images_of_halves(2 * FEWEST - 1)
    with pytest.raises(ValueError, match="at least 16 images: there are 15"):
        usable_halves(subject_of(images, labels, tmp_path))


def test_a_network_that_is_hardly_ever_right_is_refused(tmp_path):
    images, labels = images_of_halves(40)
    with pytest.raises(ValueError, match=r"gets right are used.*there are 0 and 0"):
        usable_halves(subject_of(images, 1 - labels, tmp_path))


@pytest.mark.parametrize("labelled", [True, False])
def test_one_answer_for_all_images_is_refused(labelled, tmp_path):
    images, _ = images_of_halves(40)
    alike = np.repeat(images[:1], 40, axis=0) + np.arange(40, dtype="float32")[:, None, None, None] / 10
    with pytest.raises(ValueError, match=r"says 'upper' of all these images.*two classes are needed"):
        usable_halves(subject_of(alike, np.zeros(40, int) if labelled else None, tmp_path))


def test_a_network_that_always_says_the_same_is_refused(tmp_path):
    inputs = keras.Input((8, 8, 1))
    outputs = keras.layers.Dense(3, kernel_initializer="zeros", name="logits")(keras.layers.Flatten()(inputs))
    images, _ = images_of_halves(40)
    with pytest.raises(ValueError, match="two classes are needed"):
        usable_halves(subject_of(images, None, tmp_path, kinv.wrap(keras.Model(inputs, outputs))))


def test_rows_are_evenly_spread_and_never_repeated():
    np.testing.assert_array_equal(evenly(np.arange(10), 4), [0, 3, 6, 9])
    np.testing.assert_array_equal(evenly(np.arange(3), 5), [0, 1, 2])


def test_without_labels_nothing_is_said_to_be_right(tmp_path):
    images, _ = images_of_halves(20)
    images[11:] = 100  # both halves alike: it is not sure of these
    with pytest.raises(ValueError, match=r"the network is sure of are used.*there are 5 and 6"):
        usable_halves(subject_of(images, None, tmp_path))
