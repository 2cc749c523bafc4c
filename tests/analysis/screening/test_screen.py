"""The screening on a network whose critical points are known, on every kind of images."""

import keras
import numpy as np
import pandas as pd
import pytest
import tensorflow as tf
from keras import layers
from PIL import Image

import kinv
from kinv.analysis.screening.totals import critical_point
from kinv.models import InvariantTransformer
from kinv.ops import TRANSFORMATIONS, compose

from .known_network import SMALL, screen, threshold_classifier


def test_critical_points_are_where_the_classifier_changes_its_mind(photos):
    """Dark images of mean 80 reach 127.5 at a brightness of 0.186, bright ones at -0.206; rotation changes nothing.

    On a fine grid, interpolation of the class mean finds that to within the images' own differences.
    """
    fine = {"brightness": np.linspace(-0.4, 0.4, 41)}
    found = screen(*photos, transformations=["brightness"], magnitudes=fine).critical_points
    found = found.set_index(["class", "side"])
    assert found.loc[(0, "above"), "magnitude"] == pytest.approx(47.5 / 255, abs=0.01)
    assert found.loc[(1, "below"), "magnitude"] == pytest.approx(-52.5 / 255, abs=0.01)
    assert found.loc[(0, "below"), "status"] == found.loc[(1, "above"), "status"] == "never"
    assert np.isnan(found.loc[(0, "below"), "magnitude"])
    rotation = screen(*photos).critical_points.query("transformation == 'rotation'")
    assert set(rotation["status"]) == {"never"} and set(rotation["side"]) == {"above"}


def test_interpolation_of_critical_points():
    points, neutral = np.array([0.0, 1.0, 2.0, 3.0]), 1.0
    assert critical_point(points, np.array([0.5, 0.5, 0.1, -0.3]), neutral, "above") == {
        "status": "within",
        "magnitude": pytest.approx(2.25),
    }
    assert critical_point(points, np.array([-0.5, 0.5, 0.1, 0.3]), neutral, "below")["magnitude"] == pytest.approx(0.5)
    assert critical_point(points, np.array([0.5, 0.5, 0.1, 0.3]), neutral, "above")["status"] == "never"
    assert critical_point(points, np.array([0.5, -0.1, 0.1, 0.3]), neutral, "above")["status"] == "wrong at neutral"


def test_tables_against_a_plain_loop(photos):
    """Every number of the tables, computed again image by image."""
    images, labels = photos
    classifier = threshold_classifier()
    screening = screen(images, labels)
    before = classifier(images).numpy().argmax(1)
    for name, magnitudes in SMALL.items():
        for magnitude in magnitudes:
            logits = classifier(TRANSFORMATIONS[name](images, float(magnitude))).numpy()
            softmax = np.exp(logits - logits.max(1, keepdims=True))
            softmax /= softmax.sum(1, keepdims=True)
            right = logits.argmax(1) == labels
            row = screening.accuracy.query("transformation == @name and magnitude == @magnitude").iloc[0]
            assert row["accuracy"] == pytest.approx(np.mean([right[labels == index].mean() for index in (0, 1)]))
            assert row["unchanged"] == pytest.approx(np.mean(logits.argmax(1) == before))
            assert (row["images"], row["classes"]) == (30, 2)
            curves = screening.softmax.query("transformation == @name and magnitude == @magnitude")
            for _, curve in curves.iterrows():
                expected = softmax[labels == curve["class"], curve["predicted"]].mean()
                assert curve["softmax"] == pytest.approx(expected, abs=1e-5)


def test_others_are_the_highest_of_the_rest(random):
    inputs = layers.Input((8, 8, 3))
    dense = layers.Dense(6, name="dense")
    model = keras.Model(inputs, dense(layers.GlobalAveragePooling2D()(inputs)))
    dense.set_weights([np.zeros((3, 6), "float32"), np.array([5, 4, 3, 2, 1, 0], "float32")])
    images = random.uniform(0, 255, (3, 8, 8, 3)).astype("float32")
    softmax = kinv.screen(model, images, np.array([4, 4, 4]), ["zoom"], {"zoom": [1, 2]}, preflight=False).softmax
    assert list(softmax.query("magnitude == 1")["predicted"]) == [0, 1, 2, 4, -1]
    expected = np.exp([5, 4, 3, 1, 2]) / np.exp(np.arange(6)).sum()  # the class itself is always there; then class 3
    np.testing.assert_allclose(softmax.query("magnitude == 1")["softmax"], expected, rtol=1e-5)


def test_results_do_not_depend_on_the_batch_size(photos):
    options = {"transformations": ["noise", "blur"], "magnitudes": {"noise": [0, 0.1], "blur": [0, 1]}}
    one, other = (screen(*photos, **options, batch_size=size) for size in (4, 30))
    pd.testing.assert_frame_equal(one.accuracy, other.accuracy)
    pd.testing.assert_frame_equal(one.softmax, other.softmax, rtol=1e-4)


def test_arrays_datasets_and_folders_give_the_same(photos, tmp_path):
    images, labels = photos[0].round().astype("uint8"), photos[1]
    from_array = screen(images, labels)
    for dataset in (
        tf.data.Dataset.from_tensor_slices((images, labels)),
        tf.data.Dataset.from_tensor_slices((images, labels)).batch(4),
    ):
        pd.testing.assert_frame_equal(screen(dataset).accuracy, from_array.accuracy)
    for index, (image, label) in enumerate(zip(images, labels, strict=True)):
        (tmp_path / ("bright" if label else "a_dark")).mkdir(exist_ok=True)
        Image.fromarray(image).save(tmp_path / ("bright" if label else "a_dark") / f"{index:02}.png")
    from_folder = screen(str(tmp_path))
    named = from_array.accuracy.replace({"turned_into_name": {"0": "a_dark", "1": "bright"}})
    pd.testing.assert_frame_equal(from_folder.accuracy, named)
    assert set(from_folder.softmax["class_name"]) == {"a_dark", "bright"}


def test_without_labels_the_predictions_take_their_place(photos):
    images, labels = photos
    screening = screen(images)
    assert screening.metadata["labels"] == "the network's own predictions"
    np.testing.assert_allclose(screening.accuracy["accuracy"], screen(images, labels).accuracy["accuracy"])


def test_two_transformations_give_a_grid(photos):
    both = compose(TRANSFORMATIONS["translate_x"], TRANSFORMATIONS["translate_y"])
    axes = {both.name: ([-0.5, 0, 0.5], [0, 0.25])}
    screening = screen(*photos, transformations=[both], magnitudes=axes)
    assert screening.accuracy[["magnitude", "magnitude_2"]].to_numpy().tolist() == [
        [-0.5, 0],
        [-0.5, 0.25],
        [0, 0],
        [0, 0.25],
        [0.5, 0],
        [0.5, 0.25],
    ]
    assert screening.accuracy.query("magnitude == 0 and magnitude_2 == 0")["unchanged"].item() == 1
    assert screening.critical_points.empty


@pytest.mark.long
def test_a_users_function_and_a_learned_transformation(photos):
    def negative(images, magnitudes):
        return images + magnitudes[:, None, None, None] * (255 - 2 * images)

    transformer = InvariantTransformer(family="paper", seed=4)
    screening = screen(
        *photos, transformations=[negative, transformer], magnitudes={"negative": [0, 1], "learned_space": [-1, 0, 1]}
    )
    unchanged = screening.accuracy.set_index(["transformation", "magnitude"])["unchanged"]
    assert unchanged["negative", 0] == 1 and unchanged["negative", 1] == 0
    distance = screening.accuracy.set_index(["transformation", "magnitude"])["distance"]
    _, space = transformer.matrices(np.ones((1, 2), "float32"), np.ones((1, 2), "float32"))
    assert distance["learned_space", 1] == pytest.approx(np.linalg.norm(space[0] - np.eye(2, 3)), rel=1e-5)
    assert distance["learned_space", -1] == 0 and unchanged["learned_space", -1] == 1
    assert len(screening.accuracy.query("transformation == 'learned_color'")) == 12
    both = screen(
        *photos, transformations=[transformer, InvariantTransformer(family="paper", seed=5)], magnitudes={}
    ).accuracy
    assert set(both["transformation"]) == {"learned_space", "learned_color", "learned2_space", "learned2_color"}
    with pytest.raises(ValueError, match="your function negative needs magnitudes"):
        screen(*photos, transformations=[negative], magnitudes={})


def test_the_largest_family_is_walked_through_the_identity(photos):
    transformer = InvariantTransformer()
    found = screen(*photos, transformations=[transformer], magnitudes={}).accuracy
    space = found.query("transformation == 'learned_space'").set_index("magnitude")
    assert list(space.index) == pytest.approx(np.linspace(0, 1, 11))
    unchanged, distance = space["unchanged"].to_numpy(), space["distance"].to_numpy()
    assert unchanged[5] == 1 and distance[5] == 0
    assert distance[0] > distance[3] > 0 and distance[10] > distance[7] > 0


def test_a_missing_neutral_magnitude_is_added(photos):
    found = screen(*photos, transformations=["brightness"], magnitudes={"brightness": [0.3, 0.4]})
    assert list(found.accuracy["magnitude"]) == [0, 0.3, 0.4]
    assert set(found.critical_points["status"]) == {"within", "never"}


def test_images_of_any_size_for_a_network_of_any_size(random):
    inputs = layers.Input((None, None, 3))
    network = keras.Model(inputs, layers.GlobalAveragePooling2D()(inputs))
    images = random.uniform(0, 255, (3, 8, 12, 3)).astype("float32")
    screening = kinv.screen(network, images, transformations=["rotation"], magnitudes={"rotation": [0, 10]})
    assert len(screening.accuracy) == 2


@pytest.mark.parametrize("end", ["layer", "operation", "reshaped"])
def test_how_a_softmax_is_written_does_not_matter(end):
    """The same weights, with and without it."""
    images = np.random.default_rng(0).uniform(0, 255, (6, 8, 8, 3)).astype("float32")
    inputs = keras.Input((8, 8, 3))
    logits = keras.layers.Dense(3)(keras.layers.Flatten()(keras.layers.Rescaling(1 / 255)(inputs)))
    ends = {
        "layer": keras.layers.Softmax(),
        "operation": keras.ops.softmax,
        "reshaped": lambda x: keras.layers.Reshape((3,))(keras.layers.Activation("softmax")(x)),
    }
    plain, ended = keras.Model(inputs, logits, name="net"), keras.Model(inputs, ends[end](logits), name="net")
    options = {"transformations": ["rotation"], "magnitudes": {"rotation": [0, 90]}, "preflight": False}
    tables = [kinv.screen(kinv.wrap(model), images, **options).softmax for model in (plain, ended)]
    np.testing.assert_allclose(tables[0]["softmax"], tables[1]["softmax"], rtol=1e-5)
    assert tables[0]["softmax"].between(0.01, 0.99).any()
