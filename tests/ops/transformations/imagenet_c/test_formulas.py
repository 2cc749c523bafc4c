"""Each corruption against formulas with NumPy, SciPy and Pillow, and random ones against their distributions."""

import io

import numpy as np
import pytest
from keras import ops
from PIL import Image
from scipy import ndimage, stats
from skimage import color

from kinv.ops import IMAGENET_C
from kinv.ops.convolution import convolve
from kinv.ops.transformations.imagenet_c.blur import disc
from kinv.ops.transformations.imagenet_c.glass import came_from
from kinv.ops.transformations.imagenet_c.motion import motion_kernels
from kinv.ops.transformations.imagenet_c.noise import poisson
from kinv.ops.transformations.imagenet_c.plasma import plasma
from kinv.ops.transformations.imagenet_c.sampling import magnified_positions


@pytest.fixture
def smooth(random):
    noise = ndimage.gaussian_filter(random.normal(size=(2, 48, 56, 3)), (0, 1.5, 1.5, 0))
    return (255 * (noise - noise.min()) / np.ptp(noise)).round().astype("float32")


def apply(name, images, severity, seed=0):
    return ops.convert_to_numpy(IMAGENET_C[f"imagenet_c.{name}"](images, float(severity), seed=seed))


# === Those without chance ===


@pytest.mark.parametrize(("severity", "added"), [(1, 0.1), (4, 0.4)])
def test_brightness_is_the_value_of_hsv(smooth, severity, added):
    hsv = color.rgb2hsv(smooth / 255)
    hsv[..., 2] = np.clip(hsv[..., 2] + added, 0, 1)
    np.testing.assert_allclose(apply("brightness", smooth, severity), 255 * color.hsv2rgb(hsv), atol=0.01)
    np.testing.assert_allclose(apply("brightness", np.zeros((1, 2, 2, 3)), severity), 255 * added, rtol=1e-5)


@pytest.mark.parametrize(("severity", "kept"), [(1, 0.4), (5, 0.05)])
def test_contrast_is_around_the_mean_of_each_channel(smooth, severity, kept):
    mean = smooth.mean(axis=(1, 2), keepdims=True)
    np.testing.assert_allclose(apply("contrast", smooth, severity), mean + kept * (smooth - mean), atol=0.01)


@pytest.mark.parametrize(("severity", "radius", "smoothing"), [(1, 3, 0.1), (3, 6, 0.5), (5, 10, 0.5)])
def test_defocus_is_a_convolution_with_a_disc(smooth, severity, radius, smoothing):
    found = apply("defocus_blur", smooth, severity)
    kernel = disc(radius, smoothing, 21)[..., None]
    expected = [ndimage.correlate(image.astype("float64"), kernel, mode="mirror") for image in smooth]
    np.testing.assert_allclose(found, np.clip(expected, 0, 255), atol=0.01)
    squares = np.arange(-radius, radius + 1) ** 2
    count = np.count_nonzero(np.add.outer(squares, squares) <= radius**2)
    assert disc(radius, 1e-3, 21).max() == pytest.approx(1 / count)


@pytest.mark.parametrize(("severity", "factors"), [(1, np.arange(1, 1.11, 0.01)), (5, np.arange(1, 1.31, 0.03))])
def test_zoom_blur_is_the_mean_of_magnified_images(smooth, severity, factors):
    expected = smooth.astype("float64")
    for factor in factors:
        cut = [int(np.ceil(size / factor)) for size in (48, 56)]
        top, left = (48 - cut[0]) // 2, (56 - cut[1]) // 2
        middle = smooth[:, top : top + cut[0], left : left + cut[1]]
        expected = expected + ndimage.zoom(middle, (1, factor, factor, 1), order=1)[:, :48, :56]
    np.testing.assert_allclose(apply("zoom_blur", smooth, severity), expected / (len(factors) + 1), atol=0.01)


@pytest.mark.parametrize(("severity", "share"), [(1, 0.6), (4, 0.3), (5, 0.25)])
def test_pixelation_agrees_with_pillow(smooth, severity, share):
    """Pillow rounds the small image to whole grey levels, after the rows and after the columns."""
    found = apply("pixelate", smooth, severity)
    for image, result in zip(smooth, found, strict=True):
        small = Image.fromarray(image.astype("uint8")).resize((int(56 * share), int(48 * share)), Image.Resampling.BOX)
        np.testing.assert_allclose(result, small.resize((56, 48), Image.Resampling.BOX), atol=1.01)


@pytest.mark.parametrize("shape", [(48, 56), (45, 51)])
@pytest.mark.parametrize(("severity", "quality"), [(1, 25), (3, 15), (5, 7)])
def test_jpeg_agrees_with_pillow(smooth, severity, quality, shape):
    """libjpeg rounds its transforms differently: an amplitude on the edge moves by one step in a few blocks."""
    images = smooth[:, : shape[0], : shape[1]]
    found = apply("jpeg_compression", images, severity)
    for image, result in zip(images, found, strict=True):
        file = io.BytesIO()
        Image.fromarray(image.astype("uint8")).save(file, "JPEG", quality=quality)
        apart = np.abs(result - np.asarray(Image.open(file), "float32"))
        assert np.quantile(apart, 0.8) <= 2 and apart.mean() < 0.5 * np.abs(result - image).mean()
    grey = apply("jpeg_compression", images[..., :1], severity)
    for image, result in zip(images, grey, strict=True):
        file = io.BytesIO()
        Image.fromarray(image[..., 0].astype("uint8")).save(file, "JPEG", quality=quality)
        assert np.abs(result[..., 0] - np.asarray(Image.open(file), "float32")).mean() < 0.5


# === Those by chance ===


@pytest.mark.parametrize("mean", [0.0, 0.05, 1.3, 4.0, 9.9, 10.1, 25.0, 60.0])
def test_shot_noise_is_poisson(random, mean):
    normal = random.normal(size=100_000).astype("float32")
    found = ops.convert_to_numpy(poisson(np.full_like(normal, mean), normal))
    counts = np.bincount(found.astype(int), minlength=150)
    expected = stats.poisson.pmf(np.arange(len(counts)), mean) * 100_000
    together = expected > 10
    if together.sum() < 2:
        assert (found == 0).all()
        return
    observed = np.append(counts[together], counts[~together].sum())
    expected = np.append(expected[together], 100_000 - expected[together].sum())
    assert stats.chisquare(observed[expected > 0], expected[expected > 0]).pvalue > 1e-4


@pytest.mark.parametrize(("severity", "deviation", "share"), [(1, 0.08, 0.03), (5, 0.38, 0.27)])
def test_gaussian_and_impulse_noise_have_their_parameters(severity, deviation, share):
    grey = np.full((1, 128, 128, 3), 127.5, "float32")
    noisy = apply("gaussian_noise", grey, severity)
    kept = np.clip(stats.norm.ppf((np.arange(10_000) + 0.5) / 10_000, 127.5, 255 * deviation), 0, 255)
    assert noisy.std() == pytest.approx(kept.std(), rel=0.02)
    spotted = apply("impulse_noise", grey, severity)
    for value in (0, 255):
        assert (spotted == value).mean() == pytest.approx(share / 2, rel=0.1)
    assert (spotted == 127.5).mean() == pytest.approx(1 - share, rel=0.02)


@pytest.mark.parametrize("angle", [-40.0, 0.0, 25.0])
def test_motion_is_the_mean_of_shifted_images(smooth, angle):
    """A pixel takes what lies along the line, on whole pixels, and less of it the farther away."""
    radius, deviation = 4, 3.0
    one = np.ones(2, "float32")
    kernels = motion_kernels(radius * one, deviation * one, angle * one, 6)
    found = ops.convert_to_numpy(convolve(smooth, kernels))
    steps = np.arange(2 * radius + 1)
    weights = np.exp(-0.5 * (steps / deviation) ** 2)
    expected = np.zeros_like(smooth)
    for step, weight in zip(steps, weights / weights.sum(), strict=True):
        along = np.sin(np.deg2rad(angle)), np.cos(np.deg2rad(angle))
        down, right = (int(np.ceil(step * part - 0.5)) for part in along)
        rows, columns = np.clip(np.arange(48) + down, 0, 47), np.clip(np.arange(56) + right, 0, 55)
        expected += weight * smooth[:, rows][:, :, columns]
    np.testing.assert_allclose(found, expected, atol=0.01)


def sequential(distance, size, random):
    """Where pixels come from after one walk from the lower right, as the paper's code copies colours."""
    place = np.arange(size * size).reshape(size, size)
    for row in range(size - distance, distance, -1):
        for column in range(size - distance, distance, -1):
            right, down = random.integers(-distance, distance, 2)
            place[row, column] = place[row + down, column + right]
    return place.ravel()


@pytest.mark.parametrize("distance", [1, 2, 4])
def test_glass_moves_pixels_as_far_as_one_walk_does(random, distance):
    size, count = 40, 8
    own = np.broadcast_to(np.arange(size * size, dtype="int32"), (count, size * size))
    reach = np.full((count, 1, 1, 1), distance, "float32")
    found = ops.convert_to_numpy(came_from(np.array([3, 0], "int32"), ops.convert_to_tensor(own), reach, size, size))
    walked = np.stack([sequential(distance, size, random) for _ in range(count)])
    assert found.min() >= 0 and found.max() < size * size
    inside = np.zeros((size, size), bool)
    inside[12:-12, 12:-12] = True  # chains begin and end inside
    for part in (lambda place: place // size, lambda place: place % size):
        moves = [(part(place) - part(own))[:, inside.ravel()].ravel() + size for place in (found, walked)]
        shares = [np.bincount(one, minlength=2 * size) / len(one) for one in moves]
        assert np.abs(shares[0] - shares[1]).max() < 0.03
        assert np.abs(np.subtract(*[share @ np.arange(2 * size) for share in shares])) < 0.15


def test_glass_blurs_and_stays_inside(smooth):
    found = apply("glass_blur", smooth, 5)
    blurred = ndimage.gaussian_filter(smooth, (0, 1.5, 1.5, 0), mode="nearest")
    assert found.max() <= blurred.max() + 0.01 and found.min() >= blurred.min() - 0.01
    assert 1 < np.abs(found - ndimage.gaussian_filter(blurred, (0, 1.5, 1.5, 0), mode="nearest")).mean() < 40


@pytest.mark.parametrize("decay", [2.0, 1.4])
def test_clouds_have_a_fixed_range_and_their_detail(decay):
    """Each step's uniform numbers are smaller by the square of the decay, and so is what is new at each scale."""
    fields = ops.convert_to_numpy(plasma(np.array([1, 0], "int32"), 40, 32, np.full(40, decay, "float32")))
    assert fields.min() == 0 and fields.max() == 1
    assert all(field.min() == 0 and field.max() == 1 for field in fields)

    def new(step):
        """What is new at the middles of squares of this side, relative to their corners."""
        grid = fields[:, ::step, ::step]
        corners = sum(np.roll(grid, (-a, -b), (1, 2)) for a in (0, 1) for b in (0, 1)) / 4
        return (fields[:, step // 2 :: step, step // 2 :: step] - corners).std()

    assert new(4) / new(2) == pytest.approx(decay**2, rel=0.1)


def test_fog_keeps_the_brightest_value(smooth):
    found = apply("fog", smooth, 3)
    assert found.max() <= smooth.max() + 0.01
    clouds = found * (255 + 2.5 * 255) / 255 - smooth  # the brightest pixel is 255
    image = int(smooth.max(axis=(1, 2, 3)).argmax())
    assert np.ptp(clouds[image], axis=-1).max() < 0.1  # the same in all channels
    assert 0 <= clouds[image].min() + 0.1 and clouds[image].max() <= 2.5 * 255 + 0.1


def test_snow_whitens_and_falls(smooth):
    found = apply("snow", smooth, 3)
    grey = smooth @ np.array([0.299, 0.587, 0.114], "float32")
    whitened = np.clip(0.7 * smooth + 0.3 * np.maximum(smooth, 1.5 * grey[..., None] + 127.5), 0, 255)
    flakes = found - whitened
    assert flakes.min() > -0.01 and np.ptp(flakes[found.max(axis=-1) < 255], axis=-1).max() < 0.1
    black = apply("snow", np.zeros((1, 48, 56, 3)), 3)[..., 0]
    np.testing.assert_allclose(black, black[:, ::-1, ::-1], atol=0.01)  # flakes, and the same upside down
    assert black.min() == pytest.approx(0.3 * 127.5, abs=0.01) and black.std() > 5


def test_frost_has_the_brightness_of_photographs():
    black = apply("frost", np.zeros((40, 48, 56, 3)), 3) / 0.7
    means = black.mean(axis=(1, 2))
    photographs = np.array([(79, 150, 166), (198, 202, 211), (197, 202, 211), (141, 156, 169), (99, 111, 123)])
    assert np.abs(means[:, None] - photographs).max(axis=-1).min(axis=1).max() < 3
    assert 10 < black.std(axis=(1, 2)).mean() < 35


def test_elastic_transform_moves_a_ramp_by_smooth_displacements():
    """At severity 5, displacements dominate: alpha 244 x 0.12, sigma 244 x 0.01 pixels of 224, seen in a ramp."""
    y, x = np.meshgrid(np.arange(224.0), np.arange(224.0), indexing="ij")
    ramp = np.stack([y, x, np.zeros_like(x)], axis=-1)[None].repeat(2, axis=0).astype("float32")
    moved = (apply("elastic_transform", ramp, 5) - ramp)[:, 40:-40, 40:-40, :2]
    for field in moved.transpose(0, 3, 1, 2).reshape(4, 144, 144):
        design = np.stack([np.ones_like(y[:144, :144]), y[:144, :144], x[:144, :144]], axis=-1).reshape(-1, 3)
        affine = design @ np.linalg.lstsq(design, field.ravel(), rcond=None)[0]
        rest = field - affine.reshape(field.shape)
        sigma, alpha = 2.44, 29.28
        assert rest.std() == pytest.approx(alpha / np.sqrt(3) / (2 * np.sqrt(np.pi) * sigma), rel=0.15)
        neighbours = np.corrcoef(rest[:, 1:].ravel(), rest[:, :-1].ravel())[0, 1]
        assert neighbours == pytest.approx(np.exp(-1 / (4 * sigma**2)), abs=0.02)


def test_magnified_positions_are_those_of_scipy():
    line = np.arange(30.0)
    for factor in (1.0, 1.1, 2.5, 4.5):
        cut = int(np.ceil(30 / factor))
        zoomed = ndimage.zoom(line[(30 - cut) // 2 :][:cut], factor, order=1)
        first = (len(zoomed) - 30) // 2
        np.testing.assert_allclose(magnified_positions(30, factor), zoomed[first : first + 30], atol=1e-6)


@pytest.mark.parametrize(("edge", "mode"), [("nearest", "nearest"), ("mirror", "mirror")])
def test_convolution_agrees_with_scipy(random, edge, mode):
    images = random.uniform(0, 255, (3, 11, 14, 3)).astype("float32")
    kernels = random.uniform(-1, 1, (3, 7, 31)).astype("float32")  # wider than the image
    found = ops.convert_to_numpy(convolve(images, kernels, edge))
    for image, kernel, result in zip(images, kernels, found, strict=True):
        expected = ndimage.correlate(image.astype("float64"), kernel[..., None].astype("float64"), mode=mode)
        np.testing.assert_allclose(result, expected, atol=0.02)
