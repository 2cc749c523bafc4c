"""What Keras users do when they train and evaluate any model works with each method."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from .every_method import IMAGES, LABELS, TRAINED, made, network, over, trained

pytestmark = pytest.mark.usefixtures("eagerly")


@trained
def test_validation_metrics_and_evaluation(name):
    model, data = made(
        name, metrics=[keras.metrics.MeanSquaredError(name="mse")] if len(TRAINED[name][1]) == 1 else ["accuracy"]
    )
    history = model.fit(*data, batch_size=8, verbose=0, validation_data=data).history
    asked_for = "mse" if len(data) == 1 else "accuracy"
    assert {asked_for, f"val_{asked_for}"} <= set(history)
    model.fit(data[0], batch_size=8, verbose=0, validation_split=0.25)
    shown = model.evaluate(*data, batch_size=8, verbose=0, return_dict=True)
    assert all(np.isfinite(value) for value in shown.values())
    before = [np.asarray(weight) for weight in model.weights]
    assert model.evaluate(*data, batch_size=8, verbose=0, return_dict=True)[asked_for] == pytest.approx(
        shown[asked_for],
        abs=0.5 if "transformer" in name else 1e-6,  # which draws in evaluation too
    )
    if "transformer" not in name:
        for weight, old in zip(model.weights, before, strict=True):
            np.testing.assert_array_equal(weight, old)


def test_the_metrics_of_compile_are_of_reconstructions_and_predictions():
    machine, (vectors,) = made("rbm", metrics=["mse"])
    shown = machine.evaluate(vectors, verbose=0, return_dict=True)
    assert shown["mse"] == pytest.approx(np.square(machine.visible_means(machine(vectors)) - vectors).mean(), rel=1e-5)
    gan, (images, labels) = made("gan", metrics=["accuracy"])
    gan.generator.change.kernel.assign(0 * gan.generator.change.kernel)  # all filters are the real ones
    right = (gan.cut.model.classifier.predict(images[:4], verbose=0).argmax(axis=1) == labels[:4]).mean()
    assert gan.evaluate(images[:8], labels[:8], verbose=0, return_dict=True)["accuracy"] == right


@trained
def test_sample_weights_count(name):
    """Images of weight 0 might as well be left out; if none counts, nothing is learned."""
    model, data = made(name)
    before = [np.asarray(weight) for weight in model.trainable_variables]
    none = np.zeros(len(data[0]))
    shown = model.evaluate(*data, batch_size=8, verbose=0, return_dict=True, sample_weight=none)
    assert all(np.isfinite(value) for value in shown.values())
    if name != "gan":  # whose filters have to differ whatever the images
        model.fit(*data, batch_size=8, verbose=0, sample_weight=none)
        for weight, old in zip(model.trainable_variables, before, strict=True):
            np.testing.assert_allclose(weight, old, atol=1e-7)


@over(["rbm", "sdae", "autoencoder"])
def test_a_weighted_loss_is_that_of_the_images_that_count(name):
    model, (data,) = made(name)
    count = len(data)
    weights = np.repeat([1.0, 0.0], count // 2)
    weighted = model.evaluate(data, batch_size=count, verbose=0, return_dict=True, sample_weight=weights)
    alone = model.evaluate(data[: count // 2], batch_size=count, verbose=0, return_dict=True)
    for metric in set(alone) - {"pseudo_likelihood"}:  # of a random pixel, drawn for the batch
        assert weighted[metric] == pytest.approx(alone[metric], rel=1e-4), metric


def test_weights_of_contrastive_divergence_are_as_copies():
    machine, _ = made("rbm")
    v, h, w = (np.random.default_rng(0).uniform(size=(3, size)).astype("float32") for size in (20, 6, 20))
    twice = machine.contrast(v[[0, 0, 1, 2]], h[[0, 0, 1, 2]], w[[0, 0, 1, 2]], h[[0, 0, 1, 2]])
    weighted = machine.contrast(v, h, w, h, tf.constant([2.0, 1.0, 1.0]))
    for one, other in zip(twice, weighted, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-6)


@trained
def test_keras_files_go_on_with_their_optimizers(name, tmp_path):
    model, data = made(name, optimizer="adam")
    model.fit(*data, batch_size=8, verbose=0)
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    if hasattr(again, "set_classifier"):
        again.set_classifier(network())
    for each in (model, again):
        each.fit(*data, batch_size=8, verbose=0, shuffle=False)
    assert int(again.optimizer.iterations) == int(model.optimizer.iterations) > len(data[0]) // 8
    for one, other in zip(model.weights, again.weights, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-5)


@trained
def test_learning_rate_callbacks(name):
    model, data = made(name, optimizer=keras.optimizers.SGD(0.5))
    schedule = keras.callbacks.LearningRateScheduler(lambda epoch: 0.25)
    model.fit(data[0], batch_size=8, verbose=0, callbacks=[schedule])
    assert float(model.optimizer.learning_rate) == 0.25


def test_optimizers_keep_their_proportions():
    rates = {"discriminator": 0.4, "generator": 0.2, "code": 0.1}
    gan, (images, _) = made("gan", optimizer={name: keras.optimizers.SGD(rate) for name, rate in rates.items()})
    gan.fit(images, verbose=0, callbacks=[keras.callbacks.LearningRateScheduler(lambda epoch: 0.04)])
    each = (gan.discriminator_optimizer, gan.generator_optimizer, gan.code_optimizer)
    np.testing.assert_allclose([float(one.learning_rate) for one in each], [0.04, 0.02, 0.01], rtol=1e-6)


@pytest.mark.parametrize("restore", [False, True])
def test_early_stopping_ends_a_layer(restore):
    """With a learning rate of 0 nothing gets better: each layer trains the first epoch and those of its patience."""
    stack, (vectors,) = made("dbn", optimizer=keras.optimizers.SGD(0.0))
    stop = keras.callbacks.EarlyStopping(
        "free_energy", min_delta=100, patience=2, mode="min", restore_best_weights=restore
    )
    history = stack.fit(vectors, batch_size=32, epochs=6, verbose=0, callbacks=[stop]).history
    assert history["layer"] == [1, 1, 1, 2, 2, 2] or history["layer"] == [1] * 4 + [2] * 4
    whole = stack.fit(vectors, batch_size=32, epochs=(1, 2), verbose=0, callbacks=[stop]).history
    assert whole["layer"] == [1, 2, 2]


def test_a_learning_rate_falls_for_the_layer_in_training_only():
    stack, (vectors,) = made("sdae", optimizer=keras.optimizers.SGD(0.5))
    plateau = keras.callbacks.ReduceLROnPlateau(
        "reconstruction_error", factor=0.1, patience=1, min_delta=1e6, mode="min", min_lr=1e-9
    )
    seen = []
    watch = keras.callbacks.LambdaCallback(
        on_epoch_begin=lambda epoch, logs: seen.append(float(stack.optimizer.learning_rate))
    )
    stack.fit(vectors, epochs=2, verbose=0, callbacks=[plateau, watch])
    assert seen[0] == seen[2] == 0.5  # the second layer's first epoch


@pytest.mark.long
def test_losses_by_name_and_one_hot_labels():
    expected = None
    for loss, labels in (
        (None, LABELS),
        ("sparse_categorical_crossentropy", LABELS[:, None]),
        ("categorical_crossentropy", keras.utils.to_categorical(LABELS, 5)),
        (keras.losses.CategoricalCrossentropy(from_logits=True), keras.utils.to_categorical(LABELS, 5)),
    ):
        model, _ = made("transformer", loss=loss)
        shown = model.evaluate(IMAGES, labels, verbose=0, return_dict=True)
        expected = expected or shown
        assert shown["classifier_loss"] == pytest.approx(expected["classifier_loss"], rel=1e-5)
        assert shown["accuracy"] == expected["accuracy"]
    with pytest.raises(ValueError, match="from_logits=True"):
        made("transformer", loss=keras.losses.SparseCategoricalCrossentropy())


def test_metrics_that_mean_nothing_are_said_to_be_left_out():
    with pytest.warns(UserWarning, match="no labels"):
        made("coupled", metrics=["accuracy"])


@pytest.mark.release
@pytest.mark.parametrize("name", ["transformer", "gan", "rbm", "coupled", "autoencoder"])
def test_xla(name):
    model, data = made(name, jit_compile=True)
    history = model.fit(steps=2) if data is None else model.fit(*data, batch_size=8, verbose=0)
    assert all(np.isfinite(values).all() for values in history.history.values())
