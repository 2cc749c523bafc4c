"""Every transformation against an independent library, at several magnitudes at once."""

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from keras import ops
from PIL import Image
from scipy import ndimage, stats

from kinv.ops import TRANSFORMATIONS, Custom, compose, translate_x, translate_y
from kinv.ops.transformations.catalogue import Color, Spatial
from kinv.ops.transformations.composition import Composed

SCIPY_MODE = {"reflect": "reflect", "nearest": "nearest"}
HALF_A_GREY_LEVEL = 0.5  # Pillow rounds to whole ones


def by_map_coordinates(image, source, fill):
    """`source` maps output pixel centres (y, x), measured from the image's centre, to where they look."""
    height, width, channels = image.shape
    y, x = np.meshgrid(np.arange(height) - (height - 1) / 2, np.arange(width) - (width - 1) / 2, indexing="ij")
    y, x = source(y, x)
    at = [y + (height - 1) / 2, x + (width - 1) / 2]
    return np.stack(
        [
            ndimage.map_coordinates(
                np.pad(image[..., c].astype("float64"), 1), [at[0] + 1, at[1] + 1], order=1, mode="constant"
            )
            if fill == "zeros"
            else ndimage.map_coordinates(image[..., c].astype("float64"), at, order=1, mode=SCIPY_MODE[fill])
            for c in range(channels)
        ],
        axis=-1,
    )


def rotated(v):
    angle = np.deg2rad(-v)
    return lambda y, x: (x * np.sin(angle) + y * np.cos(angle), x * np.cos(angle) - y * np.sin(angle))


SOURCES = {  # METHODS: the paper's formulas, for images of 20 x 24
    "translate_x": lambda v: lambda y, x: (y, x - v * 24),
    "translate_y": lambda v: lambda y, x: (y - v * 20, x),
    "rotation": rotated,
    "scale_x": lambda v: lambda y, x: (y, v * x),
    "scale_y": lambda v: lambda y, x: (v * y, x),
    "zoom": lambda v: lambda y, x: (v * y, v * x),
}


@pytest.mark.parametrize("fill", ["zeros", "reflect", "nearest"])
@pytest.mark.parametrize("name", SOURCES)
def test_spatial_ones_agree_with_scipy(images, name, fill):
    """Both interpolate bilinearly: what remains is float32's rounding of coordinates, below 0.01 grey levels."""
    magnitudes = {"rotation": [-170.0, -33.0, 90.0, 217.0]}.get(name, [0.21, -0.4, 0.5, 0.13])
    if TRANSFORMATIONS[name].neutral == 1:
        magnitudes = [0.3, 0.8, 1.7, 2.5]
    result = TRANSFORMATIONS[name](images, magnitudes, fill=fill)
    for image, magnitude, found in zip(images, magnitudes, result, strict=True):
        expected = by_map_coordinates(image, SOURCES[name](magnitude), fill)
        np.testing.assert_allclose(found, expected, atol=0.01)


def test_a_quarter_turn_moves_every_pixel(random):
    square = random.uniform(0, 255, (1, 9, 9, 3)).astype("float32")
    turned = TRANSFORMATIONS["rotation"](square, 90.0)
    np.testing.assert_allclose(turned[0], np.rot90(square[0], -1), atol=1e-2)  # clockwise


def test_the_whole_turn_is_the_image(images):
    np.testing.assert_array_equal(TRANSFORMATIONS["rotation"](images, 360.0), images)


def test_colors_agree_with_the_formulas_and_with_pillow(images):
    v = np.array([-0.3, 0.2, 0.5, 0.9], "float32")[:, None, None, None]
    clipped = lambda x: np.clip(x, 0, 255)  # noqa: E731
    apply = lambda name, v: ops.convert_to_numpy(TRANSFORMATIONS[name](images, v.ravel()))  # noqa: E731
    np.testing.assert_allclose(apply("brightness", v), clipped(images + 255 * v), atol=1e-3)
    np.testing.assert_allclose(apply("contrast", v + 0.5), clipped((v + 0.5) * images), atol=1e-3)
    whole = images.round()
    grey = [np.asarray(Image.fromarray(image.astype("uint8")).convert("L"), "float32") for image in whole]
    found = ops.convert_to_numpy(TRANSFORMATIONS["greyscale"](whole, 1.0))
    assert np.ptp(found, axis=-1).max() < 1e-3
    np.testing.assert_allclose(found[..., 0], np.stack(grey), atol=HALF_A_GREY_LEVEL + 0.01)
    half = ops.convert_to_numpy(TRANSFORMATIONS["greyscale"](whole, 0.5))
    np.testing.assert_allclose(half, 0.5 * whole + 0.5 * found, atol=1e-3)


@pytest.mark.parametrize(("fill", "mode"), [("zeros", "constant"), ("reflect", "reflect"), ("nearest", "nearest")])
def test_blur_agrees_with_scipy(images, fill, mode):
    """SciPy cuts the kernel at 6 standard deviations here: less than 1e-6 of 255 is out there."""
    widths = [0.4, 1.0, 2.3, 4.0]
    result = TRANSFORMATIONS["blur"](images, widths, fill=fill)
    for image, width, found in zip(images, widths, result, strict=True):
        expected = ndimage.gaussian_filter(image.astype("float64"), (width, width, 0), mode=mode, truncate=6)
        np.testing.assert_allclose(found, expected, atol=0.01)


def test_noise_is_normal_with_the_deviation_asked_for():
    grey = np.full((2, 100, 100, 3), 127.5, "float32")
    noise = (ops.convert_to_numpy(TRANSFORMATIONS["noise"](grey, [0.05, 0.1], seed=3)) - 127.5) / 255
    assert noise[0].std() == pytest.approx(0.05, rel=0.02) and noise[1].std() == pytest.approx(0.1, rel=0.02)
    assert stats.kstest(noise[0].ravel() / 0.05, "norm").pvalue > 1e-3
    flat = noise[0].ravel()
    assert abs(np.corrcoef(flat[:-1], flat[1:])[0, 1]) < 0.02
    assert abs(np.corrcoef(noise[0].ravel(), noise[1].ravel())[0, 1]) < 0.02


def test_noise_belongs_to_the_seed_and_the_image(images):
    noise = lambda shown, seed: ops.convert_to_numpy(TRANSFORMATIONS["noise"](shown, 0.1, seed=seed))  # noqa: E731
    np.testing.assert_array_equal(noise(images, 5), noise(images, 5))
    assert (noise(images, 5) != noise(images, 6)).any()
    np.testing.assert_allclose(noise(images[2:], np.array([5, 2], "int32")), noise(images, 5)[2:], atol=1e-4)


@pytest.mark.parametrize("fill", ["zeros", "reflect", "nearest"])
@pytest.mark.parametrize("name", TRANSFORMATIONS)
def test_the_neutral_magnitude_changes_no_bit(images, name, fill):
    transformation = TRANSFORMATIONS[name]
    np.testing.assert_array_equal(transformation(images, transformation.neutral, fill=fill), images)
    assert transformation.neutral in transformation.magnitudes


@pytest.mark.parametrize("name", TRANSFORMATIONS)
def test_results_stay_in_range_and_greyscale_is_taken(images, name):
    transformation = TRANSFORMATIONS[name]
    for magnitude in (transformation.magnitudes[0], transformation.magnitudes[-1]):
        for shown in (images, images[..., :1]):
            result = ops.convert_to_numpy(transformation(shown, magnitude))
            assert result.shape == shown.shape and result.dtype == "float32"
            assert 0 <= result.min() and result.max() <= 255.001


@pytest.mark.parametrize("name", TRANSFORMATIONS)
def test_every_image_has_its_own_magnitude(images, name):
    transformation = TRANSFORMATIONS[name]
    magnitudes = np.array(transformation.magnitudes[-4:], "float32")
    together = ops.convert_to_numpy(transformation(images, magnitudes))
    for index, magnitude in enumerate(magnitudes):
        alone = transformation(images[index : index + 1], magnitude, seed=np.array([0, index], "int32"))
        np.testing.assert_allclose(together[index], alone[0], atol=1e-3)


def test_composed_spatial_ones_are_sampled_once(images):
    translate = compose(translate_x, translate_y)
    assert isinstance(translate, Composed) and translate.name == "translate_x+translate_y"
    found = translate(images, [0.21, -0.13])
    source = lambda y, x: (y + 0.13 * 20, x - 0.21 * 24)  # noqa: E731
    for image, result in zip(images, found, strict=True):
        np.testing.assert_allclose(result, by_map_coordinates(image, source, "zeros"), atol=0.01)


def test_zoom_is_the_composition_of_both_scales(images):
    both = compose(TRANSFORMATIONS["scale_x"], TRANSFORMATIONS["scale_y"])
    np.testing.assert_allclose(both(images, [1.4, 1.4]), TRANSFORMATIONS["zoom"](images, 1.4), atol=1e-3)


@settings(max_examples=20, deadline=None)
@given(angle=st.floats(-180, 180), factor=st.floats(0.3, 3), shift=st.floats(-0.5, 0.5))
def test_composition_is_one_after_the_other(angle, factor, shift):
    """Where interpolation does nothing, on a linear ramp seen from inside, order and product must agree."""
    y, x = np.meshgrid(np.arange(64.0), np.arange(48.0), indexing="ij")
    ramp = np.stack([x, y, x + y], axis=-1)[None].astype("float32")
    parts = [TRANSFORMATIONS[name] for name in ("rotation", "zoom", "translate_x")]
    values = [angle, factor, shift]
    stepwise = ramp
    for part, value in zip(parts, values, strict=True):
        stepwise = part(stepwise, value)
    at_once = ops.convert_to_numpy(compose(*parts)(ramp, values))
    inside = compose(*parts)(np.ones_like(ramp), values)
    ones = np.ones_like(ramp)
    for part, value in zip(parts, values, strict=True):
        ones = part(ones, value)
    seen = (ops.convert_to_numpy(ones) > 1 - 1e-5) & (ops.convert_to_numpy(inside) > 1 - 1e-5)
    np.testing.assert_allclose(at_once[seen], ops.convert_to_numpy(stepwise)[seen], atol=0.05)


def test_composed_ones_compose_and_have_distances(images):
    nested = compose(compose(translate_x, translate_y), TRANSFORMATIONS["blur"])
    assert nested.dimensions == 3 and not np.isfinite(nested.distance([[0, 0, 1]], (20, 24, 3))).any()
    assert compose(translate_x, translate_y).distance([[0.3, 0.4]], (20, 24, 3))[0] == pytest.approx(1.0)
    mine = Custom(lambda x, v: np.asarray(x) + 1, [1, 2], name="mine")
    assert not compose(mine, translate_x).compiles
    with pytest.raises(ValueError, match="wrap a function"):
        compose(translate_x, lambda images, magnitudes: images)


def test_colors_and_places_compose(images):
    both = compose(TRANSFORMATIONS["contrast"], TRANSFORMATIONS["rotation"])
    stepwise = TRANSFORMATIONS["rotation"](TRANSFORMATIONS["contrast"](images, 0.5), 30.0)
    np.testing.assert_allclose(both(images, [0.5, 30.0]), stepwise, atol=1e-3)


@pytest.mark.parametrize("every", [1, 2, 3, 6])
def test_thinned_magnitudes_keep_the_neutral_one(every):
    for transformation in TRANSFORMATIONS.values():
        thinned = transformation.thinned(every)
        assert transformation.neutral in thinned and set(thinned) <= set(transformation.magnitudes)
        assert {transformation.magnitudes[0], transformation.magnitudes[-1]} <= set(thinned)
        assert len(thinned) <= len(transformation.magnitudes) / every + 3


def test_a_users_own_function(images):
    invert = Custom(lambda x, v: x + v[:, None, None, None] * (255 - 2 * x), [0, 0.5, 1], name="inversion")
    np.testing.assert_allclose(invert(images, 1.0), 255 - images, atol=1e-3)


def test_distances_are_those_of_the_matrices():
    expected = {"translate_x": 0.2, "zoom": 0.1 * 2**0.5, "contrast": 0.1 * 3**0.5, "brightness": 0.1 * 3**0.5}
    for name, distance in expected.items():
        transformation = TRANSFORMATIONS[name]
        found = transformation.distance([transformation.neutral + 0.1], (20, 24, 3))
        assert found[0] == pytest.approx(distance, rel=1e-4)
    assert np.isnan(TRANSFORMATIONS["blur"].distance([1.0, 2.0], (20, 24, 3))).all()
    assert {type(t) for t in TRANSFORMATIONS.values()} >= {Spatial, Color}


@pytest.mark.parametrize(
    ("name", "magnitude", "message"),
    [
        ("rotation", np.nan, "must be finite"),
        ("zoom", [1, 2, np.inf, 1], "must be finite"),
        ("blur", -1.0, "at least 0"),
        ("noise", -0.1, "at least 0"),
    ],
)
def test_magnitudes_that_mean_nothing_are_refused(images, name, magnitude, message):
    with pytest.raises(ValueError, match=message):
        TRANSFORMATIONS[name](images, magnitude)


def test_wrong_images_and_fills_are_refused(images):
    with pytest.raises(ValueError, match="batch, height, width, channels"):
        TRANSFORMATIONS["zoom"](images[0], 1.0)
    with pytest.raises(ValueError, match="'wrap'"):
        TRANSFORMATIONS["zoom"](images, 1.0, fill="wrap")
    with pytest.raises(ValueError, match="2 magnitudes"):
        compose(TRANSFORMATIONS["zoom"], TRANSFORMATIONS["blur"])(images, [1.0, 2.0, 3.0])
    with pytest.raises(ValueError, match="at least two"):
        compose(TRANSFORMATIONS["zoom"])


def test_they_compile(images):
    from kinv import backend

    for transformation in TRANSFORMATIONS.values():
        magnitude = ops.full((4,), transformation.magnitudes[-1], dtype="float32")
        compiled = backend.compile(transformation, jit_compile=keras.backend.backend() == "tensorflow")
        np.testing.assert_allclose(
            compiled(ops.convert_to_tensor(images), magnitude), transformation(images, magnitude), atol=0.01
        )
