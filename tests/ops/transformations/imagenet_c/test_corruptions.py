"""What holds for all fifteen: severity 0, ranges, seeds, batches, compilation, and what is refused."""

import keras
import numpy as np
import pytest
from keras import ops

from kinv import backend
from kinv.ops import IMAGENET_C, TRANSFORMATIONS, compose, find
from kinv.ops.transformations.imagenet_c.corruption import SEVERITIES

RANDOM = {
    *("gaussian_noise", "shot_noise", "impulse_noise", "glass_blur", "motion_blur"),
    *("snow", "frost", "fog", "elastic_transform"),
}
COMPILED = {}


def corrupted(name, images, severities, seed=(0, 0)):
    """Compiled once for each corruption and shape: eager, they take seconds."""
    if name not in COMPILED:
        corruption = IMAGENET_C[name]
        COMPILED[name] = backend.compile(lambda i, s, seed: corruption.apply(i, s, "zeros", seed), jit_compile=False)
    severities = np.broadcast_to(np.asarray(severities, "float32"), len(images))
    given = ops.convert_to_tensor(images), ops.convert_to_tensor(severities), ops.convert_to_tensor(seed, "int32")
    return ops.convert_to_numpy(COMPILED[name](*given))


@pytest.fixture
def six(random):
    return random.uniform(0, 255, (6, 20, 24, 3)).astype("float32")


@pytest.mark.parametrize("name", IMAGENET_C)
def test_severities_seeds_and_batches(six, name):
    found = corrupted(name, six, SEVERITIES, (5, 7))
    assert found.dtype == "float32" and found.shape == six.shape
    assert found.min() >= 0 and found.max() <= 255
    np.testing.assert_array_equal(found[0], six[0])
    assert all(np.abs(found[index] - six[index]).mean() > 0.5 for index in range(1, 6))
    np.testing.assert_array_equal(corrupted(name, six, SEVERITIES, (5, 7)), found)
    other = corrupted(name, six, SEVERITIES, (6, 7))
    assert (np.abs(other - found).mean() > 0.1) == (name.removeprefix("imagenet_c.") in RANDOM)
    alone = corrupted(name, np.roll(six, -4, axis=0), np.roll(SEVERITIES, -4), (5, 11))  # the same image, another batch
    np.testing.assert_allclose(alone[:2], found[4:], atol=0.01)


@pytest.mark.parametrize("name", [f"imagenet_c.{name}" for name in sorted(RANDOM)])
def test_every_image_has_its_own_randomness(name, random):
    same = np.repeat(random.uniform(0, 255, (1, 20, 24, 3)).astype("float32"), 6, axis=0)
    first, second, *_ = corrupted(name, same, 5)
    assert np.abs(first - second).mean() > 1


@pytest.mark.parametrize("name", IMAGENET_C)
def test_images_of_one_channel(images, name):
    grey = ops.convert_to_numpy(IMAGENET_C[name](images[:1, ..., :1], 2.0))
    assert grey.shape == (1, 20, 24, 1) and np.isfinite(grey).all()


@pytest.mark.release
@pytest.mark.parametrize("name", IMAGENET_C)
def test_xla_gives_the_same(six, name):
    corruption = IMAGENET_C[name]
    compiled = backend.compile(corruption, jit_compile=keras.backend.backend() == "tensorflow")
    found = ops.convert_to_numpy(compiled(ops.convert_to_tensor(six), ops.convert_to_tensor(SEVERITIES, "float32")))
    apart = np.abs(found - corrupted(name, six, SEVERITIES))
    assert np.quantile(apart, 0.99) < 0.05  # rounding moves a few numbers over an edge


def test_they_are_named_apart_and_compose(images):
    assert len(IMAGENET_C) == 15 and not set(IMAGENET_C) & set(TRANSFORMATIONS)
    assert all(name == corruption.name and name.startswith("imagenet_c.") for name, corruption in IMAGENET_C.items())
    assert find("imagenet_c.fog") is IMAGENET_C["imagenet_c.fog"]
    both = find("imagenet_c.contrast+imagenet_c.brightness")
    stepwise = IMAGENET_C["imagenet_c.brightness"](IMAGENET_C["imagenet_c.contrast"](images, 2), 3)
    np.testing.assert_allclose(both(images, [2.0, 3.0]), stepwise, atol=1e-3)
    assert compose(TRANSFORMATIONS["rotation"], IMAGENET_C["imagenet_c.contrast"]).dimensions == 2


@pytest.mark.parametrize("severity", [1.5, 6.0, -1.0, np.nan])
def test_other_severities_are_refused(images, severity):
    with pytest.raises(ValueError, match=r"imagenet_c\.contrast: "):
        IMAGENET_C["imagenet_c.contrast"](images, severity)
    with pytest.raises(ValueError, match=r"whole numbers in 0\.\.5, received 2\.5"):
        IMAGENET_C["imagenet_c.contrast"](images, [1, 2.5, 3, 4])


def test_misspelt_names_are_refused():
    with pytest.raises(ValueError, match=r"did you mean imagenet_c\.frost"):
        find("imagenet_c.forst")
    with pytest.raises(ValueError, match="stands for 15 transformations"):
        find("imagenet_c")
