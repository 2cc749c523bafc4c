"""Restricted manifolds on units that are known to ignore one transformation and no other."""

import keras
import numpy as np
import pytest
from keras import layers, ops
from scipy import ndimage

import kinv
from kinv.analysis.units.known_transformations import FAMILIES, PARAMETERS, TOGETHER, transform

SIDE = 15
EPSILONS = np.linspace(0, 2, 11)


def bar():
    """A bar along x that is neither in the middle nor symmetric."""
    shown = np.zeros((SIDE, SIDE), "float32")
    shown[6:9, 3:13] = 1
    shown[6:11, 11:13] = 1
    return ndimage.gaussian_filter(shown, 0.7)


def moved(**parameters):
    values = np.zeros((1, len(PARAMETERS)), "float32")
    for name, value in parameters.items():
        values[0, PARAMETERS.index(name.replace("_", " "))] = value
    return ops.convert_to_numpy(transform(bar()[None, ..., None], values))[0, ..., 0]


def unit_that_ignores(*images):
    """The largest of the products with unit images, on vectors; in the layer `unit`, beside a linear unit."""
    filters = np.stack([shown.ravel() / np.linalg.norm(shown) for shown in images], axis=1)
    vectors = keras.Input((SIDE * SIDE,))
    templates = layers.Dense(filters.shape[1], use_bias=False, name="templates")
    largest = layers.Lambda(lambda x: ops.stack([ops.max(x, axis=-1), x[:, 0]], axis=-1), name="unit")
    model = keras.Model(vectors, largest(templates(vectors)))
    templates.set_weights([filters])
    return model


def decomposed(*images, units=None, **settings):
    optimum = np.tile(bar().ravel(), (2, 1))
    model = unit_that_ignores(*images)
    chosen = optimum if units is None else optimum[: len(units)]
    return kinv.decompose_invariance(model, "unit", units, chosen, EPSILONS, shape=(SIDE, SIDE), **settings)


def test_transformations_do_what_their_names_say():
    shown = bar()
    rows, columns = np.mgrid[:SIDE, :SIDE]

    def middle(image):
        return np.array([(rows * image).sum(), (columns * image).sum()]) / image.sum()

    shifted = middle(moved(translation_along_x=-0.2)) - middle(shown)
    np.testing.assert_allclose(shifted, [0, -0.2 * SIDE / 2], atol=0.05)
    shifted = middle(moved(translation_along_y=-0.2)) - middle(shown)
    np.testing.assert_allclose(shifted, [-0.2 * SIDE / 2, 0], atol=0.05)
    np.testing.assert_allclose(moved(rotation=0.5), np.rot90(shown, -1), atol=1e-4)  # clockwise
    np.testing.assert_allclose(moved(rotation=1.0), shown[::-1, ::-1], atol=1e-4)
    half = moved(scale_along_y=-1)
    np.testing.assert_allclose(half.sum(), shown.sum() / 2, rtol=0.1)
    np.testing.assert_allclose(moved(stroke_width=0.5), ndimage.grey_dilation(shown, footprint=DIAMOND), atol=1e-6)
    np.testing.assert_array_equal(moved(), shown)


DIAMOND = ndimage.generate_binary_structure(2, 1)


def test_rotation_of_wide_images_keeps_their_shape():
    shown = np.zeros((20, 40), "float32")
    shown[8:12, 14:26] = 1
    values = np.zeros((1, 6), "float32")
    values[0, 0] = 0.5
    turned = ops.convert_to_numpy(transform(shown[None, ..., None], values))[0, ..., 0]
    expected = np.zeros((20, 40))
    expected[4:16, 18:22] = 1
    np.testing.assert_allclose(turned, expected, atol=1e-3)


def along(name, *ends):
    """Settings of one parameter, evenly from one end to the other: `along("rotation", -1, 1, 61)`."""
    return [{name: value} for value in np.linspace(*ends)]


@pytest.mark.parametrize(
    ("family", "settings"),
    [
        pytest.param("rotation", along("rotation", -1, 1, 61), marks=pytest.mark.long),
        ("translation", [x | y for x in along("translation_along_x", -0.8, 0.8, 13)
                         for y in along("translation_along_y", -0.8, 0.8, 13)]),
        pytest.param("stroke width", along("stroke_width", -0.5, 1, 25), marks=pytest.mark.long),
    ],
)  # fmt: skip
def test_what_a_unit_ignores_explains_most(family, settings):
    found = decomposed(bar(), *(moved(**of) for of in settings))
    at = found.families.index(family)
    known = found.tolerances[0, :-1]
    assert known.argmax() == at
    assert known[at] > 0.9 and known[at] > 1.3 * np.delete(known, at).max()
    reached = np.isfinite(found.activations[0, at])
    assert (found.activations[0, at][reached] > 0.9 * found.activations[0, at, 0]).all()
    assert found.shares[0, at] > 0.05
    assert np.abs(found.tolerances[1]).max() < 0.05  # the linear unit beside it
    assert np.isnan(found.shares[1]).all()  # has nothing to explain


def test_shares_and_tolerances_of_curves_that_are_known():
    epsilons = np.array([0.0, 0.5, 1.0, 1.5, 2.0])
    linear = np.maximum(1 - epsilons**2 / 2, 0)
    nan = np.nan
    curves = np.array([[2.0, 2.0, 2.0, nan, nan], 2 * linear, [2.0, 1.75, 0.0, nan, nan], [2.0, nan, nan, nan, nan]])
    curves = np.concatenate([curves, curves[:1]])  # the last: all together
    free = np.array([3.0, 2.0, 2.0, 1.0, -3.0])  # the optimum is a local one: 3 counts as 2
    found = kinv.analysis.InvarianceDecomposition(
        "unit",
        np.arange(2),
        epsilons,
        ("a", "b", "c", "d", "all"),
        np.stack([curves, -curves]),
        None,
        np.stack([free, -free]),
        np.array([2.0, -2.0]),
    )
    lost = 0.5 * (0.125 + 0.5 / 2)  # by a linear unit up to 1
    np.testing.assert_allclose(found.tolerances[0, :4], [1, 0, -0.125 / lost, nan], atol=1e-9)
    above = 0.5 * (0.125 + 0.5 + 0.5)  # of the free curve
    np.testing.assert_allclose(found.shares[0, :4], [lost / above, 0, -0.125 / above, 0], atol=1e-9)
    np.testing.assert_array_equal(found.reaches[0, :4], [1, 2, 1, 0])
    assert np.isnan(found.shares[1]).all() and np.isnan(found.tolerances[1]).all()  # not turned on
    assert list(found.groups()) == ["a", "not turned on"]
    assert list(found.groups(least=1.1)) == ["none of these", "not turned on"]


def test_curves_against_a_dense_scan():
    images = [moved(rotation=value) for value in (0, 0.3, -0.6)]
    found = decomposed(*images, units=[0], samples=64)
    angles = np.linspace(-1, 1, 4001)
    parameters = np.zeros((len(angles), 6), "float32")
    parameters[:, 0] = angles
    turned = ops.convert_to_numpy(transform(np.tile(bar()[None, ..., None], (len(angles), 1, 1, 1)), parameters))
    turned = turned.reshape(len(angles), -1)
    turned *= np.linalg.norm(bar()) / np.linalg.norm(turned, axis=1, keepdims=True)
    distances = np.linalg.norm(turned - bar().ravel(), axis=1) / np.linalg.norm(bar())
    filters = np.stack([shown.ravel() / np.linalg.norm(shown) for shown in images], axis=1)
    answers = (turned @ filters).max(axis=1)
    for index, epsilon in enumerate(EPSILONS):
        far = distances >= epsilon
        if not far.any():
            assert np.isnan(found.activations[0, 0, index])
            continue
        assert found.activations[0, 0, index] == pytest.approx(answers[far].max(), abs=0.02)
    again = ops.convert_to_numpy(
        transform(np.tile(bar()[None, ..., None], (11, 1, 1, 1)), found.parameters[0, 0].astype("float32"))
    ).reshape(11, -1)
    again *= np.linalg.norm(bar()) / np.linalg.norm(again, axis=1, keepdims=True)
    reached = np.isfinite(found.activations[0, 0])
    np.testing.assert_allclose((again @ filters).max(axis=1)[reached], found.activations[0, 0][reached], atol=1e-3)


def test_the_free_manifold_bounds_all_and_curves_fall():
    found = decomposed(*(moved(rotation=value) for value in (0, 0.2, 0.5)))
    assert found.families == (*FAMILIES, TOGETHER) and found.shares.shape == (2, 5)
    assert (found.shares[0] <= 1 + 1e-9).all()
    together = found.activations[:, -1]
    for family in range(4):
        both = np.isfinite(found.activations[:, family])
        assert (found.activations[:, family][both] <= together[both] + 1e-6).all()
    assert (np.diff(found.free, axis=1) <= 1e-9).all()
    assert (found.activations[:, :, 0] >= found.at_optimum[:, None] - 1e-5).all()


@pytest.mark.release
def test_seeds_and_batches(random):
    first, again, small = (decomposed(bar(), units=[0], samples=32, batch_size=size) for size in (None, None, 7))
    np.testing.assert_array_equal(first.activations, again.activations)
    np.testing.assert_allclose(small.activations, first.activations, atol=0.02)


def test_dead_units_are_not_a_number():
    model = unit_that_ignores(bar())
    model.get_layer("templates").set_weights([np.zeros((SIDE * SIDE, 1))])
    found = kinv.decompose_invariance(
        model, "unit", None, np.tile(bar().ravel(), (2, 1)), [0, 1.0], shape=(SIDE, SIDE), samples=16
    )
    assert np.isnan(found.activations).all() and np.isnan(found.shares).all() and np.isnan(found.tolerances).all()


def test_images_of_a_convolution():
    images = keras.Input((SIDE, SIDE, 1))
    x = layers.Conv2D(3, 5, name="convolution", activation="relu")(images)
    model = keras.Model(images, layers.Dense(2, name="logits")(layers.GlobalAveragePooling2D()(x)))
    optimum = np.tile(bar()[None, ..., None], (2, 1, 1, 1))
    found = kinv.decompose_invariance(model, "logits", None, optimum, [0, 0.5], samples=16)
    translation = found.activations[:, found.families.index("translation")]
    expected = ops.convert_to_numpy(kinv.analysis.tap(model, "logits").all_activations(optimum))[[0, 1], [0, 1]]
    assert (translation[:, 0] >= expected - 1e-4).all()  # the optimum itself is among what is tried
    np.testing.assert_allclose(translation[:, 1] / translation[:, 0], 1, atol=0.1)  # the mean of a map ignores it


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"epsilons": [0.5, 1.0]}, "must begin with 0"),
        ({"shape": (4, 4)}, r"shape must be \(H, W\) or \(H, W, C\) with 225 values"),
        ({"shape": None}, r"shape must be \(H, W\) or \(H, W, C\) with 225 values"),
        ({"samples": 12}, "samples must be a power of two and proposals at least 1, received 12 and 8"),
        ({"proposals": 0}, "received 256 and 0"),
        ({"optimum": np.zeros((2, SIDE * SIDE))}, "zero or not finite"),
    ],
)
def test_wrong_settings(settings, message):
    given = {"optimum": np.tile(bar().ravel(), (2, 1)), "shape": (SIDE, SIDE), **settings}
    with pytest.raises(ValueError, match=message):
        kinv.decompose_invariance(unit_that_ignores(bar()), "unit", None, **given)


def test_a_free_manifold_of_others_is_refused():
    model = unit_that_ignores(bar())
    optimum = np.tile(bar().ravel(), (2, 1))
    free = kinv.trace_manifold(model, "unit", None, optimum, [0, 1.0], steps=1, starts=1)
    for other, epsilons in ((optimum, [0, 0.5]), (optimum, [0, 0.5, 1.0]), (2 * optimum, [0, 1.0])):
        with pytest.raises(ValueError, match=r"same optimum .* received one of 2 units of 'unit' at 2 epsilons"):
            kinv.decompose_invariance(model, "unit", None, other, epsilons, free, (SIDE, SIDE))
