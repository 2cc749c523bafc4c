"""How far layers' outputs move, on networks whose invariances are known by construction."""

import keras
import numpy as np
import pytest
from keras import layers, ops

import kinv
from kinv.ops import TRANSFORMATIONS
from kinv.surgery.layer_outputs import layer_outputs

pytestmark = pytest.mark.usefixtures("readable_figures")

SIZE = 8


@pytest.fixture(scope="module")
def photographs():
    return np.random.default_rng(0).uniform(0, 255, (6, SIZE, SIZE, 1)).astype("float32")


@pytest.fixture(scope="module")
def turned():
    """An oriented filter, the highest of its four turns, and the highest place: turns by 90 degrees are ignored."""
    inputs = keras.Input((SIZE, SIZE, 1))
    kernel = np.random.default_rng(1).normal(size=(3, 3)).astype("float32")
    maps = []
    for turns in range(4):
        layer = layers.Conv2D(1, 3, use_bias=False, name=f"turned_{90 * turns}")
        maps.append(layer(inputs))
        layer.set_weights([np.rot90(kernel, turns)[..., None, None]])
    highest = layers.Maximum(name="highest")(maps)
    return keras.Model(inputs, layers.GlobalMaxPooling2D(name="place")(highest), name="turned")


def test_what_a_network_ignores_by_construction_does_not_move_it(turned, photographs):
    found = kinv.measure_layers(
        turned, photographs, ["rotation"], {"rotation": [0, 45, 90, 180]}, layers=["turned_0", "highest", "place"]
    )
    movement = found.table.pivot(index="magnitude", columns="layer", values="movement")
    assert (movement.loc[0] == 0).all()
    assert movement.loc[90, "place"] == pytest.approx(0, abs=1e-4)
    assert movement.loc[180, "place"] == pytest.approx(0, abs=1e-4)
    assert movement.loc[90, "turned_0"] > 0.5 and movement.loc[90, "highest"] > 0.5  # the map turns
    assert movement.loc[45, "place"] > 0.1


def test_numbers_are_those_of_the_definition(turned, photographs):
    """Against every pair of images, and images transformed one by one, in NumPy."""
    found = kinv.measure_layers(
        turned, photographs, ["contrast"], {"contrast": [0.5]}, layers=["turned_90"], batch_size=4
    )
    network = layer_outputs(turned, ["turned_90"])
    outputs = np.asarray(network(photographs)).reshape(6, -1)
    pairs = [np.sum((outputs[i] - outputs[j]) ** 2) for i in range(6) for j in range(i)]
    assert found.distances["turned_90"] == pytest.approx(np.sqrt(np.mean(pairs)), rel=1e-5)
    changed = np.asarray(network(TRANSFORMATIONS["contrast"](photographs, 0.5))).reshape(6, -1)
    moved = np.linalg.norm(changed - outputs, axis=1) / np.sqrt(np.mean(pairs))
    row = found.table.query("magnitude == 0.5").iloc[0]
    assert row["movement"] == pytest.approx(moved.mean(), rel=1e-4)
    error = 1.96 * moved.std(ddof=1) / np.sqrt(6)
    assert (row["low"], row["high"]) == pytest.approx((moved.mean() - error, moved.mean() + error), rel=1e-3)


def test_another_image_is_as_far_as_one(photographs):
    """A function that puts another image in place of each: the root mean square over all of them is 1."""
    inputs = keras.Input((SIZE, SIZE, 1))
    model = keras.Model(inputs, layers.Rescaling(1 / 255, name="unit")(inputs))

    def next_image(images, magnitudes):
        return ops.roll(images, 1, axis=0)

    found = kinv.measure_layers(model, photographs, [next_image], {"next_image": [1]}, layers=["unit"])
    assert found.table.query("magnitude == 1")["movement"].item() == pytest.approx(1, abs=0.05)


def test_tiny_outputs_move_as_others_do(photographs):
    inputs, moved = keras.Input((SIZE, SIZE, 1)), []
    for size in (1.0, 1e-25):
        model = keras.Model(inputs, layers.Rescaling(size, name="small")(inputs))
        plans = (["contrast"], {"contrast": [0, 2]})
        moved.append(kinv.measure_layers(model, photographs, *plans, layers=["small"]).table["movement"])
    np.testing.assert_allclose(*moved, rtol=1e-4)
    assert moved[0].max() > 0.5


def test_areas_summary_and_heat_map(turned, photographs):
    found = kinv.measure_layers(
        turned, photographs, ["rotation", "contrast", "zoom+rotation"],
        {"rotation": [0, 90, 180], "contrast": [0, 1, 2], "zoom+rotation": [[1, 2], [0, 90]]},
        layers=["turned_0", "place"],
    )  # fmt: skip
    areas = found.areas()
    assert list(areas.index) == ["turned_0", "place"] and list(areas.columns) == [
        "rotation",
        "contrast",
        "zoom+rotation",
    ]
    rows = found.table.query("layer == 'turned_0' and transformation == 'rotation'")["movement"].to_numpy()
    assert areas.loc["turned_0", "rotation"] == pytest.approx((rows[0] / 2 + rows[1] + rows[2] / 2) / 2)
    said = found.summary()
    assert "rotation: " in said and "0.00 at place" in said and "1 is as far apart as another image" in said
    figure = kinv.figures.layers.heat_map(found)
    assert [label.get_text() for label in figure.axes[0].get_yticklabels()] == ["turned_0", "place"]


def test_the_default_layers_are_the_stages():
    model = kinv.classifiers.build("digit_cnn")
    images = np.random.default_rng(0).uniform(0, 255, (3, 28, 28, 1)).astype("float32")
    found = kinv.measure_layers(model, images, ["greyscale"])
    assert list(found.areas().index)[-1] == "logits"
    np.testing.assert_allclose(found.areas()["greyscale"], 0, atol=1e-6)  # grey images stay what they are


def test_wrong_arguments_are_refused(turned, photographs):
    with pytest.raises(ValueError, match=r"unknown transformation 'rotaton': did you mean rotation\?"):
        kinv.measure_layers(turned, photographs, ["rotaton"])
    with pytest.raises(ValueError, match="images must be at least two"):
        kinv.measure_layers(turned, photographs[:1], ["contrast"], {"contrast": [2]}, layers=["place"])
    with pytest.raises(ValueError, match="batch_size must be at least 1"):
        kinv.measure_layers(turned, photographs, batch_size=0)
    with pytest.raises(ValueError, match="unknown layer 'plaice'"):
        kinv.measure_layers(turned, photographs, layers=["plaice"])


def test_units_that_ignore_a_transformation_still_fire(turned):
    """The highest place of four turned filters fires whatever quarter an image is turned by; one filter does not."""
    random = np.random.default_rng(3)
    images = random.uniform(0, 255, (40, SIZE, SIZE, 1)).astype("float32")
    plans = (["rotation"], {"rotation": [0, 90, 180]})
    found = kinv.measure_layers(turned, images, *plans, layers=["turned_0", "place"], firing=0.1, batch_size=16)
    assert found.units is not None and found.firing == 0.1
    shares = found.units.pivot(index="magnitude", columns="layer", values="still")
    assert (found.units["fired"] == 4).all() and (shares.loc[0] == 1).all()
    assert (shares["place"] == 1).all()
    network = layer_outputs(turned, ["turned_0"])
    middle = np.asarray(network(images))[:, 3, 3, 0]  # of a map of 6 x 6
    still = np.asarray(network(TRANSFORMATIONS["rotation"](images, 90.0)))[:, 3, 3, 0]
    threshold = np.sort(middle)[-5:-3].mean()
    assert shares.loc[90, "turned_0"] == pytest.approx(np.mean(still[middle > threshold] > threshold))
    assert found.still_firing().loc["place", "rotation"] == 1
    assert found.still_firing().loc["turned_0", "rotation"] < 0.7


def test_units_that_say_the_same_of_all_images_never_fire(photographs):
    inputs = keras.Input((SIZE, SIZE, 1))
    dead = keras.Model(
        inputs, layers.ReLU(name="dead")(layers.GlobalAveragePooling2D()(layers.Rescaling(-1.0)(inputs)))
    )
    found = kinv.measure_layers(dead, photographs, ["greyscale"], layers=["dead"], firing=0.5)
    assert (found.units["fired"] == 0).all() and found.units["still"].isna().all()
    with pytest.raises(ValueError, match="firing must be a share of the images between 0 and 1, received 1"):
        kinv.measure_layers(dead, photographs, layers=["dead"], firing=1)
    with pytest.raises(ValueError, match=r"pass firing=0\.01 to measure_layers"):
        kinv.measure_layers(dead, photographs, ["greyscale"], layers=["dead"]).still_firing()
