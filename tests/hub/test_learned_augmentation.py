"""A layer that augments: while training only, the same for the same seed, and whole in a saved model."""

import subprocess
import sys
from importlib import import_module

import keras
import numpy as np
import pytest
import tensorflow as tf

import kinv
from kinv.layers import LearnedAugmentation
from kinv.models import InvariantTransformer, RestrictedBoltzmannMachine
from kinv.registration import MODULES


@pytest.fixture(scope="module")
def transformer():
    return InvariantTransformer(family="paper", hidden_units=(8,), seed=2)


@pytest.fixture
def saved(transformer, tmp_path):
    return kinv.save(transformer, tmp_path / "itn", saved_model=False)


def test_it_transforms_while_training_only(saved, transformer, images):
    layer = LearnedAugmentation(saved, seed=4)
    np.testing.assert_array_equal(layer(images, training=False), images)
    augmented = np.asarray(layer(images, training=True))
    assert np.abs(augmented - images).mean() > 1
    drawn = tf.cast(keras.random.SeedGenerator(4).next(), tf.int32)
    np.testing.assert_allclose(augmented, transformer.augment(images, drawn), atol=1e-3)


def test_seeds(saved, images):
    first, same, other = (LearnedAugmentation(saved, seed=seed) for seed in (1, 1, 2))
    one, two = first(images, training=True), first(images, training=True)
    assert np.abs(one - two).max() > 1  # other images in every call
    np.testing.assert_array_equal(one, same(images, training=True))
    np.testing.assert_array_equal(two, same(images, training=True))
    assert np.abs(one - other(images, training=True)).max() > 1


def test_without_a_seed_layers_draw_differently(saved, images):
    one, other = (LearnedAugmentation(saved)(images, training=True) for _ in range(2))
    assert np.abs(one - other).max() > 1


def test_the_users_metrics_are_the_users_own(saved, images):
    """`accuracy` is also the name of a metric of the transformer."""
    network = keras.Sequential(
        [LearnedAugmentation(saved, seed=1), keras.layers.GlobalAveragePooling2D(), keras.layers.Dense(2)]
    )
    network.compile(keras.optimizers.Adam(), keras.losses.SparseCategoricalCrossentropy(True), metrics=["accuracy"])
    labels = np.arange(len(images)) % 2
    history = network.fit(images, labels, epochs=2, verbose=0, validation_data=(images, labels)).history
    assert set(history) == {"loss", "accuracy", "val_loss", "val_accuracy"}
    predicted = network.predict(images, verbose=0).argmax(axis=1)
    shown = network.evaluate(images, predicted, verbose=0, return_dict=True)
    assert shown["accuracy"] == 1


def test_ranges_and_types(saved, images):
    whole = LearnedAugmentation(saved, seed=1)(images, training=True)
    unit = LearnedAugmentation(saved, (-1, 1), seed=1)(images / 127.5 - 1, training=True)
    np.testing.assert_allclose(127.5 * (np.asarray(unit) + 1), whole, atol=1e-2)
    bytes_ = images.astype("uint8")
    layer = LearnedAugmentation(saved, seed=1)
    assert layer(bytes_, training=False).dtype == layer(bytes_, training=True).dtype == tf.float32
    half = LearnedAugmentation(saved, seed=1, dtype="mixed_float16")
    assert half(images, training=True).dtype == tf.float16


def test_it_is_a_part_of_a_model_that_is_trained_saved_and_loaded(saved, images, tmp_path):
    network = keras.Sequential(
        [
            keras.Input((20, 24, 3)),
            LearnedAugmentation(saved, seed=3),
            keras.layers.Rescaling(1 / 255),
            keras.layers.GlobalAveragePooling2D(),
            keras.layers.Dense(2),
        ]
    )
    assert len(network.trainable_variables) == 2  # the dense layer's alone
    before = [np.asarray(weight) for weight in network.layers[0].transformer.weights]
    network.compile("sgd", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    network.fit(images, np.array([0, 1, 0, 1]), epochs=2, verbose=0)
    for weight, old in zip(network.layers[0].transformer.weights, before, strict=True):
        np.testing.assert_array_equal(weight, old)
    network.save(tmp_path / "network.keras")
    expected, training = network.predict(images, verbose=0), network.layers[0](images, training=True)
    for path in sorted(saved.rglob("*"), reverse=True):  # the artifact is not needed any more
        path.unlink() if path.is_file() else path.rmdir()
    again = keras.models.load_model(tmp_path / "network.keras")
    np.testing.assert_array_equal(again.predict(images, verbose=0), expected)
    np.testing.assert_array_equal(again.layers[0](images, training=True), training)


def test_in_a_data_pipeline(saved, images):
    layer = LearnedAugmentation(saved, seed=5)

    def batch():
        data = tf.data.Dataset.from_tensor_slices(images).batch(2).repeat(2)
        return np.stack(list(data.map(lambda batch: layer(batch, training=True)).as_numpy_iterator()))

    augmented = batch()
    assert augmented.shape == (4, 2, 20, 24, 3)
    assert np.abs(augmented[:2] - augmented[2:]).max() > 1


def test_what_does_not_augment_is_refused(saved, tmp_path):
    machine = kinv.save(RestrictedBoltzmannMachine(4, 2), tmp_path / "machine", saved_model=False)
    with pytest.raises(ValueError, match="received a RestrictedBoltzmannMachine"):
        LearnedAugmentation(machine)
    with pytest.raises(kinv.ArtifactError, match="No artifact 'nothing'"):
        LearnedAugmentation("nothing")
    with pytest.raises(ValueError, match="value_range"):
        LearnedAugmentation(saved, (1, 0))


def test_it_is_used_as_keras_preprocessing_layers_are(saved, images):
    """One image, a dict, both orders of axes, half precision; Keras's own rules for the rest."""
    assert isinstance(LearnedAugmentation(saved), type(keras.layers.RandomFlip()).__base__)

    def layer(**arguments):
        return LearnedAugmentation(saved, seed=1, **arguments)

    whole = np.asarray(layer()(images))
    assert np.abs(whole - images).mean() > 1  # as with Keras's layers, training is the default
    np.testing.assert_array_equal(layer()(images[0]), np.asarray(layer()(images[:1]))[0])
    given = {"images": images, "labels": np.arange(len(images))}
    found = layer()(given)
    np.testing.assert_array_equal(found["images"], whole)
    np.testing.assert_array_equal(found["labels"], given["labels"])
    assert given["images"] is images
    first = layer(data_format="channels_first")(images.transpose(0, 3, 1, 2))
    np.testing.assert_array_equal(np.transpose(first, (0, 2, 3, 1)), whole)
    dataset = tf.data.Dataset.from_tensor_slices(images).map(layer())
    assert [one.shape for one in dataset] == [images.shape[1:]] * len(images)
    with pytest.raises(ValueError, match="can't move bounding_boxes"):
        layer()({"images": images, "bounding_boxes": {}})
    with pytest.raises(ValueError, match="must have 'images'"):
        layer()({"picture": images})


def test_greyscale_images_stay_grey(saved, images):
    grey = images.mean(axis=-1, keepdims=True)
    found = np.asarray(LearnedAugmentation(saved, seed=1)(grey))
    expected = np.asarray(LearnedAugmentation(saved, seed=1)(np.repeat(grey, 3, axis=-1)))
    assert found.shape == grey.shape
    np.testing.assert_allclose(found[..., 0], expected @ [0.299, 0.587, 0.114], atol=1e-3)


def test_images_in_unit_range_are_caught(saved, images):
    unit, layer = images / 255, LearnedAugmentation(saved)
    with pytest.raises(ValueError, match="multiply them by 255"):
        layer(unit)
    with pytest.raises(tf.errors.InvalidArgumentError, match="multiply them by 255"):
        list(tf.data.Dataset.from_tensor_slices(unit).batch(2).map(layer))
    network = keras.Sequential([layer, keras.layers.GlobalAveragePooling2D(), keras.layers.Dense(2)])
    network.compile("sgd", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    with pytest.raises(tf.errors.InvalidArgumentError, match="multiply them by 255"):
        network.fit(unit, np.zeros(len(unit)), verbose=0)
    black = tf.data.Dataset.from_tensors(np.zeros_like(images)).map(layer)
    assert next(iter(black)).shape == images.shape
    LearnedAugmentation(saved, (0, 1))(unit)


def test_a_saved_model_catches_images_in_unit_range(transformer, images, tmp_path):
    loaded = tf.saved_model.load(str(kinv.save(transformer, tmp_path / "itn") / "saved_model"))
    seed = tf.constant([1, 0])
    assert np.abs(loaded.augment(images, seed) - images).mean() > 1
    with pytest.raises(tf.errors.InvalidArgumentError, match="multiply them by 255"):
        loaded.augment(images / 255, seed)


@pytest.mark.long
def test_a_model_with_it_is_loaded_after_import_kinv_alone(saved, images, tmp_path):
    network = keras.Sequential([keras.Input((20, 24, 3)), LearnedAugmentation(saved), keras.layers.Flatten()])
    network.save(tmp_path / "network.keras")
    load = f"keras.saving.load_model({str(tmp_path / 'network.keras')!r}).summary()"
    for first in ("import kinv, keras", "import keras, kinv"):
        done = subprocess.run([sys.executable, "-c", f"{first}; {load}"], capture_output=True, text=True)
        assert done.returncode == 0, done.stderr[-2000:]


def test_the_names_that_keras_may_ask_for_are_those_that_are_registered():
    for name, module in MODULES.items():
        member = getattr(import_module(module), name)
        assert keras.saving.get_registered_object(f"kinv>{name}") is member
    registered = {name.split(">")[1] for name in keras.saving.get_custom_objects() if name.startswith("kinv>")}
    assert registered == set(MODULES)


def test_after_loading_nothing_of_it_is_trained(tmp_path):
    transformer = kinv.models.InvariantTransformer(channels=3)
    layer = kinv.layers.LearnedAugmentation(transformer, seed=1)
    network = keras.Sequential([keras.Input((8, 8, 3)), layer, keras.layers.Flatten(), keras.layers.Dense(2)])
    network.compile("adam", "mse")
    network.save(tmp_path / "network.keras")
    again = keras.models.load_model(tmp_path / "network.keras")
    for one in (network, again, keras.models.clone_model(network), keras.Sequential.from_config(network.get_config())):
        assert len(one.trainable_variables) == 2
