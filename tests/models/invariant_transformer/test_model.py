"""The Invariant Transformer Net: its losses, its gate, its transformations, and that it learns."""

import keras
import numpy as np
import pytest
from keras import layers, ops

from kinv import classifiers
from kinv.data.sources.digits import open_embedded
from kinv.models import InvariantTransformer


@pytest.fixture(scope="module")
def digits():
    return open_embedded("train").load(limit=1200)


@pytest.fixture(scope="module")
def digit_classifier():
    return classifiers.load("digit_cnn")


def brightness_blind():
    """A classifier that only compares colour channels: brightness and place do not matter, colours do."""
    inputs = layers.Input((16, 16, 3))
    means = layers.GlobalAveragePooling2D()(inputs)
    kernel = np.array([[1, -0.5, -0.5], [-0.5, 1, -0.5], [-0.5, -0.5, 1]], "float32") / 20
    logits = layers.Dense(3, use_bias=False, name="logits")
    model = keras.Model(inputs, logits(means))
    logits.set_weights([kernel])
    return model


def colored_images(random, count):
    labels = random.integers(0, 3, count).astype("int32")
    images = random.uniform(60, 140, (count, 16, 16, 3)).astype("float32")
    images[np.arange(count), :, :, labels] += 50
    return images, labels


# === Transforming ===


def test_transformations_have_the_shape_and_range_of_the_images(images):
    transformer = InvariantTransformer(seed=3)
    assert transformer.controls == (12, 6)
    for result in (
        transformer.augment(images, 1),
        transformer.transform(images, np.linspace(0, 1, 12), (1, 0, 0.3, 0.5, 0, 1)),
        transformer(images),
    ):
        result = ops.convert_to_numpy(result)
        assert result.shape == images.shape and result.dtype == np.float32
        assert result.min() >= 0 and result.max() <= 255
        assert np.abs(result - images).mean() > 0


def test_the_same_seed_augments_alike_and_every_image_on_its_own(images):
    transformer = InvariantTransformer()
    same = np.repeat(images[:1], 4, axis=0)
    first = ops.convert_to_numpy(transformer.augment(same, 7))
    np.testing.assert_array_equal(first, transformer.augment(same, 7))
    np.testing.assert_array_equal(first, transformer.augment(same, np.array([7, 0], "int32")))
    assert np.abs(first - ops.convert_to_numpy(transformer.augment(same, 8))).max() > 0
    assert all(np.abs(first[0] - other).max() > 0 for other in first[1:])


def test_augment_is_transform_with_hashed_control_parameters(images):
    from kinv.ops.stateless_random import hashed_uniform

    transformer = InvariantTransformer()
    k = hashed_uniform(np.array([7, 0], "int32"), 4, 18)
    np.testing.assert_array_equal(transformer.augment(images, 7), transformer.transform(images, k[:, :12], k[:, 12:]))


def test_any_size_and_uint8_are_taken(random):
    transformer = InvariantTransformer()
    for shape in ((1, 5, 9, 3), (2, 64, 48, 3)):
        images = random.integers(0, 256, shape, "uint8")
        assert transformer.augment(images, 0).shape == shape


@pytest.mark.parametrize("fill", ["zeros", "reflect", "nearest"])
def test_the_identity_matrices_return_the_same_bits(images, fill):
    transformer = InvariantTransformer(fill=fill)
    color, space = (np.tile(np.eye(r, c, dtype="float32"), (4, 1, 1)) for r, c in ((3, 4), (2, 3)))
    np.testing.assert_array_equal(transformer.apply_matrices(images, color, space), images)


# === The losses, by hand ===


def test_the_transformation_loss_is_that_of_the_paper(random):
    """Against its expectation: unit vectors in n dimensions give `||A - I||^2 / n`, weighted by `k_1 + k_2`."""
    loss_of = InvariantTransformer(family="paper", probes=200_000).objective.transformation_loss
    for rows, columns in ((3, 4), (2, 3)):
        matrices = (np.eye(rows, columns) + 0.2 * random.normal(size=(5, rows, columns))).astype("float32")
        k = random.uniform(size=(5, 2)).astype("float32")
        squared = np.sum((matrices - np.eye(rows, columns)) ** 2, axis=(1, 2))
        expected = -np.mean(k.sum(1) * squared / columns)
        loss = loss_of(ops.convert_to_tensor(matrices), ops.convert_to_tensor(k), None, keras.random.SeedGenerator(0))
        assert float(loss) == pytest.approx(expected, rel=0.02)


def changes_in_one_step(threshold, labels_shift=0, probes=32):
    """How the weights of both generators move in one step of plain gradient descent, and what was logged."""
    images, labels = colored_images(np.random.default_rng(0), 8)
    transformer = InvariantTransformer(brightness_blind(), family="paper", accuracy_threshold=threshold, probes=probes)
    before = [ops.convert_to_numpy(weight) for weight in transformer.trainable_variables]
    transformer.compile(keras.optimizers.SGD(1.0), run_eagerly=True)
    logs = transformer.train_on_batch(images, (labels + labels_shift) % 3, return_dict=True)
    after = [ops.convert_to_numpy(weight) for weight in transformer.trainable_variables]
    moved = [(new - old).ravel() for old, new in zip(before, after, strict=True)]
    split = len(transformer.color_generator.trainable_variables)
    return np.concatenate(moved[:split]), np.concatenate(moved[split:]), logs


def test_the_gate_takes_one_loss_or_the_other():
    """Above the threshold labels do not matter, below it the transformation loss does not. All steps have norm 1."""
    *expanding, logs = changes_in_one_step(threshold=0.0)
    assert logs["expanding"] == 1 and logs["accuracy"] > 0
    *other_labels, logs = changes_in_one_step(threshold=0.0, labels_shift=1)
    assert logs["expanding"] == 1 and logs["accuracy"] == 0
    *holding, logs = changes_in_one_step(threshold=0.5, labels_shift=1)
    assert logs["expanding"] == 0
    *other_probes, _ = changes_in_one_step(threshold=0.5, labels_shift=1, probes=2)
    for parts in zip(expanding, other_labels, holding, other_probes, strict=True):
        assert [np.linalg.norm(part) for part in parts] == pytest.approx([1, 1, 1, 1], rel=1e-3)
        np.testing.assert_array_equal(parts[0], parts[1])
        np.testing.assert_array_equal(parts[2], parts[3])
        assert np.abs(parts[0] - parts[2]).max() > 1e-3


def test_the_gate_is_relative_to_the_networks_own_accuracy():
    """Of 8 labels 2 are right: keeping both of them is all that can be asked for."""
    images, labels = colored_images(np.random.default_rng(0), 8)
    labels[2:] = (labels[2:] + 1) % 3
    transformer = InvariantTransformer(brightness_blind(), family="paper", accuracy_threshold=0.9)
    transformer.compile(run_eagerly=True)
    shown = transformer.test_on_batch(images, labels, return_dict=True)
    assert shown["own_accuracy"] == 0.25 and shown["accuracy"] == 0.25 and shown["expanding"] == 1
    with pytest.warns(UserWarning, match=r"never explored.*0\.00 of the originals"):
        transformer.fit(images[2:], labels[2:], batch_size=6, verbose=0, preflight=False)


def test_the_smoothed_gradient_points_where_backpropagation_does():
    """On a classifier whose loss is smooth in the matrices, so that both slopes are the same."""
    images, labels = colored_images(np.random.default_rng(0), 3000)
    images, labels = images[labels == 0], labels[labels == 0]  # all ask for the same change
    images[:, :, 8:, 0] = 0  # the colour that decides is on the left
    changes = []
    for smoothing in (0.0, 0.02):
        transformer = InvariantTransformer(
            brightness_blind(), family="paper", accuracy_threshold=1.0, smoothing=smoothing, seed=3
        )
        before = [ops.convert_to_numpy(weight) for weight in transformer.trainable_variables]
        transformer.compile(keras.optimizers.SGD(1.0), run_eagerly=True)
        transformer.train_on_batch(images, (labels + 1) % 3)
        after = [ops.convert_to_numpy(weight) for weight in transformer.trainable_variables]
        split = len(transformer.color_generator.trainable_variables)
        changes.append([(new - old).ravel() for new, old in zip(after[split:], before[split:], strict=True)])
    exact, smoothed = (np.concatenate(parts) for parts in changes)
    assert np.linalg.norm(exact) == pytest.approx(1, rel=1e-3) and np.linalg.norm(smoothed) == pytest.approx(1, 1e-3)
    assert np.dot(exact, smoothed) > 0.9


def test_expanding_moves_away_from_the_identity():
    images, labels = colored_images(np.random.default_rng(0), 32)
    transformer = InvariantTransformer(brightness_blind(), family="paper", accuracy_threshold=0.0)
    transformer.compile(keras.optimizers.Adam(1e-3))
    first = transformer.evaluate(images, labels, verbose=0, return_dict=True)
    transformer.fit(images, labels, epochs=5, batch_size=8, verbose=0)
    last = transformer.evaluate(images, labels, verbose=0, return_dict=True)
    assert last["color_distance"] > 1.5 * first["color_distance"]
    assert last["space_distance"] > 1.5 * first["space_distance"]


@pytest.mark.long
def test_it_finds_what_a_classifier_ignores():
    """The classifier ignores brightness and place. At a distance where random colour matrices fool it, the learned
    ones leave the differences between channels alone."""
    from kinv.analysis import compare_with_random

    random = np.random.default_rng(0)
    classifier = brightness_blind()
    images, labels = colored_images(random, 64)
    transformer = InvariantTransformer(
        classifier, family="paper", accuracy_threshold=0.95, color_weight=0.5, fill="reflect"
    )
    transformer.compile(keras.optimizers.Adam(2e-3))
    measured = []
    for epochs in (30, 2, 2, 2):  # the distance grows and the gate answers: one moment says little
        transformer.fit(images, labels, epochs=epochs, batch_size=16, verbose=0)
        measured.append(compare_with_random(transformer, classifier, *colored_images(random, 64), draws=4).metrics())
    names = ("color_distance", "learned_unchanged", "random_unchanged")
    metrics = {name: np.mean([moment[name] for moment in measured]) for name in names}
    assert metrics["color_distance"] > 0.3
    assert metrics["learned_unchanged"] > metrics["random_unchanged"] + 0.3
    assert metrics["learned_unchanged"] > 0.9


@pytest.mark.release
def test_it_works_on_greyscale_digits_with_and_without_labels(digits, digit_classifier):
    images, labels = (every[::4] for every in digits)
    for given in ((images, labels), (images,)):
        transformer = InvariantTransformer(digit_classifier, family="paper", accuracy_threshold=0.85, color_weight=0.2)
        transformer.compile(keras.optimizers.Adam(2e-3))
        history = transformer.fit(*given, epochs=6, batch_size=32, verbose=0).history
        assert history["space_distance"][-1] > history["space_distance"][0]
        assert np.mean(history["accuracy"][-3:]) > 0.7  # the gate answers a batch later: the last epoch alone swings
        assert transformer.augment(images[:3], 0).shape == (3, 28, 28, 1)


def test_a_stream_of_images_without_labels_trains(images):
    import tensorflow as tf

    classifier = classifiers.wrap(
        keras.Sequential([layers.Input((20, 24, 3)), layers.Conv2D(4, 3), layers.GlobalAveragePooling2D()])
    )
    transformer = InvariantTransformer(classifier, family="paper")
    transformer.compile()
    logs = transformer.fit(tf.data.Dataset.from_tensor_slices(images).batch(2), verbose=0, shuffle=False).history
    assert set(logs) == {
        "classifier_loss", "transformation_loss", "accuracy", "own_accuracy", "color_distance", "space_distance",
        "expanding",
    }  # fmt: skip


# === Keeping ===


def test_only_the_generators_are_trained_and_saved(tmp_path):
    classifier = brightness_blind()
    transformer = InvariantTransformer(classifier)
    names = {variable.path.split("/")[0] for variable in transformer.trainable_variables}
    assert names == {"color_generator", "space_generator"}
    transformer.save_weights(tmp_path / "m.weights.h5")
    import h5py

    with h5py.File(tmp_path / "m.weights.h5") as file:
        stored = []
        file.visit(stored.append)
    assert not [name for name in stored if "logits" in name]


@pytest.mark.parametrize("family", ["largest", "paper"])
def test_a_keras_file_brings_it_back(tmp_path, images, family):
    transformer = InvariantTransformer(brightness_blind(), family=family, hidden_units=(7,), fill="nearest", seed=4)
    transformer.save(tmp_path / "itn.keras")
    again = keras.models.load_model(tmp_path / "itn.keras")
    np.testing.assert_array_equal(again.augment(images, 3), transformer.augment(images, 3))
    assert again.get_config() == transformer.get_config()
    with pytest.raises(ValueError, match="set_classifier"):
        again.compile()
        again.fit(images, np.zeros(4, "int32"), verbose=0)
    again.set_classifier(
        keras.Sequential([layers.Input((20, 24, 3)), layers.Conv2D(4, 3), layers.GlobalAveragePooling2D()])
    )
    again.fit(images, np.zeros(4, "int32"), verbose=0)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"channels": 2}, "channels"),
        ({"accuracy_threshold": 1.5}, "accuracy_threshold"),
        ({"color_weight": -1.0}, "color_weight"),
        ({"color_weight": float("nan")}, "color_weight"),
        ({"probes": 0}, "probes"),
        ({"fill": "wrap"}, "fill"),
        ({"hidden_units": (), "family": "paper"}, "hidden_units"),
        ({"family": "small"}, "family"),
        ({"smoothing": 0.0}, "smoothing"),
    ],
)
def test_wrong_arguments_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        InvariantTransformer(**arguments)


def test_a_loss_without_a_value_for_every_image_is_refused():
    with pytest.raises(ValueError, match="received 'mse'"):
        InvariantTransformer().compile(loss="mse")


def test_wrong_images_and_control_parameters_are_refused(images):
    transformer = InvariantTransformer()
    with pytest.raises(ValueError, match=r"\(count, height, width, channels\)"):
        transformer.augment(images[0, 0], 0)
    with pytest.raises(ValueError, match=r"\(batch, height, width, 3\)"):
        transformer.augment(images[..., :1], 0)
    with pytest.raises(ValueError, match=r"k_space must have shape \(6,\)"):
        transformer.transform(images, [0] * 12, (0, 0, 0))
    with pytest.raises(ValueError, match="seed"):
        transformer.augment(images, -1)
    with pytest.raises(ValueError, match="seed"):
        transformer.augment(images, np.zeros(3, "int32"))
