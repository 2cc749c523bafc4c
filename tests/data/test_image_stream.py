"""Images for an analysis: from streams of batches, and what is said of many files with the same problem."""

import keras
import numpy as np
import pytest
from PIL import Image

from kinv.data.image_stream import MOST_ALIKE, ImageStream

IMAGES = np.random.default_rng(0).integers(0, 256, (5, 4, 4, 3), dtype="uint8")
LABELS = np.array([0, 1, 1, 0, 1])


class Batches(keras.utils.PyDataset):
    """Two images at a time."""

    def __init__(self, *parts):
        super().__init__()
        self.parts = parts

    def __len__(self):
        return -(-len(self.parts[0]) // 2)

    def __getitem__(self, index):
        return tuple(part[2 * index : 2 * index + 2] for part in self.parts)


@pytest.fixture
def network():
    return keras.Sequential([keras.Input((4, 4, 3)), keras.layers.GlobalAveragePooling2D(), keras.layers.Dense(2)])


def test_batches_of_a_py_dataset_are_those_of_the_array(network):
    arrays, batches = ImageStream(network, IMAGES, LABELS), ImageStream(network, Batches(IMAGES, LABELS))
    for skip in (0, 1):
        for one, other in zip(arrays.batches(3, skip), batches.batches(3, skip), strict=True):
            np.testing.assert_array_equal(one[0], other[0])
            np.testing.assert_array_equal(one[1], other[1])
    one_hot = ImageStream(network, Batches(IMAGES, np.eye(2)[LABELS])).sample(5)
    np.testing.assert_array_equal(one_hot[1], LABELS)
    assert not ImageStream(network, Batches(IMAGES)).labelled
    assert ImageStream(network, Batches(IMAGES[::-1])).fingerprint != ImageStream(network, Batches(IMAGES)).fingerprint


@pytest.mark.parametrize(
    ("images", "labels", "said"),
    [
        (lambda: (batch for batch in [IMAGES]), None, "received a generator, which can be read only once"),
        (lambda: Batches(IMAGES[:0]), None, "at least one batch, received 0"),
        (lambda: Batches(IMAGES), LABELS, "a PyDataset has its own"),
        (lambda: Batches(IMAGES[:, :2]), None, r"first batch of a PyDataset: .* shape \(4, 4, 3\)"),
        (lambda: Batches(np.concatenate([IMAGES, IMAGES / np.nan])), None, "a PyDataset, batch 2: images must be fin"),
    ],
)
def test_what_is_refused(network, images, labels, said):
    with pytest.raises(ValueError, match=said):
        list(ImageStream(network, images(), labels).batches(4))


def test_many_files_with_one_problem_are_not_all_named(network, tmp_path, caplog):
    for index in range(MOST_ALIKE + 20):
        Image.new("L", (4, 4), index).save(tmp_path / f"{index:02}.png")
    (tmp_path / "z.png").touch()
    stream = ImageStream(network, str(tmp_path))
    for _ in range(2):
        list(stream.batches(8))
    said = [record.getMessage() for record in caplog.records]
    assert len(said) == MOST_ALIKE + 2 and said[0] == "00.png: greyscale, repeated as RGB"
    assert said[-2:] == ["further files: greyscale, repeated as RGB", "z.png: empty file, skipped"]
