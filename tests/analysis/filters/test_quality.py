"""The quality of generated filters, on a network and filters whose quality is known."""

import importlib

import keras
import numpy as np
import pytest

from kinv import analysis, data
from kinv.analysis.filters.curves import MovementCurves
from kinv.classifiers.replaced_filters import ReplacedFilters
from kinv.layers.generated_convolution import convolution_kernel
from kinv.models import FilterGAN


@pytest.fixture(scope="module")
def digits():
    images, labels = data.load("mnist", "train")
    order = np.random.default_rng(0).permutation(len(images))[:1500]
    return images[order], labels[order]


@pytest.fixture(scope="module")
def classifier(digits):
    keras.utils.set_random_seed(0)
    inputs = keras.Input((28, 28, 1))
    x = keras.layers.Rescaling(1 / 255)(inputs)
    for name in ("first", "replaced"):
        x = keras.layers.Conv2D(12, 3, strides=2, name=name)(x)
        x = keras.layers.ReLU()(keras.layers.BatchNormalization(momentum=0.9, name=f"{name}_norm")(x))
    x = keras.layers.Conv2D(16, 3, activation="relu", name="above")(x)
    classifier = keras.Model(inputs, keras.layers.Dense(10)(keras.layers.Flatten()(x)), name="small")
    classifier.compile(keras.optimizers.Adam(3e-3), keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    classifier.fit(*digits, batch_size=64, epochs=3, verbose=0)
    return classifier


def gan_around(classifier, spread, layer="replaced"):
    """Generates the real filters plus `spread` of their deviation times a direction for each part of the code."""
    gan = FilterGAN(classifier, layer, latent_dim=2, width=4, hidden_units=(4,), movement=None, centered=False)
    hidden, filters = gan.generator.hidden[0], gan.generator.filters
    hidden.set_weights(
        [np.array([[1, -1, 0, 0], [0, 0, 1, -1]], "float32"), np.zeros(4, "float32")]
    )  # relu(z), relu(-z)
    kernel = np.asarray(convolution_kernel(classifier.get_layer(layer)))
    random, deviation = np.random.default_rng(0), kernel.std(axis=(0, 1, 2))
    direction = (random.choice([-1, 1], size=(2, *kernel.shape)) * deviation).reshape(2, -1)
    weights = spread * np.stack([direction[0], -direction[0], direction[1], -direction[1]]) / gan.generator.scale
    filters.set_weights([weights.astype("float32"), kernel.ravel() / np.float32(gan.generator.scale)])
    return gan


def measure(gan, digits, **options):
    (images, labels), options = (
        digits,
        {"singles": 3, "singles_on": 300, "sets": 3, "movements": (0.5,), "epochs": 1, **options},
    )
    return analysis.filter_quality(gan, images[:1000], labels[:1000], images[1000:], labels[1000:], **options)


def test_real_filters_are_as_good_as_the_network(classifier, digits):
    quality = measure(gan_around(classifier, 0.0), digits, epochs=0)
    assert quality.control == quality.network  # without epochs, nothing is retrained: the same network, bit for bit
    np.testing.assert_allclose(quality.averaged, quality.network, atol=0.002)  # the real filters, but for rounding
    some = np.linspace(0, 499, 300).astype(int)
    network = analysis.accuracy(classifier, digits[0][1000:][some], digits[1][1000:][some])
    np.testing.assert_allclose(quality.singles, network)
    assert quality.movement == pytest.approx(0, abs=1e-6) and quality.apart == pytest.approx(0, abs=1e-6)
    assert quality.verdict is None and "No other filters move outputs so far." in quality.summary()
    np.testing.assert_allclose(quality.diversity, 0, atol=1e-5)
    assert quality.network == analysis.accuracy(classifier, digits[0][1000:], digits[1][1000:])


def test_both_averages_are_retrained_and_diversity_is_what_was_put_in(classifier, digits):
    quality = measure(gan_around(classifier, 0.2), digits, singles=5)
    assert quality.averaged == pytest.approx(quality.control, abs=0.05) and quality.control != quality.network
    # two directions of independent standard normal weights: a deviation of 0.2 times the square root of two
    np.testing.assert_allclose(quality.diversity, 0.2 * np.sqrt(2), rtol=0.1)
    assert len(set(quality.singles)) > 1


def test_others_are_compared_where_they_move_outputs_as_far(classifier, digits):
    quality = measure(gan_around(classifier, 1.0), digits, singles=40, sets=4, epochs=0)
    # 40 draws of two numbers, in the unit of the outputs themselves
    cut = ReplacedFilters(classifier, "replaced")
    codes = np.random.default_rng(0).normal(size=(10, 2))  # of the average; those of single sets follow
    images = digits[0][:1000].astype("float32")
    entering, _ = cut.enter(images)
    real = np.asarray(cut.convolve(entering, cut.kernel()))
    deviation = np.sqrt(np.var(real, axis=0).mean(axis=(0, 1)))
    random = np.random.default_rng(0)
    random.normal(size=codes.shape)
    moved = [
        np.sqrt(np.square(np.asarray(cut.convolve(entering, filters)) - real).mean(axis=(0, 1, 2))) / deviation
        for filters in gan_around(classifier, 1.0).generate_filters(random.normal(size=(40, 2)).astype("float32"))
    ]
    assert quality.movement == pytest.approx(np.mean(moved), rel=1e-3)
    assert quality.curves.movements[quality.column] == pytest.approx(quality.movement, abs=1e-3)
    assert quality.curves.names[0] == "generated" and quality.curves.by_set.shape[2] == 4
    found = quality.metrics()
    assert found["generated"] < quality.network - 0.05 and found["best_other"] < quality.network


@pytest.mark.release
def test_filters_of_nothing_are_chance_until_the_layers_above_are_retrained(classifier, digits):
    gan = gan_around(classifier, 0.0)
    gan.generator.filters.bias.assign(np.random.default_rng(1).normal(size=gan.generator.filters.bias.shape))
    quality = measure(gan, digits, epochs=3, learning_rate=3e-3)
    assert quality.singles.mean() < 0.3
    assert quality.averaged > quality.singles.mean() + 0.2


def test_retraining_leaves_the_layer_and_what_is_below(classifier, digits):
    from kinv.analysis.filters.quality import retrain_above

    before = classifier.get_weights()
    kernel = 0.5 * np.asarray(convolution_kernel(classifier.get_layer("replaced")))
    network = ReplacedFilters(classifier, "replaced").copy(kernel)
    retrain_above(network, "replaced", *digits, epochs=1, batch_size=64, learning_rate=1e-3, seed=0)
    np.testing.assert_array_equal(network.get_layer("replaced").kernel, kernel)
    for name in ("first", "first_norm"):
        for ours, theirs in zip(network.get_layer(name).weights, classifier.get_layer(name).weights, strict=True):
            np.testing.assert_array_equal(ours, theirs)
    assert np.abs(network.get_layer("above").kernel - classifier.get_layer("above").kernel).max() > 0
    for now, then in zip(classifier.get_weights(), before, strict=True):
        np.testing.assert_array_equal(now, then)


@pytest.mark.release
def test_explained_variance_is_of_what_the_head_reads(classifier, digits):
    gan = gan_around(classifier, 0.1)
    gan.read_codes = lambda images, z: 0.5 * z
    assert measure(gan, digits).explained_variance == pytest.approx(0.75, abs=0.02)
    with pytest.raises(ValueError, match=r"received \(0, 28, 28, 1\)"):
        analysis.filter_quality(gan, digits[0][:0], digits[1][:0], digits[0], digits[1])


@pytest.mark.release
def test_the_activation_inside_a_layer_is_applied(digits):
    images, labels = digits
    inputs = keras.Input((28, 28, 1))
    x = keras.layers.Conv2D(6, 5, 2, activation="relu", name="inside")(keras.layers.Rescaling(1 / 255)(inputs))
    network = keras.Model(inputs, keras.layers.Dense(10)(keras.layers.Flatten()(x)))
    network.compile(keras.optimizers.Adam(3e-3), keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    network.fit(images, labels, batch_size=64, epochs=3, verbose=0)
    quality = measure(gan_around(network, 0.0, "inside"), digits, singles_on=500)
    np.testing.assert_allclose(quality.singles, quality.network)


def test_wrong_arguments_are_refused_before_anything_is_trained(classifier, digits, monkeypatch):
    module = importlib.import_module("kinv.analysis.filters.quality")  # the package's attribute is the function
    monkeypatch.setattr(module, "retrain_above", lambda *arguments: pytest.fail("too late"))
    gan = gan_around(classifier, 0.0)
    for options in ({"singles": 0}, {"draws": 0}, {"sets": 0}, {"epochs": -1}):
        with pytest.raises(ValueError, match="must be at least 1"):
            measure(gan, digits, **options)
    alone = FilterGAN.from_config(gan.get_config())
    with pytest.raises(ValueError, match="set_classifier"):
        measure(alone, digits)


def quality_of(generated, others, images=1000):
    """Accuracies of sets that all images share alike, but for one in a hundred."""
    by_image = np.repeat([[[np.mean(generated)]], [[np.mean(others)]]], images, axis=2)
    by_image[0, 0] += 0.1 * (np.arange(images) % 100 == 0)
    by_set = np.array([[generated], [others]], "float64")
    curves = MovementCurves("layer", ("generated", "noise"), np.array([0.5]), by_set, by_image, 0.99)
    return analysis.FilterQuality(
        0.99, 0.98, 0.985, np.array(generated), 0.49, 0.7, curves, 0.8, np.array([0.5, 0.6]), averaged_network=None
    )  # fmt: skip


def test_noise_that_is_as_good_is_told_from_too_few_images_or_sets():
    better = quality_of([0.97, 0.98, 0.99], [0.5, 0.7, 0.6])
    assert better.better_than_noise and "keep 98.0%, and the best others, noise, 60.0%: fewer" in better.summary()
    alike = quality_of([0.90, 0.91] * 10, [0.905, 0.90] * 10)
    assert "NOT fewer: these are as good as generated filters, to within 5 points" in alike.summary()
    worse = quality_of([0.5, 0.52, 0.51], [0.9, 0.91, 0.92])
    assert "NOT fewer: generated filters are worse, by" in worse.summary()
    few_sets = quality_of([0.5, 0.7, 0.6], [0.6, 0.4, 0.7])
    assert "NOT clearly fewer: too few filter sets to tell (" in few_sets.summary()
    few_images = quality_of([0.90, 0.91] * 10, [0.905, 0.90] * 10, images=8)
    assert "NOT clearly fewer: too few images to tell (" in few_images.summary()
    assert not any(quality.better_than_noise for quality in (alike, worse, few_sets, few_images))
    assert quality_of([0.9], [0.1]).verdict.kind == "unknown"  # one set says nothing of others
    assert "98.0%" in alike.summary() and "lie 0.70 apart" in alike.summary()
