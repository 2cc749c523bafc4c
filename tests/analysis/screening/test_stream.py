"""What a screening refuses: images, labels, networks and settings that can't be used."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

import kinv

from .known_network import screen


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda images, labels: (images / 255, labels), "multiply them by 255"),
        (lambda images, labels: (images[..., :1], labels), r"takes images of shape \(8, 8, 3\)"),
        (lambda images, labels: (images[0], labels), "count, height, width, channels"),
        (lambda images, labels: (images[:0], labels[:0]), "count, height, width, channels"),
        (lambda images, labels: (images - 100, labels), r"0..255, received -"),
        (lambda images, labels: (np.where(images > 190, np.nan, images), labels), "NaN"),
        (lambda images, labels: (images.astype("complex64"), labels), "complex64"),
        (lambda images, labels: (images.astype(str), labels), "dtype <U"),
        (lambda images, labels: (images, labels + 1), r"labels must lie in 0..1, received 2"),
        (lambda images, labels: (images, labels[:5]), r"labels must have shape \(30,\)"),
        (lambda images, labels: (images, labels.astype(float)), "class indices"),
    ],
)
def test_wrong_images_and_labels_are_refused(photos, tmp_path, change, message):
    with pytest.raises(ValueError, match=message):
        screen(*change(*photos), results=tmp_path / "results")
    assert not (tmp_path / "results").exists()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"magnitudes": {"rotation": [0, np.nan]}}, "rotation: magnitudes must be finite"),
        ({"magnitudes": {"rotation": []}}, "no magnitudes"),
        ({"magnitudes": {"zoom": [1]}}, "which is not screened"),
        ({"transformations": ["twist"], "magnitudes": None}, "unknown transformation 'twist'"),
        ({"transformations": [], "magnitudes": None}, "at least one"),
        ({"transformations": ["zoom", "zoom"], "magnitudes": None}, "different names"),
        ({"transformations": [3], "magnitudes": None}, "received 3"),
        ({"batch_size": 0}, "batch_size"),
        ({"class_names": ["a"]}, "2 classes"),
        ({"fill": "wrap"}, "'wrap'"),
        ({"seed": -1}, "seed must lie"),
        ({"transformations": ["zoom+rotation+blur"], "magnitudes": None}, "at most two"),
    ],
)
def test_wrong_arguments_are_refused(photos, tmp_path, options, message):
    with pytest.raises(ValueError, match=message):
        screen(*photos, results=tmp_path / "results", **options)
    assert not (tmp_path / "results").exists()


def test_networks_that_do_not_answer_with_logits_are_refused(photos):
    inputs = layers.Input((8, 8, 3))
    pooled = layers.GlobalAveragePooling2D()(inputs)
    with pytest.raises(ValueError, match="ends in a softmax"):
        kinv.screen(keras.Model(inputs, layers.Dense(3, "softmax")(pooled)), photos[0])
    with pytest.raises(ValueError, match="at least 2 classes"):
        kinv.screen(keras.Model(inputs, layers.Dense(1)(pooled)), photos[0])

    def broken(images, magnitudes):
        return images * np.nan

    with pytest.raises(ValueError, match="NaN or infinity for broken at 0"):
        screen(photos[0], transformations=[broken], magnitudes={"broken": [0, 1]})


def test_wrong_images_in_a_stream_are_refused_by_batch(photos):
    images, labels = photos
    images[20] = np.nan
    with pytest.raises(ValueError, match=r"batch 3: images must be finite"):
        screen(tf.data.Dataset.from_tensor_slices((images, labels)), preflight=False)
    with pytest.raises(ValueError, match=r"\.map\(lambda e"):
        screen(tf.data.Dataset.from_tensor_slices({"image": images, "label": labels}))
    with pytest.raises(ValueError, match=r"Dataset: labels must have shape \(5,\), one for each image"):
        screen(tf.data.Dataset.from_tensor_slices((images[:5], np.stack([labels[:5]] * 2, axis=1))))
    with pytest.raises(ValueError, match="no images"):
        screen(tf.data.Dataset.from_tensor_slices((images[:0], labels[:0])))
    with pytest.raises(FileNotFoundError):
        screen("no/such/folder")
