"""The screening's figures: right axes and curves, also for few classes, one side, unlabelled ends."""

import keras
import numpy as np
import pytest
from keras import layers

import kinv
from kinv.figures import sensitivity
from kinv.ops import TRANSFORMATIONS, compose

pytestmark = pytest.mark.usefixtures("readable_figures")

TRANSLATE = compose(TRANSFORMATIONS["translate_x"], TRANSFORMATIONS["translate_y"])


@pytest.fixture(scope="module")
def screening():
    inputs = layers.Input((8, 8, 3))
    keras.utils.set_random_seed(0)
    outputs = layers.Dense(6)(layers.Flatten()(layers.Rescaling(1 / 50)(inputs)))
    model = keras.Model(inputs, outputs, name="net")
    images = np.random.default_rng(0).uniform(0, 255, (20, 8, 8, 3)).astype("float32")
    return kinv.screen(
        model,
        images,
        transformations=["rotation", "brightness", "noise", TRANSLATE],
        magnitudes={"rotation": [-90, 0, 90], TRANSLATE.name: ([0, 0.2], [-0.1, 0, 0.3])},
    )


def strip():
    image = np.random.default_rng(1).uniform(0, 255, (8, 8, 3)).astype("float32")
    return kinv.analysis.transformed_strip(TRANSFORMATIONS["rotation"], image, range(-90, 91, 5))


def test_class_curves_show_the_class_the_highest_and_the_others(screening):
    index = int(screening.softmax["class"].iloc[0])
    figure = sensitivity.class_curves(screening.softmax, index, "rotation", strip=strip())
    curves, *images = figure.axes
    assert 4 <= len(curves.lines) <= 5 and curves.get_xlim() == (-90, 90)
    expected = screening.softmax.query("transformation == 'rotation' and `class` == @index and predicted == @index")
    own = next(line for line in curves.lines if line.get_linewidth() > 2)
    np.testing.assert_allclose(own.get_ydata(), expected["softmax"])
    assert len(images) == 7 and all(axis.images for axis in images)
    assert [axis.get_xlabel() for axis in images] == ["-90", "-60", "-30", "0", "30", "60", "90"]


def test_accuracy_curves_have_one_for_each_network(screening):
    other = kinv.Screening(
        *(getattr(screening, name).assign(network="b") for name in ("accuracy", "softmax", "critical_points"))
    )
    joined = kinv.Screening.join([screening, other])
    figure = sensitivity.accuracy_curves(joined.accuracy, "brightness", measure="unchanged")
    assert [text.get_text() for text in figure.axes[0].get_legend().get_texts()] == ["net", "b"]


@pytest.mark.parametrize("transformation", ["rotation", "noise"])
def test_the_strip_of_critical_points_has_a_bar_a_class(screening, transformation, tmp_path):
    figure = sensitivity.critical_strip(screening.critical_points, transformation)
    rows = screening.critical_points.query("transformation == @transformation and status != 'wrong at neutral'")
    bars = [line for line in figure.axes[0].lines if len(line.get_xdata()) == 2]
    assert len(bars) == rows["class"].nunique()
    low, high = screening.accuracy.query("transformation == @transformation")["magnitude"].agg(["min", "max"])
    never = rows.query("status == 'never'")["class"].nunique()
    ends = [end for bar in bars for end in bar.get_xdata()]
    assert min(ends) >= low and max(ends) <= high  # an open end lies at the end of the range
    assert not never or low in ends or high in ends
    lengths = [np.ptp(bar.get_xdata()) for bar in bars]
    assert lengths == sorted(lengths)
    figure.savefig(tmp_path / "strip.png")


def test_the_map_of_two_transformations(screening, tmp_path):
    figure = sensitivity.two_transformations(screening.accuracy, TRANSLATE.name)
    (mesh,) = figure.axes[0].collections
    assert np.asarray(mesh.get_array()).shape == (3, 2)
    assert figure.axes[0].get_xlabel() == "translate_x (widths)"
    figure.savefig(tmp_path / "map.png")


def test_distances_lie_on_one_plot(screening):
    figure = sensitivity.unchanged_by_distance(screening.accuracy)
    space, color = figure.axes
    assert [text.get_text() for text in color.get_legend().get_texts()] == ["brightness"]
    assert "rotation" in [text.get_text() for text in space.get_legend().get_texts()]


def test_what_is_not_in_the_table_is_refused(screening):
    with pytest.raises(ValueError, match="it has"):
        sensitivity.accuracy_curves(screening.accuracy, "zoom")
    with pytest.raises(ValueError, match="class 77"):
        sensitivity.class_curves(screening.softmax, 77, "rotation")
    with pytest.raises(ValueError, match="distance"):
        sensitivity.unchanged_by_distance(screening.accuracy.query("transformation == 'noise'"))


def test_a_figure_shows_images_of_the_class_it_is_about(screening):
    classes = sensitivity.highest_classes(screening)
    images = {index: np.full((8, 8, 3), 40.0 * (position + 1), "float32") for position, index in enumerate(classes)}
    figures = sensitivity.overview(screening, images=images)
    for index, image in images.items():
        strip = figures[f"class_{index}_rotation"].axes[1:]
        middle = next(axis for axis in strip if axis.get_xlabel() == "0")
        assert (middle.images[0].get_array() == image[0, 0, 0]).all()
    assert len(figures["accuracy_rotation"].axes) == 4  # the curves and the first image three times
    without = sensitivity.overview(screening, images={classes[0]: images[classes[0]]})
    assert len(without[f"class_{classes[-1]}_rotation"].axes) == 1


def test_what_is_left_out_of_a_strip_is_said_under_the_axis(screening):
    points = screening.critical_points.query("transformation == 'rotation'")
    classes = points["class"].unique()
    wrong = points["class"].isin(classes[:1])
    some = points.assign(status=points["status"].mask(wrong, "wrong at neutral"))
    figure = sensitivity.critical_strip(some, "rotation")
    label = figure.axes[0].get_xlabel()
    assert f"left out: 1 of {len(classes)} classes" in " ".join(label.split()) and not figure.axes[0].texts
    figure = sensitivity.critical_strip(points.assign(status="wrong at neutral"), "rotation")
    assert [text.get_text() for text in figure.axes[0].texts] == ["no class is right before any change"]


def test_a_family_that_was_not_screened_has_no_axes(screening):
    (axis,) = sensitivity.unchanged_by_distance(screening.accuracy.query("transformation == 'rotation'")).axes
    assert "in space" in axis.get_xlabel() and axis.get_ylabel()


def test_progress_is_not_among_the_results(capsys):
    from kinv.analysis.screening.progress import ScreeningProgress

    with ScreeningProgress(2, [(TRANSFORMATIONS["zoom"], [0, 1])], shown=True) as progress:
        progress.start("zoom", 0)
        progress.advance(4)
    printed = capsys.readouterr()
    assert not printed.out and "zoom: 2 images at 2 magnitudes" in printed.err


def test_a_strip_needs_magnitudes():
    with pytest.raises(ValueError, match="at least one, received none"):
        kinv.analysis.transformed_strip(TRANSFORMATIONS["rotation"], np.zeros((8, 8, 3), "float32"), [])
