"""Anybody's Keras classifier keeps the contract once it is wrapped."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers, ops

import kinv
from kinv import classifiers
from kinv.surgery.logits import class_names


def sequential(*last, inputs=True):
    start = [layers.Input((16, 16, 3))] if inputs else []
    return keras.Sequential([*start, layers.Conv2D(4, 3, activation="relu"), layers.GlobalAveragePooling2D(), *last])


@pytest.fixture
def shown(random):
    return random.uniform(0, 255, (3, 16, 16, 3)).astype("float32")


def nested(last):
    inputs = keras.Input((16, 16, 3))
    return keras.Model(inputs, sequential(layers.Dense(5), *last)(inputs))


def functional(end):
    """A network whose end is written as a function of five logits."""
    inputs = keras.Input((16, 16, 3))
    x = layers.GlobalAveragePooling2D()(layers.Conv2D(4, 3, activation="relu")(inputs))
    return keras.Model(inputs, end(x))


def ensemble():
    inputs = keras.Input((16, 16, 3))
    parts = [sequential(layers.Dense(5, "softmax"))(inputs / 255) for _ in range(3)]
    return keras.Model(inputs, layers.Average()(parts))


SOFTMAX = {
    "argument": lambda: sequential(layers.Dense(5, "softmax")),
    "layer": lambda: sequential(layers.Dense(5), layers.Softmax()),
    "activation layer": lambda: sequential(layers.Dense(5), layers.Activation("softmax")),
    "TensorFlow's": lambda: sequential(layers.Dense(5, activation=tf.nn.softmax)),
    "operation": lambda: functional(lambda x: ops.softmax(layers.Dense(5)(x))),
    "of a part of the operations": lambda: functional(lambda x: ops.softmax(3 * layers.Dense(5)(x))),
    "reshaped": lambda: sequential(layers.Dense(5, "softmax"), layers.Reshape((5,))),
    "from a map": lambda: sequential(layers.Reshape((1, 4)), layers.Dense(5, "softmax"), layers.Flatten()),
    "cast": lambda: functional(lambda x: ops.cast(layers.Dense(5, "softmax")(x), "float64")),
    "in half precision": lambda: sequential(layers.Dense(5, "softmax", dtype="mixed_float16")),
    "identity": lambda: sequential(layers.Dense(5, "softmax"), layers.Identity(), layers.Activation("linear")),
    "dropout": lambda: sequential(layers.Dense(5, "softmax"), layers.Dropout(0.5)),
    "nested": lambda: nested([layers.Softmax()]),
    "nested, then cast": lambda: keras.Sequential(
        [layers.Input((16, 16, 3)), nested([layers.Softmax()]), layers.Identity()]
    ),
}
BY_VALUES = {
    "ensemble": ensemble,
    "lambda": lambda: sequential(layers.Dense(5), layers.Lambda(lambda x: tf.nn.softmax(x))),
    "normalised": lambda: functional(
        lambda x: (y := ops.exp(layers.Dense(5)(x) / 99)) / ops.sum(y, axis=-1, keepdims=True)
    ),
}


@pytest.mark.parametrize("form", [*SOFTMAX, *BY_VALUES])
def test_a_softmax_is_removed_in_any_form(form, shown, caplog):
    model = {**SOFTMAX, **BY_VALUES}[form]()
    wrapped = classifiers.wrap(model, lambda images: images / 255)
    logits = np.asarray(wrapped(shown))
    assert logits.dtype == np.float32
    rtol = 1e-2 if "half" in form else 1e-5
    np.testing.assert_allclose(ops.softmax(logits), model(shown / 255), rtol=rtol)
    said = [record.message for record in caplog.records]
    assert len(said) == (form in BY_VALUES) and all("logarithms are taken as logits" in line for line in said)
    if form in SOFTMAX:
        assert np.abs(np.exp(logits).sum(axis=1) - 1).max() > 1e-3  # not log-probabilities


def test_a_saturated_softmax_in_a_nested_model_has_exact_logits(shown):
    inner = sequential(layers.Dense(2, "softmax"))
    inner.layers[-1].kernel.assign([[900, -900]] * 4)
    (logits,) = np.asarray(classifiers.wrap(keras.Sequential([layers.Input((16, 16, 3)), inner]))(shown[:1]))
    assert logits[0] == -logits[1] and abs(logits[0]) > 1000


def test_further_training_shows_in_the_wrapped_network(shown):
    model = sequential(layers.Dense(5, "softmax", name="predictions"))
    wrapped = kinv.wrap(model)
    before = np.asarray(wrapped(shown))
    model.compile(keras.optimizers.SGD(0.1), "sparse_categorical_crossentropy")
    model.fit(shown, np.arange(3), verbose=0)
    assert np.abs(wrapped(shown) - before).max() > 1e-3
    np.testing.assert_allclose(ops.softmax(wrapped(shown)), model(shown), rtol=1e-4)
    assert model.layers[-1].activation is keras.activations.softmax  # the model itself stays as it was
    assert kinv.analysis.tap(wrapped, "predictions").network.weights[-1] is model.weights[-1]


def test_the_graph_is_followed_from_the_models_own_outputs(shown):
    """A head that serves two paths, and layers that are used again in another model."""
    images = keras.Input((16, 16, 3))
    features, head = layers.Conv2D(8, 3, activation="relu"), layers.Dense(5, "softmax")
    mine, negative = (
        keras.Model(images, head(layers.GlobalAveragePooling2D()(features(x)))) for x in (images, 255.0 - images)
    )
    for model in (mine, negative):
        np.testing.assert_allclose(ops.softmax(kinv.wrap(model)(shown)), model(shown), rtol=1e-4)
    model = sequential(layers.Dense(5, "softmax"))
    keras.Sequential([layers.Input((16, 16, 3)), layers.RandomFlip(), *model.layers])
    np.testing.assert_allclose(ops.softmax(kinv.wrap(model)(shown)), model(shown), rtol=1e-4)


# === Ranges, dtypes, shapes ===


@pytest.mark.parametrize("value_range", [(0, 1), (-1, 1), (-0.5, 2)])
def test_images_are_brought_to_the_models_range(value_range, shown):
    model, (low, high) = sequential(layers.Dense(5)), value_range
    np.testing.assert_allclose(
        kinv.wrap(model, value_range=value_range)(shown), model(low + shown / 255 * (high - low)), rtol=1e-4, atol=1e-5
    )


@pytest.mark.parametrize("name", ["caffe", "tf", "torch", "mobilenet_v2", "resnet50", "efficientnet"])
def test_preprocessing_of_keras_applications_by_name(name, shown, tmp_path):
    model = sequential(layers.Dense(5, "softmax"))
    wrapped = kinv.wrap(model, name, class_names=list("abcde"))
    if name in ("caffe", "tf", "torch"):
        prepared = keras.applications.imagenet_utils.preprocess_input(shown.copy(), mode=name)
    else:
        prepared = getattr(keras.applications, name).preprocess_input(shown.copy())
    np.testing.assert_allclose(ops.softmax(wrapped(shown)), model(prepared), rtol=1e-4)
    wrapped.save(tmp_path / "wrapped.keras")
    loaded = classifiers.load(tmp_path / "wrapped.keras")
    np.testing.assert_array_equal(loaded(shown), wrapped(shown))
    assert class_names(loaded) == ("a", "b", "c", "d", "e")


def test_a_network_of_bytes_gets_gradients(shown):
    inputs = keras.Input((16, 16, 3), dtype="uint8")
    x = layers.GlobalAveragePooling2D()(layers.Conv2D(4, 3, name="convolution")(layers.Rescaling(1 / 255)(inputs)))
    model = keras.Model(inputs, layers.Dense(5)(x))
    wrapped = kinv.wrap(model)
    np.testing.assert_allclose(wrapped(shown.round()), model(shown.round().astype("uint8")), rtol=1e-5)
    with tf.GradientTape() as tape:
        images = tf.Variable(shown)
        total = ops.sum(wrapped(images))
    assert np.abs(tape.gradient(total, images)).max() > 0
    assert kinv.analysis.tap(wrapped, "convolution").layer == "convolution"


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])
def test_a_network_in_half_precision_returns_float32(policy, shown, tmp_path):
    with_policy = keras.config.dtype_policy()
    keras.config.set_dtype_policy(policy)
    try:
        model = sequential(layers.Dense(5, "softmax"))
        while_set = kinv.wrap(model, value_range=(0, 1))(shown)
    finally:
        keras.config.set_dtype_policy(with_policy)
    model.save(tmp_path / "half.keras")
    for logits in (while_set, classifiers.load(tmp_path / "half.keras", value_range=(0, 1))(shown)):
        assert keras.backend.standardize_dtype(logits.dtype) == "float32"
        np.testing.assert_allclose(ops.softmax(logits), ops.cast(model(shown / 255), "float32"), atol=2e-2)


def test_logits_stay_as_they_are_and_weights_are_shared(shown):
    model = sequential(layers.Dense(5))
    wrapped = classifiers.wrap(model)
    np.testing.assert_array_equal(wrapped(shown), model(shown))
    model.layers[-1].bias.assign(np.arange(5, dtype="float32"))
    np.testing.assert_array_equal(wrapped(shown), model(shown))


def test_a_wrapped_softmax_can_be_saved_and_loaded(tmp_path, shown):
    model = sequential(layers.Dense(5, "softmax"))
    model.save(tmp_path / "mine.keras")
    loaded = classifiers.load(tmp_path / "mine.keras")
    np.testing.assert_allclose(ops.softmax(loaded(shown)), model(shown), atol=1e-6)


def test_a_lambda_in_a_file_is_refused(tmp_path):
    keras.Sequential([layers.Input((8, 8, 3)), layers.Lambda(lambda x: x), layers.GlobalAveragePooling2D()]).save(
        tmp_path / "lambda.keras"
    )
    with pytest.raises(Exception, match=r"[Ll]ambda"):
        classifiers.load(tmp_path / "lambda.keras")


class Subclassed(keras.Model):
    def call(self, images):
        return images


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Subclassed(), "subclassed"),
        (lambda: sequential(layers.Dense(5), inputs=False), "input_shape"),
        (lambda: keras.Sequential([layers.Input((8, 8, 3)), layers.Conv2D(2, 3)]), "classes"),
        (lambda: keras.Sequential([layers.Input((3, 8, 8)), layers.Flatten()]), "channels come last"),
        (lambda: keras.Sequential([layers.Input((8,)), layers.Dense(2)]), "height, width"),
        (lambda: functional(lambda x: layers.Dense(2)(x) / 0), "NaN or infinity"),
    ],
)
def test_what_can_not_be_wrapped_is_refused(make, message):
    with pytest.raises(ValueError, match=message):
        classifiers.wrap(make())


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"value_range": (1, 0)}, "the smaller one first, received"),
        ({"value_range": 255}, "the smaller one first, received 255"),
        ({"value_range": (0, 1), "preprocessing": "tf"}, "received both"),
        ({"preprocessing": "mobilenetv2"}, "did you mean mobilenet_v2"),
        ({"class_names": ["a", "b"]}, "class_names must be 5 different names"),
        ({"class_names": ["b", *["a"] * 4]}, "5 different names, one per class, received 5, 'a' twice: 'b', 'a'"),
        ({"class_names": map(str, range(1001))}, r"received 1001: '0', '1', '2', '3', '4', \.\.\.$"),
        ({"input_shape": (32, 32, 3)}, "input_shape must fit"),
        ({"output": "scores"}, "no score 'scores'"),
    ],
)
def test_wrong_arguments_are_said(settings, message):
    with pytest.raises(ValueError, match=message):
        kinv.wrap(sequential(layers.Dense(5)), **settings)


def test_wrapped_once_is_enough():
    wrapped = kinv.wrap(sequential(layers.Dense(5)), value_range=(0, 1))
    assert kinv.wrap(wrapped) is wrapped
    assert class_names(kinv.wrap(wrapped, class_names="abcde")) == tuple("abcde")
    with pytest.raises(ValueError, match="wrapped already"):
        kinv.wrap(wrapped, value_range=(0, 1))


def test_channels_first_are_refused():
    inputs = keras.Input((3, 16, 3))
    model = keras.Model(inputs, layers.Dense(2)(layers.GlobalAveragePooling2D(data_format="channels_first")(inputs)))
    with pytest.raises(ValueError, match="channels first, which kinv does not support"):
        kinv.wrap(model)


class WithScale(keras.Model):
    """Functional, but its own `call` does more than its graph."""

    def call(self, images, **arguments):
        return super().call(images / 255, **arguments)


def test_a_model_that_is_not_its_graph_is_refused(shown):
    plain = sequential(layers.Dense(5, name="scores"))
    model = WithScale(plain.inputs[0], plain.outputs[0])
    with pytest.raises(ValueError, match="WithScale with its own `call`"):
        kinv.wrap(model)
    outside = keras.Sequential([layers.Input((16, 16, 3)), model, layers.Softmax()])
    np.testing.assert_allclose(kinv.wrap(outside)(shown), model(shown), rtol=1e-5)
    with pytest.raises(ValueError, match="WithScale with its own `call`"):
        kinv.maximize_activation(kinv.wrap(outside), "scores", [0], steps=1)


def test_random_numbers_are_noticed():
    class Noisy(layers.Layer):
        def call(self, x):
            return x + keras.random.normal(ops.shape(x))

    for end in ([], [layers.Softmax()], [layers.Softmax(), layers.Rescaling(1.0)]):
        with pytest.raises(ValueError, match=r"two calls on the same images\. Either a layer draws random numbers"):
            kinv.wrap(sequential(layers.Rescaling(1 / 255), layers.Dense(5), Noisy(), *end))  # not saturated


def test_a_wrapped_network_of_open_size_takes_a_size(shown):
    model = keras.Sequential([layers.Input((None, None, 3)), layers.GlobalAveragePooling2D(), layers.Dense(2)])
    wrapped = kinv.wrap(model, value_range=(0, 1), class_names=("a", "b"))
    fixed = kinv.wrap(wrapped, input_shape=(16, 16, 3))
    assert fixed.input_shape == (None, 16, 16, 3) and class_names(fixed) == ("a", "b")
    np.testing.assert_allclose(fixed(shown), wrapped(shown), rtol=1e-6)


def test_images_in_a_dict_are_passed_as_one(shown, recwarn):
    images = keras.Input((16, 16, 3), name="image")
    scores = layers.Dense(5, "softmax")(layers.GlobalAveragePooling2D()(images))
    model = keras.Model({"image": images}, scores)
    np.testing.assert_allclose(ops.softmax(kinv.wrap(model)(shown)), model({"image": shown}), rtol=1e-5)
    assert not recwarn.list
