"""Which other networks a report can compare with, and on which images."""

import keras
import numpy as np
import pytest
from PIL import Image

import kinv
from kinv.data.find import find
from kinv.reports.other_network import other_subject
from kinv.reports.settings import PRESETS, SECTIONS, chosen_settings
from kinv.reports.subject import Subject


def network(classes, size=8, channels=3, names=None, name="net"):
    inputs = keras.Input((size, size, channels))
    outputs = keras.layers.Dense(classes)(keras.layers.GlobalAveragePooling2D()(inputs))
    return kinv.wrap(keras.Model(inputs, outputs, name=name), class_names=names)


def subject(images, labels, folder, **options):
    return Subject(network(2, **options), "net", images, labels, PRESETS["quick"], folder)


@pytest.fixture
def pixels(random):
    return random.uniform(0, 255, (4, 8, 8, 3)).astype("float32")


def test_it_gets_the_same_images_in_its_size(pixels, tmp_path):
    other = other_subject(subject(pixels, None, tmp_path), network(3, size=12), "second")
    assert other.images.shape == (4, 12, 12, 3) and other.name == "second" and other.network.output_shape[-1] == 3
    assert other.screening_folder == "screening_compared" and other.folder == tmp_path
    for number, image in enumerate(pixels):
        Image.fromarray(image.astype("uint8")).save(tmp_path / f"{number}.png")
    source = find(str(tmp_path)).fitted((8, 8, 3))
    grey = other_subject(subject(source, None, tmp_path), network(2, size=12, channels=1), "net")
    ((batch, _),) = grey.stream.batches(10)
    assert batch.shape == (4, 12, 12, 1) and grey.name == "the other net"


@pytest.mark.parametrize(
    ("one", "classes", "names", "message"),
    [
        (None, 3, None, "both must have the same classes, received 2 and 3 classes.*--no-labels"),
        (["a", "b"], 2, ["b", "a"], "in the same order, received 'a' in place of 'b'"),
    ],
)
def test_labels_need_the_same_classes(pixels, tmp_path, one, classes, names, message):
    labels, other = np.array([0, 1, 0, 1]), network(classes, names=names)
    with pytest.raises(ValueError, match=message):
        other_subject(subject(pixels, labels, tmp_path, names=one), other, "other")
    other_subject(subject(pixels, None, tmp_path, names=one), other, "other")  # without labels
    other_subject(subject(pixels, labels, tmp_path, names=one), network(2), "other")  # names are not known


def test_another_network_adds_a_section():
    assert "compared" not in chosen_settings("full").sections + chosen_settings("default").sections
    sections = chosen_settings("default", ["curves", "tolerance"], compared=True).sections
    assert sections == ("tolerance", "compared", "curves") and list(SECTIONS).index("compared") == 1
