"""Metamers of networks of which it is known what they throw away."""

import keras
import numpy as np
import pytest
from keras import layers

import kinv
from kinv.analysis.metamers.likeness import correlations, layer_likeness, relative_errors
from kinv.analysis.metamers.metamers import _at_a_time, _evenly, _starts
from kinv.figures import metamers as figures

pytestmark = pytest.mark.usefixtures("readable_figures")

SIZE = 12


@pytest.fixture(scope="module")
def photographs():
    """Smooth images in colour."""
    random = np.random.default_rng(0)
    waves = random.normal(size=(6, 3, 3, 3))
    smooth = keras.ops.image.resize(waves.astype("float32"), (SIZE, SIZE), interpolation="bicubic")
    return np.clip(120 + 40 * np.asarray(smooth), 0, 255).astype("float32")


@pytest.fixture(scope="module")
def network():
    """The first layer keeps everything; the last one keeps the mean colours, and calls them classes."""
    inputs = keras.Input((SIZE, SIZE, 3))
    x = layers.Conv2D(3, 1, use_bias=False, name="mixed")(layers.Rescaling(1 / 255, name="unit")(inputs))
    model = keras.Model(inputs, layers.GlobalAveragePooling2D(name="means")(x), name="colours")
    model.get_layer("mixed").set_weights([np.array([[[[1, 0.2, 0], [0, 1, 0.3], [0.1, 0, 1]]]], "float32")])
    return model


@pytest.fixture(scope="module")
def found(network, photographs):
    return kinv.metamers(network, ["mixed", "means"], photographs, tolerance=1e-3, judge=network, seed=1)


def test_a_layer_that_keeps_everything_has_no_metamers_but_the_image(found):
    assert found.converged[0].all() and found.correlation[0].min() > 0.999
    assert found.pixel_correlation[0].min() > 0.99


def test_what_a_layer_throws_away_is_another(found, photographs):
    assert found.converged[1].all() and found.error[1].max() < 2e-3 < 0.05 < found.null_error[1].min()
    assert np.abs(found.pixel_correlation[1].mean()) < 0.4 and found.pixel_difference[1].min() > 10
    means = found.images[1, :, 0].mean(axis=(1, 2)) - photographs.mean(axis=(1, 2))
    assert np.abs(means).max() < 2  # of 255
    assert found.kept.all() and found.judge_kept.all()
    assert found.images.shape == (2, 6, 1, SIZE, SIZE, 3) and 0 <= found.images.min() and found.images.max() <= 255


def test_numbers_are_those_of_the_images_that_are_returned(found, network, photographs):
    mixed = keras.Model(network.inputs, network.get_layer("mixed").output)
    for index in (0, 5):
        pair = [np.ravel(mixed(images)) for images in (photographs[index][None], found.images[0, index])]
        assert found.correlation[0, index, 0] == pytest.approx(np.corrcoef(*pair)[0, 1], abs=1e-5)
        pixels = [np.ravel(images) for images in (photographs[index], found.images[1, index, 0])]
        assert found.pixel_correlation[1, index, 0] == pytest.approx(np.corrcoef(*pixels)[0, 1], abs=1e-5)
        assert found.pixel_difference[1, index, 0] == pytest.approx(np.sqrt(np.mean((pixels[0] - pixels[1]) ** 2)))
        others = [np.ravel(mixed(photographs[other][None])) for other in range(6) if other != index]
        expected = [np.corrcoef(pair[0], other)[0, 1] for other in others]
        np.testing.assert_allclose(found.null[0, index], expected, atol=1e-5)


def test_an_image_is_found_alike_whatever_else_is_searched(network, photographs):
    settings = {"others": photographs, "steps": 20, "tolerance": 1e-9}
    together = kinv.metamers(network, "means", photographs, **settings)
    again = kinv.metamers(network, "means", photographs, **settings)
    np.testing.assert_array_equal(together.images, again.images)
    in_turn = kinv.metamers(network, "means", photographs, batch_size=2, **settings)
    np.testing.assert_allclose(in_turn.images, together.images, atol=0.1)
    other = kinv.metamers(network, "means", photographs, seed=5, **settings)
    assert np.abs(other.images - together.images).mean() > 2


def test_images_that_converged_are_left_alone(network, photographs):
    """A tolerance that all images reach at the first look: as many steps as until then, not those asked for."""
    looks = [kinv.metamers(network, "means", photographs, tolerance=1e6, steps=steps) for steps in (10, 10_000)]
    assert looks[1].converged.all()
    assert (
        np.abs(looks[1].images - kinv.metamers(network, "means", photographs, tolerance=1e6, steps=1).images).max() > 1
    )


def test_a_metamer_has_the_class_of_its_image(network, photographs):
    """However near it is to the image at the layer."""
    settings = {"tolerance": 1e6, "restarts": 0}
    at_first = kinv.metamers(network, "means", photographs, steps=1, **settings)
    np.testing.assert_array_equal(at_first.converged, at_first.kept)
    assert 0 < at_first.kept.sum() < len(photographs)
    assert kinv.metamers(network, "means", photographs, **settings).kept.all()


def test_a_softmax_keeps_its_classes_too(network, photographs):
    """Which class is the first does not depend on whether outputs are logits."""
    probabilities = keras.Model(network.inputs, layers.Softmax()(network.output), name="probabilities")
    settings = {"steps": 20, "restarts": 1}
    first, second = (kinv.metamers(each, "mixed", photographs, **settings) for each in (network, probabilities))
    np.testing.assert_allclose(first.images, second.images, atol=0.1)
    np.testing.assert_array_equal(first.kept, second.kept)


def test_a_search_that_did_not_converge_goes_on(network, photographs):
    """From where it is; one that did does not, and is not changed."""
    settings = {"tolerance": 0.02, "steps": 20}
    once, again = (kinv.metamers(network, "means", photographs, restarts=count, **settings) for count in (0, 5))
    assert 0 < once.converged.sum() < len(photographs) and again.converged.all()
    left_alone = once.converged[0, :, 0]
    np.testing.assert_allclose(again.images[0, left_alone], once.images[0, left_alone], atol=0.1)
    assert (again.error[0, ~left_alone] < once.error[0, ~left_alone]).all()


def test_pairs_are_moved_apart_while_the_layer_says_the_same(network, photographs):
    found = kinv.metamers(network, "means", photographs[:3], pairs=True, tolerance=0.01, steps=60)
    before, after = found.pair_difference[0].T
    assert (after > 5 * before).all()
    first, second = found.images[0, :, 0], found.images[0, :, 1]
    np.testing.assert_allclose(np.sqrt(np.mean((first - second) ** 2, axis=(1, 2, 3))), after, rtol=1e-4)
    assert found.error.max() < 0.02
    assert set(found.to_frame()) >= {"pair_difference", "metamer", "kept"} and len(found.to_frame()) == 6


def test_pairs_keep_their_class_however_far_they_may_move(network, photographs):
    found = kinv.metamers(network, "means", photographs, pairs=True, tolerance=2, steps=60)
    before, after = found.pair_difference[0].T
    assert found.converged.all() and found.kept.all() and (after > 2 * before).any()


def test_the_summary_says_what_was_found(found, network, photographs):
    said = found.summary()
    assert "mixed: correlation 1.000 at the layer (other images" in said and "own class kept 100%" in said
    assert "did not converge" not in said
    short = kinv.metamers(network, "means", photographs, steps=1, tolerance=1e-9)
    assert "6 of 6 did not converge." in short.summary()
    assert repr(found).startswith("Metamers(layers=('mixed', 'means'), originals=float32 (6, 12, 12, 3)")


def test_maps_without_classes_and_one_image_alone(network, photographs):
    maps = keras.Model(network.inputs, network.get_layer("mixed").output, name="maps")
    found = kinv.metamers(maps, "unit", photographs[:1], steps=5)
    assert found.kept is None and found.null.shape == (1, 1, 0)
    assert "other images" not in found.summary() and found.to_frame()["other_images"].isna().all()


def test_outputs_that_are_all_equal_have_no_correlation(photographs):
    inputs = keras.Input((SIZE, SIZE, 3))
    dead = keras.Model(inputs, layers.ReLU(name="dead")(layers.Rescaling(-1.0)(inputs)))
    found = kinv.metamers(dead, "dead", photographs[:2], steps=2)
    assert np.isnan(found.correlation).all() and "dead: relative error 0.000 at the layer" in found.summary()
    figures.ladder(found)


def test_tiny_outputs_are_matched_as_others_are(photographs):
    """As of deep networks with random weights; squares of them are 0 in float32."""
    inputs = keras.Input((SIZE, SIZE, 3))
    for size in (1.0, 1e-25):
        model = keras.Model(inputs, layers.Rescaling(size, name="small")(inputs))
        found = kinv.metamers(model, "small", photographs[:2], steps=3, restarts=0)
        assert not found.converged.any() and 0 < found.correlation.max() < 0.9
        done = kinv.metamers(model, "small", photographs[:2])
        assert done.converged.all() and done.correlation.min() > 0.97


def test_correlations_and_their_null(network, photographs, random):
    first, second = random.normal(size=(2, 4, 30))
    expected = [np.corrcoef(*rows)[0, 1] for rows in zip(first, second, strict=True)]
    np.testing.assert_allclose(correlations(first, second), expected)
    others = random.uniform(0, 255, (3, SIZE, SIZE, 3)).astype("float32")
    found = np.stack([photographs], axis=1)
    mixed = keras.Model(network.inputs, network.get_layer("mixed").output)
    alike = layer_likeness(mixed, photographs, found, others, 4)
    np.testing.assert_allclose(alike.correlation, 1, atol=1e-5)
    np.testing.assert_allclose(alike.error, 0, atol=1e-9)
    assert alike.null.shape == alike.null_error.shape == (6, 3) and alike.null_error.min() > 0.1


def test_an_image_is_not_its_own_other(network, photographs):
    """Wherever it is among the others."""
    mixed = keras.Model(network.inputs, network.get_layer("mixed").output)
    alike = layer_likeness(mixed, photographs[2:4], photographs[2:4, None], photographs[::-1], 4)
    assert alike.null.shape == (2, 5) and alike.null.max() < 0.999 and alike.null_error.min() > 0.01


def test_few_values_have_an_error_and_no_correlation(network, photographs):
    """Two values correlate with 1 or -1, whatever they are."""
    assert relative_errors(np.array([1.0, 3]), np.array([[1.0, 3], [2, 3], [5, 9]])) == pytest.approx([0, 0.5, 26])
    found = kinv.metamers(network, "means", photographs[:3], steps=2)
    assert np.isnan(found.correlation).all() and np.isnan(found.null).all()
    assert np.isfinite(found.error).all() and found.null_error.shape == (1, 3, 2)
    assert found.summary().startswith(f"means: relative error {found.error.mean():.3f} at the layer (other images ")
    np.testing.assert_allclose(found.to_frame()["other_images_error"], found.null_error[0].mean(axis=1))
    assert "relative error" in figures.ladder(found).axes[3].get_ylabel()


def test_dark_images_are_searched_from_black(random):
    """Of strokes on black ground, where no image is as bright as their mean all over."""
    ground = np.zeros((4, SIZE, SIZE, 1), "float32")
    ground[:, 5:7, 2:10] = 200
    inputs = keras.Input((SIZE, SIZE, 1))
    model = keras.Model(inputs, layers.Rescaling(1.0, name="same")(inputs))
    found = kinv.metamers(model, "same", ground, steps=1, learning_rate=1e-9)
    assert found.images.mean() < 5 < ground.mean()


def test_by_default_layers_are_the_stages(network, photographs):
    assert kinv.metamers(network, None, photographs[:1], steps=1).layers == ("mixed",)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"layers": "nothing"}, "unknown layer 'nothing' of colours"),
        ({"layers": []}, "layers must be one or more different names"),
        ({"layers": ["means", "means"]}, "layers must be one or more different names"),
        ({"steps": 0}, "steps and batch_size must be at least 1"),
        ({"tolerance": 0.0}, "learning_rate and tolerance positive"),
        ({"images": np.zeros((2, 5, 5, 3))}, "takes images of shape"),
        ({"images": np.full((2, SIZE, SIZE, 3), 0.5)}, "multiply them by 255"),
        ({"others": np.zeros((0, SIZE, SIZE, 3))}, "others must have shape"),
    ],
)
def test_wrong_arguments_are_refused(network, photographs, options, message):
    with pytest.raises(ValueError, match=message):
        kinv.metamers(network, **{"layers": "means", "images": photographs, **options})


def test_a_judge_that_takes_other_images_is_refused_first(network, photographs, monkeypatch):
    grey = keras.Model(inputs := keras.Input((8, 8, 1)), layers.Flatten()(inputs))
    with pytest.raises(ValueError, match="takes images of shape"):
        kinv.metamers(network, "means", photographs, judge=grey, steps=10**9)


def test_starts_depend_on_layer_image_and_member_alone():
    together = _starts(3, 1, slice(0, 4), 0, (2, 2, 1))
    np.testing.assert_array_equal(_starts(3, 1, slice(2, 4), 0, (2, 2, 1)), together[2:])
    assert np.abs(_starts(3, 1, slice(0, 4), 1, (2, 2, 1)) - together).min() > 0


def test_large_networks_take_fewer_images_at_a_time(network):
    assert _at_a_time(network, (SIZE, SIZE, 3)) == 32
    inputs = keras.Input((512, 512, 3))
    large = keras.Model(inputs, layers.Conv2D(64, 1)(layers.Conv2D(64, 1)(inputs)))
    assert _at_a_time(large, (512, 512, 3)) == 2


@pytest.mark.parametrize(("count", "most", "size"), [(3, 2, 2), (10, 4, 4), (9, 4, 3), (50, 21, 17), (2, 32, 2)])
def test_batches_are_about_equal_and_no_larger_than_they_may_be(count, most, size):
    assert _evenly(count, most) == size <= most
    assert -(-count // size) == -(-count // most)  # no more of them


def test_the_ladder_has_a_row_for_each_layer(found):
    figure = figures.ladder(found, chosen=[0, 3], titles=["first", "a$b"])
    assert len(figure.axes) == 3 * 2 and figure.axes[1].get_title() == r"a\$b"
    assert [axis.get_ylabel().split("\n")[0] for axis in figure.axes[::2]] == ["original", "mixed", "means"]
    with pytest.raises(ValueError, match=r"chosen must be numbers of images in 0\.\.5"):
        figures.ladder(found, chosen=[6])
    with pytest.raises(ValueError, match="expected a title for each of 6 images, received 1"):
        figures.ladder(found, titles=["one"])
