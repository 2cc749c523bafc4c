"""Other people's `.keras` files: read as Keras reads them, or refused before anything large is unpacked or built."""

import io
import json
import zipfile

import h5py
import keras
import numpy as np
import pytest
from keras import layers

from kinv.classifiers import building_steps, keras_file


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A network with a shared part, and its file."""
    images = keras.Input((8, 8, 3))
    part = keras.Sequential([layers.Input((8, 8, 3)), layers.Conv2D(4, 3), layers.Dropout(0.5), layers.Flatten()])
    x = layers.Concatenate()([part(images), part(255 - images)])
    model = keras.Model(images, layers.Dense(3, name="logits")(layers.BatchNormalization()(x)))
    model.compile("adam", "mse")
    path = tmp_path_factory.mktemp("whole") / "model.keras"
    model.save(path)
    return model, path


def rewritten(source, target, change, **settings):
    """A copy whose members went through a function; None leaves one out."""
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w", **settings) as new:
        for name in old.namelist():
            content = change(name, old.read(name))
            if content is not None:
                new.writestr(name, content)
    return target


def with_config(change):
    """Changes the configuration of the layer `logits`."""

    def rewrite(name, content):
        if name != keras_file.CONFIG:
            return content
        config = json.loads(content)
        change(next(layer for layer in config["config"]["layers"] if layer["name"] == "logits"))
        return json.dumps(config)

    return rewrite


def with_member(member, content):
    return lambda name, old: content if name == member else old


def hdf5(fill=lambda file: None):
    buffer = io.BytesIO()
    with h5py.File(buffer, "w") as file:
        fill(file)
    return buffer.getvalue()


@pytest.mark.parametrize("name", ["model.keras", "renamed.zip"])
@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_a_file_is_read_as_keras_reads_it(whole, tmp_path, name, method, random):
    model, path = whole
    copy = rewritten(path, tmp_path / name, lambda _, content: content, compression=method)
    images = random.uniform(0, 255, (2, 8, 8, 3)).astype("float32")
    read = keras_file.read(copy)
    np.testing.assert_array_equal(read(images), model(images))
    assert len(read.weights) == len(model.weights) and not read.compiled


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (with_config(lambda layer: layer["config"].update(units=10**9)), "needs at least .* weights"),
        (
            with_config(lambda layer: layer["build_config"].update(input_shape=[None, 10**9])),
            "needs at least .* weights",
        ),
        (
            with_config(lambda layer: layer.update(class_name="Nowhere", module="no.module")),
            "Could not locate.*custom_objects",
        ),
        (with_config(lambda layer: layer["config"].update(units="many")), "can't be read"),
        (with_member(keras_file.CONFIG, b"{"), "does not hold a Keras model"),
        (with_member(keras_file.CONFIG, b"[" * 100_000), "does not hold a Keras model"),
        (with_member(keras_file.CONFIG, b"[]"), "describes no model"),
        (
            with_member(keras_file.CONFIG, b'{"module": "keras.initializers", "class_name": "Zeros", "config": {}}'),
            "received a Zeros",
        ),
        (with_member(keras_file.CONFIG, None), r"lacks config\.json"),
        (with_member(keras_file.WEIGHTS, None), r"lacks model\.weights\.h5"),
        (with_member(keras_file.WEIGHTS, b""), "does not hold a Keras model"),
        (with_member(keras_file.WEIGHTS, hdf5()), "expected 2 variables, but received 0"),
        (
            with_member(keras_file.WEIGHTS, hdf5(lambda file: file.create_dataset("a", (10**10,), chunks=(1000,)))),
            "claim more bytes",
        ),
        (with_member(keras_file.WEIGHTS, hdf5(lambda file: file.update(a=h5py.ExternalLink("b", "c")))), "is a link"),
    ],
)
def test_what_is_wrong_is_said_on_one_line(whole, tmp_path, change, said):
    path = rewritten(whole[1], tmp_path / "model.keras", change)
    with pytest.raises(ValueError, match=said) as caught:
        keras_file.read(path)
    assert str(path) in str(caught.value) and "\n" not in str(caught.value)


@pytest.mark.parametrize("member", [keras_file.CONFIG, keras_file.WEIGHTS])
def test_a_zip_bomb_is_not_unpacked(whole, tmp_path, member):
    change = with_member(member, bytes(2**25))
    path = rewritten(whole[1], tmp_path / "model.keras", change, compression=zipfile.ZIP_DEFLATED)
    with pytest.raises(ValueError, match="expands to more than 40 times its size"):
        keras_file.read(path)


def test_layers_that_make_too_much_of_one_image_are_refused(tmp_path):
    model = keras.Sequential([layers.Input((8, 8, 3)), layers.UpSampling2D(4000), layers.GlobalAveragePooling2D()])
    model.save(tmp_path / "model.keras")
    with pytest.raises(ValueError, match="3,072,000,000 numbers in a layer for one image"):
        keras_file.read(tmp_path / "model.keras")


def test_other_files_are_refused(whole, tmp_path):
    content = whole[1].read_bytes()
    (tmp_path / "a.keras").mkdir()
    for name, given, said in (
        ("empty", b"", "is empty"),
        ("text", b"hello", "is no zip archive"),
        ("cut", content[:-30], "or truncated"),
        ("old", b"\x89HDF", "is HDF5"),
    ):
        (tmp_path / f"{name}.keras").write_bytes(given)
        with pytest.raises(ValueError, match=said):
            keras_file.read(tmp_path / f"{name}.keras")
    with pytest.raises(ValueError, match="is a folder"):
        keras_file.read(tmp_path / "a.keras")
    with pytest.raises(FileNotFoundError, match="check the path"):
        keras_file.read(tmp_path / "b.keras")


def test_a_lambda_runs_only_when_allowed(tmp_path):
    model = keras.Sequential([layers.Input((8, 8, 3)), layers.Lambda(lambda x: 2 * x), layers.GlobalAveragePooling2D()])
    model.save(tmp_path / "model.keras")
    with pytest.raises(ValueError, match=r"Lambda layer.*allow_unsafe=True \(--allow-unsafe\)"):
        keras_file.read(tmp_path / "model.keras")
    read = keras_file.read(tmp_path / "model.keras", allow_unsafe=True)
    assert float(read(np.ones((1, 8, 8, 3)))[0, 0]) == 2


def layer(name, **more):
    return {"class_name": "Dense", "config": {"name": name, "kernel_initializer": {"class_name": "Zeros"}}, **more}


def sequential(layers):
    return {"class_name": "Sequential", "config": {"name": "s", "layers": layers}}


def functional(layers):
    return {"class_name": "Functional", "config": {"layers": layers, "input_layers": []}}


@pytest.mark.parametrize(
    ("described", "steps"),
    [
        (functional([layer("a"), layer("b", inbound_nodes=[{}, {}, {}])]), 4),
        (sequential([layer("a"), layer("b"), layer("c")]), 9),
        (sequential([sequential([layer("a"), layer("b")]), layer("c")]), 4 + 2 * 3),
        (functional([{**functional([layer("a")] * 5), "inbound_nodes": [{}] * 7}]), 5 + 35),
        (functional([{"class_name": "TimeDistributed", "config": {"layer": sequential([layer("a")] * 4)}}]), 16 + 4),
    ],
)
def test_calls_of_layers_are_counted_before_a_model_is_built(monkeypatch, described, steps):
    monkeypatch.setattr(building_steps, "MOST_STEPS", steps)
    building_steps.check_steps(described)
    monkeypatch.setattr(building_steps, "MOST_STEPS", steps - 1)
    with pytest.raises(ValueError, match=rf"call layers {steps} times"):
        building_steps.check_steps(described)


def test_a_model_that_takes_hours_to_build_is_refused_at_once(whole, tmp_path):
    many = json.dumps(sequential([layer(str(number)) for number in range(3_000)]))
    path = rewritten(whole[1], tmp_path / "x.keras", with_member(keras_file.CONFIG, many))
    with pytest.raises(ValueError, match=r"x\.keras.* 9,000,000 times to build it, at most 100,000 are allowed"):
        keras_file.read(path)


def test_what_keras_says_is_shown_without_what_a_terminal_obeys(whole, tmp_path):
    path = rewritten(
        whole[1], tmp_path / "x.keras", with_config(lambda layer: layer.update(class_name="a\x1b[31m\u202e"))
    )
    with pytest.raises(ValueError, match=r"x\.keras") as refused:
        keras_file.read(path)
    assert str(refused.value).isprintable() and "[31m" in str(refused.value)


def test_the_cause_at_the_end_of_keras_long_text_is_shown(whole, tmp_path):
    path = rewritten(whole[1], tmp_path / "x.keras", with_config(lambda layer: layer["config"].update(units=-1)))
    with pytest.raises(ValueError, match=r"received invalid value|positive integer"):
        keras_file.read(path)
