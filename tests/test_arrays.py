"""Numbers from outside: every kind of wrong ones, in every way that they come in."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import kinv
from kinv import analysis, models
from kinv.arrays import as_array, as_numbers, check_drawn, check_unit_range
from kinv.data.checks import checked_images, checked_vectors
from kinv.figures import images as figures

GOOD = np.full((4, 32, 32, 3), 100, "float32")
VECTORS = np.full((4, 6), 0.5, "float32")


def with_last(values, wrong):
    changed = values.astype("float64")
    changed.flat[-1] = wrong
    return changed


WRONG = {
    "NaN": with_last(GOOD, np.nan),
    "infinity": with_last(GOOD, -np.inf),
    "too large": with_last(GOOD, 1e300),
    "complex": GOOD.astype("complex64"),
    "text": GOOD.astype(str),
    "objects": GOOD.astype(object),
    "times": GOOD.astype("int64").astype("timedelta64[s]"),
    "no batch": GOOD[0],
    "a video": GOOD[None],
    "a number": np.float32(3),
    "none": GOOD[:0],
    "no rows": GOOD[:, :0],
    "0..1": GOOD / 255,
    "-1..1": GOOD / 127.5 - 1,
    "negative": with_last(GOOD, -40),
    "16 bits": (257 * GOOD).astype("uint16"),
    "ragged": [[1, 2], [3]],
    "nothing": None,
}
NOT_UNIT = ("0..1", "no batch", "a video", "no rows")
WRONG_VECTORS = {
    **{name: with_last(VECTORS, value) for name, value in (("NaN", np.nan), ("infinity", np.inf), ("above", 1.5))},
    "negative": with_last(VECTORS, -0.1),
    "complex": VECTORS.astype("complex64"),
    "text": VECTORS.astype(str),
    "objects": VECTORS.astype(object),
    "0..255": 255 * VECTORS,
    "16 bits": np.full((4, 6), 65535, "uint16"),
    "one vector": VECTORS[0],
    "another width": VECTORS[:, :3],
    "none": VECTORS[:0],
    "ragged": [[1, 2], [3]],
    "nothing": None,
}


@pytest.fixture(scope="module")
def network():
    inputs = keras.Input((32, 32, 3))
    x = keras.layers.Conv2D(3, 1, name="conv")(keras.layers.Rescaling(1 / 255)(inputs))
    return keras.Model(inputs, keras.layers.GlobalAveragePooling2D(name="logits")(x))


@pytest.fixture(scope="module")
def uses_of_images(network):
    transformer = models.InvariantTransformer(network, family="paper", hidden_units=(2,))
    autoencoder = models.DenoisingAutoencoder(32, 3, width=0.02)
    gan = models.FilterGAN(network, "conv", latent_dim=2, hidden_units=(2,), width=2)
    for model in (transformer, autoencoder, gan):
        model.compile()
    held_out = {"verbose": 0, "preflight": False}
    return {
        "predict": lambda images: analysis.predict(network, images),
        "accuracy": lambda images: analysis.accuracy(network, images, [0, 1, 2, 0]),
        "preflight": lambda images: kinv.preflight(network, images),
        "screen": lambda images: kinv.screen(network, images, transformations=["rotation"]),
        "class_ranks": lambda images: analysis.class_ranks(network, images, [0, 1, 2, 0]),
        "image_statistics": analysis.image_statistics,
        "resized_for": lambda images: analysis.resized_for(network, images),
        "compare_with_random": lambda images: analysis.compare_with_random(transformer, network, images),
        "transform": lambda images: transformer.transform(images, (0, 0), (0, 0)),
        "transformer": transformer,
        "fit": lambda images: transformer.fit(images, **held_out),
        "evaluate": lambda images: transformer.evaluate(images, verbose=0),
        "fit a GAN": lambda images: gan.fit(images, **held_out),
        "activations": lambda images: gan.activations(images, np.zeros((4, 2))),
        "match_activations": lambda images: kinv.match_activations(gan, images),
        "filter_quality": lambda images: analysis.filter_quality(gan, GOOD, np.zeros(4, int), images, np.zeros(4, int)),
        "fit an autoencoder": lambda images: autoencoder.fit(images, verbose=0),
        "encode": autoencoder.encode,
        "autoencoder": autoencoder,
        "as_vectors": kinv.data.as_vectors,
    }


@pytest.mark.parametrize("wrong", WRONG)
def test_wrong_images_are_refused_on_one_line_wherever_they_come_in(uses_of_images, wrong):
    for name, use in uses_of_images.items():
        with pytest.raises(ValueError, match=r"received|must") as caught:
            use(WRONG[wrong])
        assert "\n" not in str(caught.value) and len(str(caught.value)) < 300, name


@pytest.fixture(scope="module")
def uses_of_vectors():
    machine = models.RestrictedBoltzmannMachine(6, 2)
    stacks = models.DeepBeliefNetwork((6, 2)), models.StackedDenoisingAutoencoder((6, 2))
    for model in (machine, *stacks):
        model.compile()
    return [
        *(use for model in (machine, *stacks) for use in (model, model.fit, model.evaluate)),
        *(use for stack in stacks for use in (stack.encode, stack.reconstruct)),
        *(machine.hidden_probabilities, machine.free_energy, machine.adapt),
        lambda vectors: machine.sample(4, 1, start=[] if vectors is None else vectors),
        lambda vectors: machine.fit(VECTORS, validation_data=(vectors,)),
        lambda vectors: analysis.log_likelihood(machine, vectors, 0.0),
    ]


@pytest.mark.parametrize("wrong", WRONG_VECTORS)
def test_wrong_vectors_are_refused_on_one_line_wherever_they_come_in(uses_of_vectors, wrong):
    for use in uses_of_vectors:
        with pytest.raises(ValueError, match=r"received|must") as caught:
            use(WRONG_VECTORS[wrong])
        assert "\n" not in str(caught.value) and len(str(caught.value)) < 300


@pytest.mark.parametrize("wrong", sorted({*WRONG} - {*NOT_UNIT, "negative", "-1..1", "16 bits", "nothing"}))
def test_inputs_of_any_range_are_finite_numbers_all_the_same(network, wrong):
    for use in (
        lambda start: kinv.maximize_activation(network, "logits", [0], start=start),
        lambda optimum: kinv.trace_manifold(network, "logits", [0, 1, 2, 0], optimum),
        lambda optimum: kinv.decompose_invariance(network, "logits", [0, 1, 2, 0], optimum),
    ):
        with pytest.raises(ValueError, match=r"start|optimum"):
            use(WRONG[wrong])


@pytest.mark.parametrize(
    ("wrong", "remedy"),
    [("0..1", "multiply them by 255"), ("-1..1", r"127\.5 \* \(images \+ 1\)"), ("16 bits", "divide them by 257")],
)
def test_another_usual_range_is_told_how_to_become_pixel_values(wrong, remedy):
    with pytest.raises(ValueError, match=remedy):
        checked_images(WRONG[wrong])
    with pytest.raises(ValueError, match=remedy):
        check_drawn(WRONG[wrong], "images")


@pytest.mark.parametrize("wrong", sorted({*WRONG} - {"0..1"}))
def test_wrong_images_are_not_transformed(wrong):
    with pytest.raises(ValueError, match="must"):
        kinv.ops.find("rotation")(WRONG[wrong], 0.0)


def test_tensors_keep_their_gradients_and_graphs_are_left_alone():
    images, vectors = tf.Variable(GOOD), tf.constant(VECTORS)
    assert checked_images(images) is images and checked_vectors(vectors, 6, "x", unit_range=True) is vectors
    assert as_array(keras.Input((2,)), "x") is None
    traced = tf.function(lambda images: checked_images(images))(tf.constant(GOOD / 255))  # unchecked
    assert float(traced[0, 0, 0, 0]) < 1
    with pytest.raises(ValueError, match=r"received 0\.\.1"):
        checked_images(tf.constant(GOOD / 255))


def test_what_is_right_passes():
    assert checked_images(GOOD.tolist()).shape == GOOD.shape
    assert checked_images(tf.cast(GOOD, "bfloat16")).dtype == "bfloat16"
    assert as_numbers([-1e6, 3], "x").dtype == np.float32
    check_unit_range(VECTORS > 0.2, "x")
    checked_images(with_last(GOOD, 255.001))  # rounding
    checked_images(np.zeros_like(GOOD))


@pytest.mark.parametrize(
    "wrong", ["complex", "text", "objects", "a number", "none", "0..1", "-1..1", "16 bits", "ragged"]
)
def test_wrong_images_are_not_drawn(wrong):
    from kinv.analysis.units.figures import manifold_rows
    from kinv.models.filter_gan.figures import activation_grids
    from kinv.models.invariant_transformer.figures import transformed_images
    from kinv.models.layerwise.figures import sheets

    images = WRONG[wrong]
    for draw in (
        lambda: figures.labelled_rows({"a": images}),
        lambda: figures.contact_sheet(images, ["a"] * 4),
        lambda: transformed_images(images, GOOD[:, None], ["t"], ["a"] * 4, [["a"]] * 4),
        lambda: activation_grids(images),
        lambda: manifold_rows(images, np.zeros(4), np.ones((4, 4))),
        lambda: sheets({"a": images}),
    ):
        with pytest.raises(ValueError, match="must"):
            draw()
