"""The generator of the largest family: symmetric, with a volume that is exact."""

import numpy as np
import pytest
from keras import ops
from scipy.linalg import expm

from kinv import data
from kinv.models.invariant_transformer.lie_generator import LieGenerator
from kinv.models.invariant_transformer.reach_generator import LONGEST
from kinv.models.invariant_transformer.variety import variety
from kinv.ops import lie


def generator_of(rows, random, spread=0.3):
    generator = LieGenerator(rows)
    generator.build((None, generator.controls))
    mixed = expm(spread * random.normal(size=generator.step.shape) - 0.5 * np.eye(generator.controls))
    generator.reach.assign(generator.start * mixed)
    return generator


@pytest.mark.parametrize(("rows", "controls"), [(1, 2), (2, 6), (3, 12)])
def test_it_starts_near_the_identity_and_alike_in_every_direction(rows, controls):
    generator = LieGenerator(rows)
    assert generator.controls == controls
    ends = generator(np.concatenate([np.eye(controls), 0.5 * np.ones((1, controls))]).astype("float32"))
    np.testing.assert_allclose(generator.reach, generator.start * np.eye(controls), atol=1e-6)
    np.testing.assert_array_equal(ends[-1], np.eye(rows, rows + 1, dtype="float32"))


@pytest.mark.parametrize("rows", [1, 2, 3])
def test_matrices_are_exponentials_of_what_is_linear_in_k(rows, random):
    generator = generator_of(rows, random)
    k = random.uniform(size=(5, generator.controls)).astype("float32")
    sizes = (2 * k - 1) @ ops.convert_to_numpy(generator.reach).T
    elements = np.einsum("bg,grc->brc", sizes, np.stack(list(generator.generators.values())))
    expected = [expm(np.pad(element, ((0, 1), (0, 0))))[:-1] for element in elements]
    np.testing.assert_allclose(generator(k), expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("rows", [1, 2, 3])
def test_k_and_its_mirror_image_undo_each_other(rows, random):
    generator = generator_of(rows, random)
    k = random.uniform(size=(5, generator.controls)).astype("float32")
    there, back = (np.asarray(ops.convert_to_numpy(generator(points)), "float64") for points in (k, 1 - k))
    last = np.broadcast_to(np.eye(rows + 1)[-1:], (5, 1, rows + 1))
    there, back = (np.concatenate([maps, last], axis=1) for maps in (there, back))
    np.testing.assert_allclose(there @ back, np.broadcast_to(np.eye(rows + 1), there.shape), atol=1e-4)


@pytest.mark.parametrize("rows", [2, 3])
def test_the_log_volume_is_that_of_drawn_matrices(rows, random):
    generator = generator_of(rows, random, spread=0.1)
    generator.reach.assign(generator.reach * np.exp(-2))
    drawn = variety(ops.convert_to_numpy(generator(random.uniform(size=(6000, generator.controls)).astype("float32"))))
    assert float(generator.log_volume()) == pytest.approx(drawn.log_volume, abs=0.15)
    assert drawn.offset < 0.01


@pytest.mark.parametrize("norm", [0.5 * LONGEST, 5 * LONGEST])
def test_a_step_is_in_units_of_the_reach(norm, random):
    generator = generator_of(2, random)
    before, step = ops.convert_to_numpy(generator.reach), random.normal(size=(6, 6))
    step *= norm / np.linalg.norm(step)
    volume = float(generator.log_volume())
    generator.step.assign(step)
    generator.take_step()
    taken = step * min(1, LONGEST / norm)
    np.testing.assert_allclose(generator.reach, before @ expm(taken), rtol=1e-4, atol=1e-6)
    np.testing.assert_array_equal(generator.step, np.zeros((6, 6)))
    assert float(generator.log_volume()) - volume == pytest.approx(np.trace(taken), abs=1e-4)


def test_it_does_not_grow_without_end(random):
    generator = generator_of(2, random)
    before = ops.convert_to_numpy(generator.reach)
    generator.reach.assign(before * np.array([1, 1, 1e3, 1, 1, 1])[:, None])
    generator.take_step()
    after = ops.convert_to_numpy(generator.reach)
    assert np.linalg.norm(after[2]) == pytest.approx(generator.limit)
    limited = after[2] / generator.limit
    across = np.eye(6) - np.outer(limited, limited)  # what the others have that the long row does not
    np.testing.assert_allclose(np.delete(after @ across, 2, axis=0), np.delete(before @ across, 2, axis=0), atol=1e-5)


def test_where_all_is_ignored_the_limit_leaves_the_largest_volume(random):
    """Rows of the limit's norm, at right angles. Scaled rows alone would stay as parallel as they are."""
    generator = generator_of(2, random)
    generator.reach.assign(np.ones((6, 6)) + 0.3 * random.normal(size=(6, 6)))
    for _ in range(150):
        generator.step.assign(0.12 * np.eye(6))
        generator.take_step()
    reach = ops.convert_to_numpy(generator.reach)
    np.testing.assert_allclose(reach @ reach.T, generator.limit**2 * np.eye(6), atol=0.1)


def test_other_rows_are_refused():
    with pytest.raises(ValueError, match="received 4"):
        LieGenerator(4)


def test_generators_are_those_of_the_algebra():
    assert list(LieGenerator(2).generators) == list(lie.SPACE)


def test_what_is_seen_of_a_step_in_space_is_how_far_pixels_move(random):
    generator = LieGenerator(2)
    places = np.stack(np.meshgrid(*[np.linspace(-1, 1, 201)] * 2), axis=-1)
    for size in 1e-4 * random.normal(size=(5, 6)):
        (matrix,) = np.asarray(generator.at(size[None]), "float64")
        moved = places @ matrix[:, :2].T + matrix[:, 2] - places
        expected = np.sqrt(np.mean(np.sum(moved**2, axis=-1)))
        assert np.linalg.norm(generator.visible() @ size) == pytest.approx(expected, rel=0.02)


@pytest.mark.parametrize("channels", [1, 3])
def test_what_is_seen_of_a_step_in_colour_is_how_much_photographs_change(channels, random):
    generator = LieGenerator(channels)
    images = data.find("photos").evenly(60).load(32)[0] / 255
    images = images if channels == 3 else images.mean(axis=-1, keepdims=True)
    sizes = 1e-3 * random.normal(size=(40, generator.controls))
    seen = np.linalg.norm(sizes @ generator.visible().T, axis=1)
    changed = []
    for matrix in np.asarray(generator.at(sizes)):
        moved = images @ matrix[:, :channels].T + matrix[:, channels] - images
        changed.append(np.sqrt(np.mean(np.sum(moved**2, axis=-1))))
    assert np.corrcoef(seen, changed)[0, 1] > 0.97
    assert np.mean(seen) == pytest.approx(np.mean(changed), rel=0.15)
