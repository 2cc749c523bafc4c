"""Names of data sets: the order of search, the embedded defaults, and what is said when nothing is there."""

import numpy as np
import pytest

from kinv import data


def test_the_embedded_digits(no_data_folder, caplog):
    images, labels = data.load("mnist", "train")
    assert images.shape == (4000, 28, 28, 1) and labels.shape == (4000,)
    assert (images.min(), images.max()) == (0, 255)
    test_images, test_labels = data.load("mnist")
    assert len(test_images) == 1000
    np.testing.assert_array_equal(np.bincount(test_labels), np.full(10, 100))
    assert "5,000" in caplog.text  # a fallback is never silent


def test_mnist_of_the_data_folder_comes_first(no_data_folder, monkeypatch, tmp_path):
    digits = np.arange(3 * 784, dtype="uint8").reshape(3, 28, 28)
    arrays = {"x_train": digits, "y_train": [1, 2, 3], "x_test": digits[:1], "y_test": [7]}
    np.savez(tmp_path / "mnist.npz", **arrays)
    monkeypatch.setenv("KINV_DATA_DIR", str(tmp_path))
    images, labels = data.load("mnist", "train")
    np.testing.assert_array_equal(images[..., 0], digits)
    np.testing.assert_array_equal(labels, [1, 2, 3])


def test_the_embedded_photos(no_data_folder):
    train, labels = data.load("photos", "train", size=32)
    test, _ = data.load("photos", "test", size=32)
    assert train.shape == (160, 32, 32, 3) and test.shape == (128, 32, 32, 3) and labels is None
    assert len(np.unique(train.reshape(160, -1), axis=0)) == 160
    np.testing.assert_array_equal(train, data.load("photos", "train", size=32)[0])


@pytest.mark.parametrize("name", ["tfds:imagenet_v2", "imagenet_samples", "no/such/folder", "tfds:../mnist"])
def test_what_is_not_here_is_said_at_once_with_the_remedy(no_data_folder, name):
    with pytest.raises(FileNotFoundError, match=r"KINV_DATA_DIR|--download"):
        data.load(name)


def test_a_wrong_data_folder_is_said(monkeypatch):
    monkeypatch.setenv("KINV_DATA_DIR", "/no/such/folder")
    with pytest.raises(FileNotFoundError, match="KINV_DATA_DIR=/no/such/folder"):
        data.load("mnist")


def test_a_prepared_tensorflow_data_set_is_used(no_data_folder, monkeypatch, tmp_path, random):
    tf = pytest.importorskip("tensorflow")
    import tensorflow_datasets as tfds

    images = random.integers(0, 256, (6, 12, 10, 3), "uint8")
    labels = np.array([0, 1, 1, 0, 1, 0])
    names = ["n01443537", "n01440764"]  # goldfish, tench: not in the order of the indices
    tfds.dataset_builders.store_as_tfds_dataset(
        name="tiny_fish",
        version="1.0.0",
        features=tfds.features.FeaturesDict(
            {"image": tfds.features.Image(shape=(None, None, 3)), "label": tfds.features.ClassLabel(names=names)}
        ),
        split_datasets={"test": tf.data.Dataset.from_tensor_slices({"image": images, "label": labels})},
        data_dir=str(tmp_path),
    )
    monkeypatch.setenv("TFDS_DATA_DIR", str(tmp_path))
    found, found_labels = data.load("tfds:tiny_fish", "test")
    order = [int(np.abs(found - image).sum((1, 2, 3)).argmin()) for image in images]
    np.testing.assert_array_equal(found[order], images)
    np.testing.assert_array_equal(found_labels[order], np.array([1, 0])[labels])
    builder = tfds.builder_from_directory(tmp_path / "tiny_fish" / "1.0.0")
    for split in ("test", "test[:50%]", "test[2:5]"):
        theirs = [example["image"] for example in builder.as_dataset(split=split).as_numpy_iterator()]
        np.testing.assert_array_equal(data.load("tfds:tiny_fish", split)[0], np.stack(theirs))
    with pytest.raises(ValueError, match="'train'"):
        data.load("tfds:tiny_fish", "train")


def test_a_download_happens_only_when_asked_for(no_data_folder, monkeypatch, tmp_path):
    """The data set makes its own images where others fetch them."""
    tfds = pytest.importorskip("tensorflow_datasets")

    class MadeHere(tfds.testing.DummyMnist):
        pass

    assert MadeHere.name == "made_here"
    monkeypatch.setenv("TFDS_DATA_DIR", str(tmp_path))
    with pytest.raises(FileNotFoundError, match="--download"):
        data.load("tfds:made_here", "test")
    assert not any(tmp_path.iterdir())
    images, labels = data.load("tfds:made_here", "test", download=True)
    assert images.shape == (20, 28, 28, 1) and len(labels) == 20
    again, _ = data.load("tfds:made_here", "test")
    np.testing.assert_array_equal(again, images)


def test_imagenet_classes_ship_with_kinv():
    names, index = data.imagenet_class_names(), data.imagenet_index()
    assert len(names) == len(index) == 1000
    assert (names[0], names[285], names[999]) == ("tench", "Egyptian cat", "toilet tissue")
    assert list(index) == sorted(index)


def test_evenly_spreads_over_all_images(no_data_folder):
    source = data.find("mnist", "test")
    few = source.evenly(5)
    assert few.count == 5 and few.description.startswith("5 of ")
    images, labels = source.load()
    chosen = [0, *(round(part * (source.count - 1) / 4) for part in (1, 2, 3)), source.count - 1]
    found, found_labels = few.load()
    np.testing.assert_array_equal(found, images[chosen])
    assert labels is not None
    np.testing.assert_array_equal(found_labels, labels[chosen])
    assert source.evenly(10**9) is source
    with pytest.raises(ValueError, match="received 0"):
        source.evenly(0)


@pytest.mark.parametrize("limit", [0, -1])
def test_a_limit_of_no_images_is_refused(limit):
    with pytest.raises(ValueError, match=f"limit must be at least 1, received {limit}"):
        data.load("mnist", limit=limit)
