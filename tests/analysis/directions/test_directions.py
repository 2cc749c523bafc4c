"""Directions that networks ignore by construction are found, and no others."""

import keras
import numpy as np
import pytest
from keras import layers, ops
from scipy.ndimage import gaussian_filter

import kinv
from kinv.analysis.directions import reach
from kinv.analysis.directions.figures import changed
from kinv.analysis.directions.form import overlap
from kinv.ops import lie
from kinv.reports.direction_words import sentences

SIZE = 24
COLORS = list(lie.color_generators(3))
SPACE = list(lie.SPACE)
GREY = np.array([0.3, 0.6, 0.1])


def smooth(seed, count=24, low=100, high=155):
    noise = gaussian_filter(np.random.default_rng(seed).normal(size=(count, SIZE, SIZE, 3)), (0, 2, 2, 0))
    noise = (noise - noise.min()) / (noise.max() - noise.min())
    return (low + (high - low) * noise).astype("float32")


def on_black(images, radius=0.55):
    """Images inside a disk that fades to black, in the middle and around other centres."""
    y, x = np.mgrid[:SIZE, :SIZE] * 2 / (SIZE - 1) - 1
    inside = np.clip(4 * (radius - np.hypot(y, x)), 0, 1)
    return images * inside[None, :, :, None].astype("float32")


def classifier(answer, name="known"):
    """A network whose two logits are a smooth number and its opposite."""
    inputs = keras.Input((SIZE, SIZE, 3))
    number = layers.Lambda(lambda images: answer(images / 255), output_shape=(None,))(inputs)
    logits = layers.Lambda(lambda number: ops.concatenate([number, -number], axis=-1), output_shape=(None,))(number)
    logits = layers.Dense(
        2, use_bias=False, kernel_initializer=lambda shape, dtype=None: ops.ones(shape) * ops.eye(*shape), name="logits"
    )(layers.Reshape((2,))(logits))
    return keras.Model(inputs, logits, name=name)


def of_brightness(images):
    return 8 * (ops.mean(images, axis=(1, 2, 3), keepdims=False)[:, None] - 0.15)


def of_grey(images):
    grey = ops.sum(images * ops.convert_to_tensor(GREY.astype("float32")), axis=-1)
    middle = ops.reshape(grey, (-1, SIZE * SIZE))[:, ::37] - 0.5
    return 4 * ops.sum(middle * ops.cos(ops.arange(middle.shape[1], dtype="float32") * 2.0), axis=-1, keepdims=True)


def of_columns(images):
    means = ops.mean(images, axis=(1, 3))  # (B, W)
    weights = ops.sin(ops.arange(SIZE, dtype="float32") / 3)
    return 4 * ops.sum(means * weights, axis=-1, keepdims=True)


def find(answer, images, **options):
    return kinv.invariant_directions(classifier(answer), images, **{"reach_images": 0, "steps": (0.1, 0.1), **options})


def null_share(directions, names):
    """How much of each generator's direction lies in the span of directions that hardly move predictions."""
    null, _ = np.linalg.qr(directions.vectors[directions.movement < 0.1 * directions.movement[-1]].T)
    null = null.T
    return {name: np.square(null[:, directions.generators.index(name)]).sum() for name in names}


def test_mean_brightness_ignores_all_but_the_zoom_in_space_and_all_that_keeps_it_in_colour():
    found = find(of_brightness, on_black(smooth(0)))
    shares = null_share(found.space, SPACE)
    assert shares.pop("zoom") < 0.05 and min(shares.values()) > 0.95
    np.testing.assert_allclose(np.abs(found.space.changes[-1][SPACE.index("zoom")]), 1, atol=0.02)
    assert "zoom" in found.space.names[-1]
    assert found.space.ignored.sum() == 5
    moves = find(lambda images: of_brightness(images) - 2.8, smooth(0)).color.generator_movement
    assert moves[COLORS.index("shift of red-green")] < 0.01 * moves[COLORS.index("shift of light")]


def test_a_network_of_grey_images_ignores_exactly_what_keeps_the_grey():
    found = find(of_grey, smooth(1)).color
    change = np.einsum(
        "c,gck->kg", GREY, np.stack(list(lie.color_generators(3).values()))
    )  # of grey, by each generator
    _, sizes, rows = np.linalg.svd(change)
    known = rows[len(sizes) :]
    assert known.shape == (8, 12)
    null, _ = np.linalg.qr(found.vectors[:8].T)
    assert overlap(null.T, known, np.eye(12)) == pytest.approx(1, abs=1e-3)  # all principal angles are 0
    assert (found.movement[:8] < 1e-2 * found.random).all() and (found.movement[8:] > 0.02 * found.random).all()
    assert found.ignored[:8].all() and found.agreement > 0.9


def test_a_network_of_column_means_ignores_vertical_shifts():
    found = find(of_columns, on_black(smooth(2))).space
    moves = dict(zip(SPACE, found.generator_movement, strict=True))
    assert moves["shift up or down"] < 0.05 * moves["shift sideways"]
    assert null_share(found, ["shift up or down"])["shift up or down"] > 0.95


def test_a_network_that_sees_everything_ignores_nothing():
    random = np.random.default_rng(0).normal(size=(SIZE * SIZE * 3, 12)).astype("float32")
    smoothed = gaussian_filter(random.reshape(SIZE, SIZE, 3, 12), (1, 1, 0, 0)).reshape(-1, 12)

    inputs = keras.Input((SIZE, SIZE, 3))
    scaled = layers.Rescaling(1 / 64, offset=-2)(inputs)
    outputs = layers.Dense(12, use_bias=False)(layers.Flatten()(scaled))
    model = keras.Model(inputs, outputs)
    model.layers[-1].set_weights([smoothed])
    found = kinv.invariant_directions(model, smooth(3, low=20, high=235), reach_images=0)
    assert not found.space.ignored.any() and "No direction is ignored clearly" in found.space.summary()


def test_a_network_that_answers_the_same_to_everything_ignores_all_and_says_so():
    constant = classifier(lambda x: 0 * x[:, 0, 0, :1] + 1)
    found = kinv.invariant_directions(constant, smooth(0, count=6), reach_images=0)
    for part in (found.space, found.color):
        assert part.still and part.ignored.all() and "do not move along any direction" in part.summary()
        assert "ignores all: its predictions do not move" in sentences("known", found)[part is found.space]


def test_what_changes_alike_both_ways_is_not_ignored():
    """Of images that are symmetric, column by column, the answer is the same for equal shifts to either side."""
    images = on_black(smooth(4))
    images = (images + images[:, :, ::-1]) / 2

    def middle_against_sides(images):
        means = ops.mean(images, axis=(1, 3))
        even = ops.cos(ops.cast(ops.arange(SIZE), "float32") * 0.5 - (SIZE - 1) / 4)
        return 10 * ops.sum(means * even, axis=-1, keepdims=True)

    network = classifier(middle_against_sides)
    left, right = (ops.convert_to_numpy(network(np.roll(images, way, axis=2))) for way in (-2, 2))
    np.testing.assert_allclose(left, right, rtol=1e-3, atol=1e-4)
    found = find(middle_against_sides, images, steps=(0.2, 0.1)).space
    moves = dict(zip(SPACE, found.generator_movement, strict=True))
    assert moves["shift sideways"] > 5 * moves["shift up or down"]


def test_directions_reach_as_far_as_predictions_stay():
    """A network of the mean red: it changes its mind where red falls by the known amount, and never with blue."""
    casts = np.random.default_rng(5).uniform(-40, 40, (8, 1, 1, 3))
    images = (smooth(5, 8, 150, 180) + casts).astype("float32")

    def red(images):
        return 20 * (ops.mean(images[..., 0], axis=(1, 2))[:, None] - 0.4)

    found = find(red, images, reach_images=8, share=1.0, steps=(0.1, 0.01)).color
    assert (found.reach[:8] == reach.LIMIT).all() and found.ignored[:8].all()
    end = int(found.reach[-1].argmin())
    at_end = found.maps(11)[end]
    beyond = np.eye(3, 4) + 1.3 * (at_end - np.eye(3, 4))
    kept, lost = (
        [np.sign(red(image)) == np.sign(red(changed(maps[None].astype("float32"), "color", 255 * image) / 255))
         for image in images[:, None] / 255]
        for maps in (at_end, beyond)
    )  # fmt: skip
    assert 0 < found.reach[-1, end] < reach.LIMIT and np.all(kept) and not np.all(lost)
    assert found.image_change[:5].min() > found.image_change[-1].min()
    assert found.random_reach.shape == (3, 2)


def test_classes_are_told_apart():
    """Bright images are judged by their rows, dark ones by their columns."""
    half = smooth(6, 12)
    images = np.concatenate([on_black(half), on_black(half) / 3])

    def either(images):
        bright = ops.sigmoid(400 * (ops.mean(images, axis=(1, 2, 3)) - 0.05))[:, None]
        weights = ops.sin(ops.arange(SIZE, dtype="float32") / 3)
        rows, columns = (ops.sum(ops.mean(images, axis=(a, 3)) * weights, axis=-1, keepdims=True) for a in (2, 1))
        return bright * (3 + rows) - 3 * (1 - bright) * (3 + columns)

    found = find(either, images, class_names=["bright", "dark"])
    assert found.known_classes == {0: 12, 1: 12}
    moves = {name: dict(zip(SPACE, found.of_class(name).space.generator_movement, strict=True))
             for name in ("bright", "dark")}  # fmt: skip
    assert moves["bright"]["shift up or down"] > 3 * moves["bright"]["shift sideways"]
    assert moves["dark"]["shift sideways"] > 3 * moves["dark"]["shift up or down"]
    assert found.of_class(0).reach_images == 0 and found.of_class(0).space.reach is None
    with pytest.raises(ValueError, match="unknown class 'brigt': did you mean bright"):
        found.of_class("brigt")
    with pytest.raises(ValueError, match="pass reach_images=24"):
        found.space.maps(0)
    few = find(either, images[:14])
    with pytest.raises(ValueError, match="a class must have at least 5 images, received 2 of class 1"):
        few.of_class(1)


def test_grey_images_have_two_directions_of_colour_and_results_are_the_same_again():
    model = kinv.classifiers.build("digit_cnn")
    images = np.random.default_rng(0).uniform(0, 255, (4, 28, 28, 1)).astype("uint8")
    found, again, in_batches = (
        kinv.invariant_directions(model, images, reach_images=2, batch_size=size) for size in (32, 32, 2)
    )
    assert len(found.color) == 2 and len(found.space) == 6
    assert found.to_frame().equals(again.to_frame())
    np.testing.assert_allclose(found.color.form, in_batches.color.form, rtol=1e-3, atol=1e-9)
    assert set(found.color.seen(0)) <= {
        f"{one}{two}" for one in ("less contrast", "more contrast", "darker", "lighter")
        for two in ("", ", less contrast", ", more contrast", ", darker", ", lighter")
    }  # fmt: skip
    assert len(found.to_frame()) == 8 and len(found.generators()) == 8
    assert "InvariantDirections(network='digit_cnn'" in repr(found) and "forms" not in repr(found.space)


def test_labels_leave_wrong_images_out():
    images = smooth(7, 10)
    network = classifier(of_brightness)
    labels = ops.convert_to_numpy(network(images)).argmax(axis=-1)
    found = kinv.invariant_directions(
        network, images, np.append(1 - labels[:3], labels[3:]), reach_images=0, steps=(0.1, 0.1)
    )
    assert len(found.classes) == 7
    with pytest.raises(ValueError, match="must classify at least two images correctly, received 1 of 10"):
        kinv.invariant_directions(network, images, np.append(labels[:1], 1 - labels[1:]), reach_images=0)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"limit": 1}, "limit must be at least 2, received 1"),
        ({"reach_images": -1}, "reach_images must be at least 0"),
        ({"share": 0}, "share must be in 0..1, above 0, received 0"),
        ({"steps": (0.2, float("nan"))}, "steps must be two numbers in 0..0.5"),
        ({"steps": (0.2,)}, "steps must be two numbers"),
        ({"draws": 0}, "draws and batch_size must be at least 1"),
        ({"fill": "zero"}, "fill must be one of"),
        ({"class_names": ["one"]}, "expected 2 class_names, received 1"),
        ({"labels": [0]}, "labels must have shape"),
    ],
)
def test_wrong_settings_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        kinv.invariant_directions(classifier(of_brightness), smooth(0, 3), **options)


def test_wrong_images_are_refused():
    network, images = classifier(of_brightness), smooth(0, 3)
    for wrong, message in (
        (images / 255, "received 0..1: multiply them by 255"),
        (images * np.nan, "must be finite"),
        (images[..., :1], "takes images of shape"),
        (images[:1], "images must be at least two, so that their halves can be compared, received 1"),
    ):
        with pytest.raises(ValueError, match=message):
            kinv.invariant_directions(network, wrong)
