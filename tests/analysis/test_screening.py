"""The screening on a network whose critical points are known, its resuming, and what it refuses."""

import json

import keras
import numpy as np
import pandas as pd
import pytest
import tensorflow as tf
from keras import layers
from PIL import Image

import kinv
from kinv import analysis
from kinv.analysis.screening_totals import critical_point
from kinv.models import InvariantTransformer
from kinv.ops import TRANSFORMATIONS, compose

SMALL = {"brightness": [-0.4, -0.2, 0, 0.2, 0.4], "rotation": [0, 90, 180]}


def threshold_classifier(threshold=127.5, slope=0.5):
    """Two classes: dark and bright; the border is a mean of `threshold` grey levels."""
    inputs = layers.Input((8, 8, 3))
    means = layers.GlobalAveragePooling2D()(inputs)
    logits = layers.Dense(2, name="logits")
    model = keras.Model(inputs, logits(means), name="threshold")
    kernel = np.array([[-1, 1]] * 3, "float32") * slope / 3
    logits.set_weights([kernel, np.array([threshold, -threshold], "float32") * slope])
    return model


@pytest.fixture
def pictures(random):
    """20 dark pictures of mean 80 and 10 bright ones of mean 180."""
    labels = np.array([0] * 20 + [1] * 10, "int32")
    images = random.uniform(-20, 20, (30, 8, 8, 3)) + np.where(labels, 180, 80)[:, None, None, None]
    return images.astype("float32"), labels


def screen(images, labels=None, **options):
    options = {"transformations": list(SMALL), "magnitudes": SMALL, "batch_size": 7, **options}
    return kinv.screen(threshold_classifier(), images, labels, **options)


def test_critical_points_are_where_the_classifier_changes_its_mind(pictures):
    """Dark pictures of mean 80 reach 127.5 at a brightness of 0.186, bright ones at -0.206; rotation changes nothing.

    On a fine grid, interpolation of the class mean finds that to within the pictures' own differences.
    """
    fine = {"brightness": np.linspace(-0.4, 0.4, 41)}
    found = screen(*pictures, transformations=["brightness"], magnitudes=fine).critical_points
    found = found.set_index(["class", "side"])
    assert found.loc[(0, "above"), "magnitude"] == pytest.approx(47.5 / 255, abs=0.01)
    assert found.loc[(1, "below"), "magnitude"] == pytest.approx(-52.5 / 255, abs=0.01)
    assert found.loc[(0, "below"), "status"] == found.loc[(1, "above"), "status"] == "never"
    assert np.isnan(found.loc[(0, "below"), "magnitude"])
    rotation = screen(*pictures).critical_points.query("transformation == 'rotation'")
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


def test_tables_against_a_plain_loop(pictures):
    """Every number of the tables, computed again picture by picture."""
    images, labels = pictures
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
            assert (row["pictures"], row["classes"]) == (30, 2)
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
    softmax = kinv.screen(model, images, np.array([4, 4, 4]), ["zoom"], {"zoom": [1, 2]}).softmax
    assert list(softmax.query("magnitude == 1")["predicted"]) == [0, 1, 2, 4, -1]
    expected = np.exp([5, 4, 3, 1, 2]) / np.exp(np.arange(6)).sum()  # the class itself is always there; then class 3
    np.testing.assert_allclose(softmax.query("magnitude == 1")["softmax"], expected, rtol=1e-5)


def test_results_do_not_depend_on_the_batch_size(pictures):
    options = {"transformations": ["noise", "blur"], "magnitudes": {"noise": [0, 0.1], "blur": [0, 1]}}
    one, other = (screen(*pictures, **options, batch_size=size) for size in (4, 30))
    pd.testing.assert_frame_equal(one.accuracy, other.accuracy)
    pd.testing.assert_frame_equal(one.softmax, other.softmax, rtol=1e-4)


def test_arrays_datasets_and_folders_give_the_same(pictures, tmp_path):
    images, labels = pictures[0].round().astype("uint8"), pictures[1]
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
    pd.testing.assert_frame_equal(from_folder.accuracy, from_array.accuracy)
    assert set(from_folder.softmax["class_name"]) == {"a_dark", "bright"}


def test_without_labels_the_predictions_take_their_place(pictures):
    images, labels = pictures
    screening = screen(images)
    assert screening.metadata["labels"] == "the network's own predictions"
    np.testing.assert_allclose(screening.accuracy["accuracy"], screen(images, labels).accuracy["accuracy"])


def test_two_transformations_give_a_grid(pictures):
    both = compose(TRANSFORMATIONS["translate_x"], TRANSFORMATIONS["translate_y"])
    axes = {both.name: ([-0.5, 0, 0.5], [0, 0.25])}
    screening = screen(*pictures, transformations=[both], magnitudes=axes)
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


def test_a_users_function_and_a_learned_transformation(pictures):
    def negative(images, magnitudes):
        return images + magnitudes[:, None, None, None] * (255 - 2 * images)

    transformer = InvariantTransformer(seed=4)
    screening = screen(
        *pictures, transformations=[negative, transformer], magnitudes={"negative": [0, 1], "learned_space": [-1, 0, 1]}
    )
    unchanged = screening.accuracy.set_index(["transformation", "magnitude"])["unchanged"]
    assert unchanged["negative", 0] == 1 and unchanged["negative", 1] == 0
    distance = screening.accuracy.set_index(["transformation", "magnitude"])["distance"]
    _, space = transformer.matrices(np.ones((1, 2), "float32"), np.ones((1, 2), "float32"))
    assert distance["learned_space", 1] == pytest.approx(np.linalg.norm(space[0] - np.eye(2, 3)), rel=1e-5)
    assert distance["learned_space", -1] == 0 and unchanged["learned_space", -1] == 1
    assert len(screening.accuracy.query("transformation == 'learned_color'")) == 12
    with pytest.raises(ValueError, match="magnitudes must name those of your function negative"):
        screen(*pictures, transformations=[negative], magnitudes={})


# === Kept results ===


class Killed(Exception):
    pass


def kill_after(monkeypatch, batches):
    """Ends the screening like a kill: after so many batches were added, whatever was not kept is lost."""
    from kinv.analysis import screening, screening_totals

    monkeypatch.setattr(screening, "SECONDS_BETWEEN_SAVES", -1)
    add, count = screening_totals.Totals.add, [0]

    def counting(self, *arguments):
        count[0] += 1
        if count[0] > batches:
            raise Killed
        return add(self, *arguments)

    monkeypatch.setattr(screening_totals.Totals, "add", counting)


@pytest.mark.parametrize(("batches", "kept"), [(0, 0), (1, 1), (3, 3), (5, 5), (8, 8)])
def test_a_killed_run_continues_and_ends_with_the_same_tables(pictures, tmp_path, batches, kept):
    """Five batches a transformation: killed before the first, in the first, at the border, in the second."""
    whole = screen(*pictures)
    with pytest.MonkeyPatch.context() as patch, pytest.raises(Killed):
        kill_after(patch, batches)
        screen(*pictures, results=tmp_path / "results")
    with pytest.raises(FileNotFoundError, match="unfinished"):
        analysis.Screening.load(tmp_path / "results")
    with pytest.MonkeyPatch.context() as patch:
        kill_after(patch, 10 - kept)  # what was kept is not done again
        resumed = screen(*pictures, results=tmp_path / "results")
    for name in ("accuracy", "softmax", "critical_points"):
        pd.testing.assert_frame_equal(getattr(resumed, name), getattr(whole, name), check_exact=True)
        kept = getattr(analysis.Screening.load(tmp_path / "results"), name)
        pd.testing.assert_frame_equal(kept, getattr(whole, name), check_exact=True)
    assert sorted(path.name for path in (tmp_path / "results").iterdir()) == [
        "accuracy.parquet",
        "critical_points.parquet",
        "screening.json",
        "softmax.parquet",
    ]


def test_a_finished_run_is_read_not_repeated(pictures, tmp_path):
    first = screen(*pictures, results=tmp_path)
    with pytest.MonkeyPatch.context() as patch:
        kill_after(patch, 0)
        again = screen(*pictures, results=tmp_path)
    pd.testing.assert_frame_equal(again.softmax, first.softmax)


def test_results_of_another_run_are_left_alone(pictures, tmp_path):
    screen(*pictures, results=tmp_path / "a")
    before = {path.name: path.read_bytes() for path in (tmp_path / "a").iterdir()}
    for changed in ({"seed": 1}, {"fill": "reflect"}, {"magnitudes": {"rotation": [0, 5]}}):
        with pytest.raises(ValueError, match="another run"):
            screen(*pictures, results=tmp_path / "a", **changed)
    with pytest.raises(ValueError, match="weights"):
        kinv.screen(threshold_classifier(120.0), *pictures, list(SMALL), SMALL, batch_size=7, results=tmp_path / "a")
    with pytest.raises(ValueError, match="pictures"):
        screen(pictures[0][::-1], pictures[1], results=tmp_path / "a")
    assert {path.name: path.read_bytes() for path in (tmp_path / "a").iterdir()} == before
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "mine.txt").write_text("precious")
    with pytest.raises(ValueError, match="something else"):
        screen(*pictures, results=tmp_path / "b")
    assert [path.name for path in (tmp_path / "b").iterdir()] == ["mine.txt"]


@pytest.mark.parametrize("format", ["parquet", "csv"])
def test_saved_and_loaded(pictures, tmp_path, format):
    screening = screen(*pictures)
    screening.save(tmp_path / "kept", format)
    loaded = analysis.Screening.load(tmp_path / "kept")
    for name in ("accuracy", "softmax", "critical_points"):
        pd.testing.assert_frame_equal(getattr(loaded, name), getattr(screening, name))
    assert loaded.metadata == json.loads(json.dumps(screening.metadata))
    with pytest.raises(FileExistsError):
        screening.save(tmp_path / "kept", format)
    with pytest.raises(ValueError, match="'xlsx'"):
        screening.save(tmp_path / "other", "xlsx")


def test_several_networks_join(pictures):
    one, other = screen(*pictures), screen(*pictures)
    with pytest.raises(ValueError, match="different names"):
        analysis.Screening.join([one, other])
    other = analysis.Screening(*(t.assign(network="b") for t in (other.accuracy, other.softmax, other.critical_points)))
    joined = analysis.Screening.join([one, other])
    assert joined.accuracy.groupby("network").size().to_dict() == {"b": 8, "threshold": 8}


def test_order_datasets_and_learned_weights_tell_runs_apart(pictures, tmp_path):
    images, labels = pictures
    screen(images, labels, results=tmp_path / "order")
    with pytest.raises(ValueError, match="transformations"):
        screen(images, labels, transformations=list(SMALL)[::-1], results=tmp_path / "order")
    screen(tf.data.Dataset.from_tensor_slices((images, labels)), results=tmp_path / "dataset")
    with pytest.raises(ValueError, match="pictures"):
        screen(tf.data.Dataset.from_tensor_slices((images[::-1], labels[::-1])), results=tmp_path / "dataset")
    first, second = ({"transformations": [InvariantTransformer(seed=seed)], "magnitudes": None} for seed in (1, 2))
    screen(images, labels, **first, results=tmp_path / "learned")
    with pytest.raises(ValueError, match="transformations"):
        screen(images, labels, **second, results=tmp_path / "learned")


def test_a_missing_neutral_magnitude_is_added(pictures):
    found = screen(*pictures, transformations=["brightness"], magnitudes={"brightness": [0.3, 0.4]})
    assert list(found.accuracy["magnitude"]) == [0, 0.3, 0.4]
    assert set(found.critical_points["status"]) == {"within", "never"}


def test_pictures_of_any_size_for_a_network_of_any_size(random):
    inputs = layers.Input((None, None, 3))
    network = keras.Model(inputs, layers.GlobalAveragePooling2D()(inputs))
    images = random.uniform(0, 255, (3, 8, 12, 3)).astype("float32")
    screening = kinv.screen(network, images, transformations=["rotation"], magnitudes={"rotation": [0, 10]})
    assert len(screening.accuracy) == 2


# === Bad input ===


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda images, labels: (images / 255, labels), "multiply them by 255"),
        (lambda images, labels: (images[..., :1], labels), r"takes pictures of shape \(8, 8, 3\)"),
        (lambda images, labels: (images[0], labels), "count, height, width, channels"),
        (lambda images, labels: (images[:0], labels[:0]), "count, height, width, channels"),
        (lambda images, labels: (images - 100, labels), r"0..255, received -"),
        (lambda images, labels: (np.where(images > 190, np.nan, images), labels), "NaN"),
        (lambda images, labels: (images.astype("complex64"), labels), "complex64"),
        (lambda images, labels: (images.astype(str), labels), "dtype <U"),
        (lambda images, labels: (images, labels + 1), r"labels must lie in 0..1, received 2"),
        (lambda images, labels: (images, labels[:5]), r"labels must have shape \(30,\)"),
        (lambda images, labels: (images, labels.astype(float)), "class indices"),
    ],
)
def test_wrong_pictures_and_labels_are_refused(pictures, tmp_path, change, message):
    with pytest.raises(ValueError, match=message):
        screen(*change(*pictures), results=tmp_path / "results")
    assert not (tmp_path / "results").exists()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"magnitudes": {"rotation": [0, np.nan]}}, "rotation: magnitudes must be finite"),
        ({"magnitudes": {"rotation": []}}, "no magnitudes"),
        ({"magnitudes": {"zoom": [1]}}, "which are not screened"),
        ({"transformations": ["twist"], "magnitudes": None}, "received 'twist'"),
        ({"transformations": [], "magnitudes": None}, "at least one"),
        ({"transformations": ["zoom", "zoom"], "magnitudes": None}, "different names"),
        ({"transformations": [3], "magnitudes": None}, "received 3"),
        ({"batch_size": 0}, "batch_size"),
        ({"class_names": ["a"]}, "2 classes"),
        ({"fill": "wrap"}, "'wrap'"),
        ({"seed": -1}, "seed must lie"),
        ({"transformations": ["zoom+rotation+blur"], "magnitudes": None}, "at most two"),
    ],
)
def test_wrong_arguments_are_refused(pictures, tmp_path, options, message):
    with pytest.raises(ValueError, match=message):
        screen(*pictures, results=tmp_path / "results", **options)
    assert not (tmp_path / "results").exists()


def test_networks_that_do_not_answer_with_logits_are_refused(pictures):
    inputs = layers.Input((8, 8, 3))
    pooled = layers.GlobalAveragePooling2D()(inputs)
    with pytest.raises(ValueError, match="ends in a softmax"):
        kinv.screen(keras.Model(inputs, layers.Dense(3, "softmax")(pooled)), pictures[0])
    with pytest.raises(ValueError, match="at least 2 classes"):
        kinv.screen(keras.Model(inputs, layers.Dense(1)(pooled)), pictures[0])

    def broken(images, magnitudes):
        return images * np.nan

    with pytest.raises(ValueError, match="answers broken at 0"):
        screen(pictures[0], transformations=[broken], magnitudes={"broken": [0, 1]})


def test_wrong_pictures_in_a_stream_are_refused_by_batch(pictures):
    images, labels = pictures
    images[20] = np.nan
    with pytest.raises(ValueError, match=r"batch 3: there are NaN"):
        screen(tf.data.Dataset.from_tensor_slices((images, labels)))
    with pytest.raises(ValueError, match=r"\.map\(lambda e"):
        screen(tf.data.Dataset.from_tensor_slices({"image": images, "label": labels}))
    with pytest.raises(ValueError, match="one number a picture"):
        screen(tf.data.Dataset.from_tensor_slices((images[:5], labels[:5, None])))
    with pytest.raises(ValueError, match="no pictures"):
        screen(tf.data.Dataset.from_tensor_slices((images[:0], labels[:0])))
    with pytest.raises(FileNotFoundError):
        screen("no/such/folder")
