"""The data of Boltzmann machines and autoencoders: the same seed, the same data; splits that do not meet."""

import logging

import numpy as np
import pytest
from scipy.io import savemat

from kinv import analysis, classifiers, data
from kinv.data.sources.silhouettes import open_caltech


@pytest.fixture(autouse=True)
def offline(no_data_folder):
    pass


def first(count, **settings):
    digits, labels = next(iter(data.deformed_mnist(count, **settings)))
    return digits.numpy(), labels.numpy()


def test_deformed_digits_depend_on_the_seed_alone():
    digits, labels = first(1500, seed=3)
    assert digits.shape == (1500, 784) and digits.dtype == np.float32 and labels.dtype == np.int32
    assert digits.min() >= 0 and 0.9 < digits.max() <= 1
    np.testing.assert_array_equal(first(70, seed=3)[0], digits[:70])
    np.testing.assert_array_equal(first(70, seed=3, first_batch=20)[0], digits[1400:1470])
    assert (first(70, seed=4)[0] != digits[:70]).any(axis=1).all()


def test_other_images_are_deformed_too():
    source = data.find("silhouettes", "test").evenly(10)
    images, labels = next(iter(data.deformed_mnist(100, source=source)))
    assert images.shape == (100, 784) and set(labels.numpy()) <= set(source.labels)


def test_every_deformed_digit_is_new_and_still_itself():
    digits, labels = first(1000)
    flat = data.as_vectors(data.load("mnist", "train")[0])
    squared = np.square(digits).sum(axis=1)[:, None] + np.square(flat).sum(axis=1) - 2 * digits @ flat.T
    assert np.sqrt(squared.min(axis=1)).min() > 0.5
    images = 255 * digits.reshape(-1, 28, 28, 1)
    assert analysis.accuracy(classifiers.load("digit_cnn"), images, labels) > 0.9


def direction(images):
    """The mean of `exp(2i angle)` over the long axes of digits: 0 where they are uniform, 1 where they are parallel."""
    ink = images[..., 0] / images.sum(axis=(1, 2, 3))[:, None, None]
    y, x = np.mgrid[:28, :28]
    y = y - (ink * y).sum(axis=(1, 2))[:, None, None]
    x = x - (ink * x).sum(axis=(1, 2))[:, None, None]
    doubled = (ink * (x * x - y * y)).sum(axis=(1, 2)) + 2j * (ink * x * y).sum(axis=(1, 2))
    return np.mean(doubled / np.abs(doubled))


def test_rotated_digits():
    train, test = (data.find("rotated_mnist", split) for split in ("train", "test"))
    assert (train.count, test.count) == (968, 4032)  # 12 : 50, as of 70,000
    images, _ = train.load()
    assert images.shape == (968, 28, 28, 1) and 0 <= images.min() and images.max() <= 255
    upright, _ = data.load("mnist", "train")
    assert images.mean() == pytest.approx(upright.mean(), rel=0.05)  # no ink is lost
    # the long axis of an upright digit is rather vertical; of digits turned by any angle no direction stands out
    assert abs(direction(images)) < 0.1 < 0.3 < abs(direction(upright))
    np.testing.assert_array_equal(images, data.find("rotated_mnist", "train").load()[0])
    with pytest.raises(ValueError, match="split of rotated_mnist must be one of"):
        data.find("rotated_mnist", "all")


def test_silhouettes_of_animals(caplog):
    with caplog.at_level(logging.WARNING):
        train, test = (data.find("silhouettes", split) for split in ("train", "test"))
    assert "animal-mnist" in caplog.text
    assert 9000 < train.count + test.count < 10_000
    shares = [np.bincount(test.labels) / np.bincount(np.r_[train.labels, test.labels])]
    np.testing.assert_allclose(shares, 0.2, atol=0.002)
    images, labels = test.load()
    assert set(np.unique(images)) == {0, 255}
    np.testing.assert_array_equal(labels, test.labels)
    both = {image.tobytes() for image in images} & {image.tobytes() for image in train.load()[0]}
    assert not both


def test_silhouettes_of_caltech(tmp_path, monkeypatch):
    upright = np.zeros((20, 28, 28), "uint8")
    upright[:, 2:5, 10:20] = 1  # a bar across the top
    names = np.array([["cup"], ["dog"]], dtype=object)
    content = {
        "X": 1 - upright.transpose(0, 2, 1).reshape(20, -1),
        "Y": np.repeat([[1, 2]], 10, axis=1),
        "classnames": names,
    }
    savemat(tmp_path / "caltech101_silhouettes_28.mat", content)
    monkeypatch.setenv("KINV_DATA_DIR", str(tmp_path))
    test = data.find("silhouettes", "test")
    assert test.count == 4 and sorted(test.labels) == [0, 0, 1, 1] and test.class_names == ["cup", "dog"]
    np.testing.assert_array_equal(test.load()[0][0, ..., 0], 255 * upright[0])
    (tmp_path / "other.mat").write_bytes(b"no MATLAB file")
    with pytest.raises(ValueError, match="not a MATLAB file with X, Y, classnames"):
        open_caltech(tmp_path / "other.mat", "all")


@pytest.mark.long
def test_patches_are_white_and_repeatable():
    patches, source, description = data.natural_patches(3000, 12, seed=1)
    assert patches.shape == (3000, 144) and patches.dtype == np.float32
    assert source == "photos" and "whitened" in description
    assert patches.mean() == pytest.approx(0, abs=1e-3) and patches.std() == pytest.approx(1, abs=1e-3)
    np.testing.assert_array_equal(patches, data.natural_patches(3000, 12, seed=1).vectors)
    # neighbouring pixels of photographs are nearly the same; here they say little of each other
    square = patches.reshape(-1, 12, 12)
    assert abs(np.mean(square[:, :, 2:] * square[:, :, :-2])) < 0.4
    with pytest.raises(ValueError, match="size must be at most"):
        data.natural_patches(10, 300)


def test_olshausens_own_images_are_used_where_they_are(tmp_path, monkeypatch, random):
    savemat(tmp_path / "IMAGES.mat", {"IMAGES": random.normal(size=(32, 32, 2))})
    monkeypatch.setenv("KINV_DATA_DIR", str(tmp_path))
    assert data.natural_patches(10, 4).source == "olshausen"
    of_each = [data.natural_patches(500, 4, held_out=part).vectors for part in (False, True)]
    assert not {row.tobytes() for row in of_each[0]} & {row.tobytes() for row in of_each[1]}
    (tmp_path / "IMAGES.mat").write_bytes(b"no MATLAB file")
    with pytest.raises(ValueError, match="not a MATLAB file with IMAGES"):
        data.natural_patches(10, 4)


def test_vectors_of_images():
    images = np.arange(24, dtype="uint8").reshape(2, 3, 4, 1)
    np.testing.assert_allclose(data.as_vectors(images), np.arange(24).reshape(2, 12) / 255)
    with pytest.raises(ValueError, match=r"must lie in 0\.\.255"):
        data.as_vectors(images.astype("float32") - 1)
    with pytest.raises(ValueError, match="must have shape"):
        data.as_vectors(images[0])
