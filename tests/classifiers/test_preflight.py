"""Images, labels and networks that do not belong together are named, and those that do pass."""

import logging

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

import kinv
from kinv.classifiers.preflight import check_sample, preflight
from kinv.models import FilterGAN, InvariantTransformer

CLASSES, COUNT = 4, 120


def network(scale=1 / 255, names=None):
    """Says in which quarter of 0..1 the mean of an image lies, if its values are multiplied by `scale`."""
    images = keras.Input((6, 6, 3))
    mean = layers.GlobalAveragePooling2D()(layers.Conv2D(2, 1, name="conv", activation="relu")(images))
    model = keras.Model(images, layers.Dense(CLASSES)(mean))
    centres = (np.arange(CLASSES) + 0.5) / CLASSES
    convolution, dense = model.layers[1], model.layers[-1]
    kernel = scale / 3 * np.array([0.9, 1.0, 1.1])[:, None] * np.ones((1, 1, 3, 2))
    convolution.set_weights([kernel, np.zeros(2)])
    # -(m - c)^2 = 2 m c - c^2 - m^2, and the last term is the same for all classes
    dense.set_weights([np.stack([100 * centres, 100 * centres]), -100 * centres**2])
    return model if names is None else kinv.wrap(model, class_names=names)


@pytest.fixture(scope="module")
def shown():
    random = np.random.default_rng(0)
    labels = np.repeat(np.arange(CLASSES), COUNT // CLASSES)
    means = 255 * (labels + random.uniform(0.2, 0.8, COUNT)) / CLASSES
    images = np.clip(means[:, None, None, None] + random.normal(0, 10, (COUNT, 6, 6, 3)), 0, 255).astype("float32")
    return images, labels


def test_what_fits_passes_without_a_word(shown, caplog):
    found = preflight(network(), *shown)
    assert found.passed and not found.findings and found.accuracy > 0.9
    assert found.enforce() is found and not caplog.records
    assert preflight(network(), shown[0], keras.utils.to_categorical(shown[1])) == found
    assert preflight(network(), shown[0], shown[1][:, None]) == found
    assert np.isnan(preflight(network(), shown[0]).accuracy)
    assert "accuracy 0.9" in found.summary() or "accuracy 1.0" in found.summary()


@pytest.mark.parametrize(
    ("build", "change", "about", "message"),
    [
        (lambda: network(1.0), lambda x, y: (x, y), "range", r"value_range=\(0, 1\)"),
        (network, lambda x, y: (x, (y + 1) % CLASSES), "labels", "subtract 1"),
        (network, lambda x, y: (x, (y - 1) % CLASSES), "labels", "add 1"),
        (network, lambda x, y: (x, np.array([2, 3, 0, 1])[y]), "class order", r"label 0 is output 2"),
        (lambda: network(0.0), lambda x, y: (x, y), "predictions", "the same to every image"),
    ],
)
def test_what_is_wrong_is_an_error_with_its_remedy(shown, build, change, about, message):
    found = preflight(build(), *change(*shown))
    assert next(finding.about for finding in found.findings if finding.severity == "error") == about
    with pytest.raises(ValueError, match=message):
        found.enforce()


def brightest(scale):
    """Scores channels of 0..1 images by their mean; without biases, so that another range gives the same classes."""
    model = keras.Sequential(
        [keras.Input((6, 6, 3)), layers.GlobalAveragePooling2D(), layers.Dense(3, "softmax", use_bias=False)]
    )
    model.layers[-1].set_weights([scale * np.eye(3)])
    return model


@pytest.mark.parametrize("given", [(0, 255), (0, 1), (-1, 1)])
@pytest.mark.parametrize(("expected", "scale"), [((0, 255), 10 / 255), ((0, 1), 10), ((-1, 1), 5)])
def test_a_range_that_leaves_the_classes_as_they_are_is_told_by_cross_entropy(given, expected, scale):
    random = np.random.default_rng(0)
    means = random.uniform(0, 255, (200, 3))
    images = np.broadcast_to(means[:, None, None], (200, 6, 6, 3)).astype("float32")
    labels = np.array([random.choice(3, p=p / p.sum()) for p in np.exp(10 / 255 * means)])
    found = preflight(kinv.wrap(brightest(scale), value_range=given), images, labels)
    if given == expected:
        assert not found.findings
        assert not preflight(kinv.wrap(brightest(scale), value_range=given), images).findings
    elif set((given, expected)) != {(0, 1), (-1, 1)}:  # these two differ by a factor of 2
        argument = "" if expected == (0, 255) else f", value_range={expected}"
        ((about, message),) = [(one.about, one.message) for one in found.findings if one.severity == "error"]
        assert about == "range" and message.startswith("cross-entropy") and f"kinv.wrap(model{argument})." in message
        if given == (0, 255):
            (finding,) = preflight(kinv.wrap(brightest(scale)), images).findings
            assert finding.severity == "warning" and "kinv.wrap(model, value_range=(" in finding.message


def test_probabilities_that_the_graph_hides_are_told_by_their_values(shown):
    model = keras.Sequential([*network().layers, layers.Softmax(), layers.Rescaling(1.0)])
    with pytest.raises(ValueError, match=r"returns probabilities, expected logits: pass kinv.wrap\(model\)"):
        preflight(model, *shown).enforce()
    assert preflight(kinv.wrap(model), *shown).passed


def test_what_is_doubtful_is_one_warning(shown, caplog):
    images, labels = shown
    random = np.random.default_rng(1).permutation(labels)
    found = preflight(network(), images, random)
    assert found.passed and [finding.about for finding in found.findings] == ["accuracy"]
    with caplog.at_level(logging.WARNING, "kinv.classifiers"):
        found.enforce()
    assert len(caplog.records) == 1 and "no better than chance" in caplog.text
    dark = np.clip(images / 5, 0, 60)
    assert [finding.about for finding in preflight(network(), dark).findings] == ["predictions"]
    wrongly_scaled = preflight(network(1.0), images)  # without labels it may be meant
    assert "range" in {finding.about for finding in wrongly_scaled.findings} and wrongly_scaled.passed


def test_classes_of_the_data_and_of_the_network():
    images, labels = np.full((4, 6, 6, 3), 100, "float32"), np.arange(4)
    few = check_sample(network(), images, labels, ["a", "b"])
    assert few.findings[0].about == "classes" and not few.passed
    order = check_sample(network(names=["a", "b", "c", "d"]), images, labels, ["b", "a", "c", "d"])
    assert order.findings[0].about == "class order"


def test_small_logits_are_not_the_same_logits(shown):
    """Of a network with random weights, for example."""
    model = network()
    model.layers[-1].set_weights([1e-8 * weights for weights in model.layers[-1].get_weights()])
    found = preflight(model, *shown)
    assert found.passed and found.accuracy > 0.9


def test_labels_from_one_are_named(shown):
    with pytest.raises(ValueError, match="subtract 1"):
        preflight(network(), shown[0], shown[1] + 1)


def test_it_comes_first_everywhere_and_its_findings_stay(shown, tmp_path):
    images, labels = shown
    shifted = (labels + 1) % CLASSES
    with pytest.raises(ValueError, match="off by one"):
        kinv.screen(network(), images, shifted, ["rotation"], {"rotation": [0, 90]}, results=tmp_path / "none")
    assert not (tmp_path / "none").exists()
    kept = kinv.screen(network(), images, labels, ["rotation"], {"rotation": [0, 90]})
    assert kept.metadata["preflight"]["accuracy"] > 0.9
    unchecked = kinv.screen(network(), images, shifted, ["rotation"], {"rotation": [0, 90]}, preflight=False)
    assert unchecked.metadata["preflight"] is None
    for method in (
        InvariantTransformer(network(), family="paper", hidden_units=(2,)),
        FilterGAN(network(), "conv", width=2),
    ):
        method.compile()
        for given in ((images, shifted), (tf.data.Dataset.from_tensor_slices((images, shifted)).batch(COUNT), None)):
            with pytest.raises(ValueError, match="off by one"):
                method.fit(*given, verbose=0)
        method.fit(images, labels, batch_size=COUNT, verbose=0)
    import json

    kinv.save(method, tmp_path / "gan", saved_model=False)
    assert json.loads((tmp_path / "gan" / "metadata.json").read_text())["preflight"]["accuracy"] > 0.9


@pytest.mark.parametrize("seed", range(3))
def test_random_networks_and_labels_are_not_called_wrong(seed):
    keras.utils.set_random_seed(seed)
    model = keras.Sequential([keras.Input((6, 6, 3)), layers.Flatten(), layers.Dense(8, "relu"), layers.Dense(3)])
    random = np.random.default_rng(seed)
    found = preflight(model, random.uniform(0, 255, (200, 6, 6, 3)), random.integers(0, 3, 200))
    assert found.passed
