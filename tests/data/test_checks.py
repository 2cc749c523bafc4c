"""Images and labels are checked before anything is computed with them."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import kinv
from kinv.data.checks import as_image_source, check_images, class_indices

GOOD = np.full((4, 8, 8, 3), 100, "float32")


def with_value(value):
    images = GOOD.copy()
    images[1, 2, 3, 0] = value
    return images


@pytest.mark.parametrize(
    ("images", "message"),
    [
        (GOOD[0], "must have shape"),
        (GOOD[:0], "must have shape"),
        (with_value(np.nan), "must be finite"),
        (with_value(np.inf), "must be finite"),
        (with_value(-1), r"received -1\.\.100"),
        (with_value(256), r"received 100\.\.256"),
        (GOOD / 255, "multiply them by 255"),
        (256 * GOOD.astype("uint16"), "received 2.56e"),
        (GOOD.astype("complex64"), "received dtype complex64"),
        (GOOD.astype(str), "received dtype <U"),
        (GOOD[..., :1], r"takes images of shape \(8, 'any', 3\), received \(8, 8, 1\)"),
    ],
)
def test_wrong_images_are_said(images, message):
    with pytest.raises(ValueError, match=message):
        check_images(images, shape=(8, None, 3))


@pytest.mark.parametrize("dtype", ["uint8", "int32", "float16", "float64"])
def test_images_of_any_numeric_dtype_pass(dtype):
    check_images(GOOD.astype(dtype))
    check_images(np.zeros_like(GOOD))  # black is a colour


@pytest.mark.parametrize("labels", [[2, 0, 1, 2], [[2], [0], [1], [2]], np.eye(3)[[2, 0, 1, 2]]])
def test_labels_in_any_form_are_class_indices(labels):
    indices = class_indices(labels, 4, 3)
    assert indices.tolist() == [2, 0, 1, 2] and indices.dtype == np.int32


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ([0, 1], "one for each image"),
        (np.ones((4, 3)), "one-hot"),
        ([0.5, 1, 1, 2], "class indices"),
        ([0, 1, 2, 3], r"must lie in 0\.\.2, received 3"),
        ([0, 1, 2, -1], r"must lie in 0\.\.2, received -1"),
    ],
)
def test_wrong_labels_are_said(labels, message):
    with pytest.raises(ValueError, match=message):
        class_indices(labels, 4, 3)


def test_a_column_of_labels_measures_as_a_row_does(no_data_folder):
    classifier = kinv.classifiers.load("digit_cnn")
    images, labels = kinv.data.load("mnist", "test", limit=64)
    columns, one_hot = labels[:, None], np.eye(10)[labels]
    measured = [kinv.analysis.accuracy(classifier, images, form) for form in (labels, columns, one_hot)]
    assert measured[0] > 0.5 and len(set(measured)) == 1


@pytest.mark.long
def test_a_column_of_labels_trains_as_a_row_does():
    inputs = keras.Input((8, 8, 3))
    classifier = keras.Model(inputs, keras.layers.GlobalAveragePooling2D()(inputs))
    images = np.random.default_rng(0).uniform(0, 255, (32, 8, 8, 3)).astype("float32")
    labels, histories = images.mean((1, 2)).argmax(axis=1), []
    column, one_hot = labels[:, None], np.eye(3)[labels]
    for form, stream in ((labels, False), (column, True), (one_hot, True)):
        transformer = kinv.models.InvariantTransformer(classifier, family="paper", hidden_units=(4,))
        transformer.compile()
        data = (tf.data.Dataset.from_tensor_slices((images, form)).batch(16),) if stream else (images, form)
        history = transformer.fit(*data, batch_size=None if stream else 16, shuffle=False, verbose=0).history
        histories.append(history)
    assert all(history == histories[0] for history in histories)
    assert histories[0]["accuracy"][0] > 0.5


def test_images_in_0_to_1_are_not_augmented():
    transformer = kinv.models.InvariantTransformer(family="paper", hidden_units=(4,))
    with pytest.raises(ValueError, match="multiply them by 255"):
        transformer.augment(GOOD / 255, seed=1)
    with pytest.raises(ValueError, match="must be finite"):
        transformer.transform(with_value(np.nan), (0, 0), (0, 0))
    assert transformer.augment(tf.constant(GOOD), seed=1).shape == GOOD.shape


def test_images_in_0_to_1_are_not_trained_with(no_data_folder):
    classifier = kinv.classifiers.load("digit_cnn")
    images, labels = kinv.data.load("mnist", "test", limit=8)
    transformer = kinv.models.InvariantTransformer(classifier)
    transformer.compile()
    streams = [tf.data.Dataset.from_tensor_slices(given).batch(4) for given in (images / 255, (images / 255, labels))]
    for given in ((images / 255,), (images / 255, labels), *((stream,) for stream in streams)):
        for use in (transformer.fit, transformer.evaluate):
            with pytest.raises(ValueError, match="multiply them by 255"):
                use(*given, verbose=0)
    with pytest.raises(ValueError, match="multiply them by 255"):
        kinv.analysis.accuracy(classifier, images / 255, labels)


class Cut:
    """Images that are cut when they are asked for, as the recipes' crops are."""

    def __init__(self, images):
        self.images, self.shape = images, images.shape

    def __len__(self):
        return len(self.images)

    def __getitem__(self, index):
        return self.images[index]


def test_images_that_are_cut_when_they_are_asked_for_stay_so():
    good, bad = Cut(np.full((3, 2, 2, 1), 100.0)), Cut(np.full((3, 2, 2, 1), 300.0))
    assert as_image_source(good, shape=(2, 2, 1)) is good
    assert as_image_source(good.images, shape=(2, 2, 1)) is good.images
    with pytest.raises(ValueError, match=r"images must lie in 0\.\.255, received 300"):
        as_image_source(bad, shape=(2, 2, 1))
