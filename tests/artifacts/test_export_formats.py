"""ONNX and LiteRT files answer as the model's own endpoints do: golden artifacts of every class, and all others."""

import functools
import sys
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

import kinv
from kinv.artifacts.export_formats import export_litert, export_onnx
from kinv.artifacts.registry import endpoints
from kinv.places import artifact_folders

from .rounding import SEVERAL, moved_by_rounding

GOLDEN = sorted(entry.parent for entry in (Path(__file__).parent / "golden").glob("*/manifest.json"))
COMMITTED = sorted(
    entry.parent for shelf in artifact_folders() for entry in shelf.glob("*/manifest.json") if shelf.name == "artifacts"
)
FORMATS = ("onnx", "litert")
QUICK = ("filter_gan", "sdae")  # to convert


def cases():
    for folder in (*GOLDEN, *COMMITTED):
        for name in FORMATS:
            mark = pytest.mark.release if folder in COMMITTED else pytest.mark.long if folder.name not in QUICK else ()
            yield pytest.param(folder, name, id=f"{folder.name}-{name}", marks=mark)


SIZES = (1, 8, 11), (3, 14, 9)  # batch, and images' height and width where the endpoint takes any
TOLERANCE = 1e-4  # of the range of values
ROUNDED = 2e-3  # share of bytes
CHAINS, ALIKE = 64, 0.9  # that `sample` draws, and the share that must be the same


def example(spec, batch, height, width, random):
    """An input that fits a `TensorSpec`."""
    if spec.name == "seed":
        return np.array([-5, 2**31 - 1], "int32")  # shifts of negative numbers are where runtimes may differ
    if spec.name == "rows":
        return np.arange(batch, dtype="int32") % 2  # golden galleries have two images
    sides = [height, width] if spec.shape.rank == 4 and spec.shape[1] is None else spec.shape[1:-1]
    shape = (batch, *sides, spec.shape[-1])
    if spec.dtype == tf.uint8:
        return random.integers(0, 256, shape, "uint8")
    return (random.random(shape) * (255 if len(shape) == 4 else 1)).astype("float32")


def run_onnx(path):
    onnxruntime = pytest.importorskip("onnxruntime")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    return lambda **inputs: dict(
        zip([out.name for out in session.get_outputs()], session.run(None, inputs), strict=True)
    )


def run_litert(path):
    try:
        from ai_edge_litert.interpreter import Interpreter
    except ImportError:
        Interpreter = tf.lite.Interpreter  # noqa: N806
    return Interpreter(str(path)).get_signature_runner()


def compare_chains(function, runner):
    """Chains of 1,000 steps are the same, or, after a uniform number within rounding of a probability, other chains."""
    inputs = {"seed": np.array([-5, 2**31 - 1], "int32"), "count": np.array(CHAINS, "int32")}
    expected = tf.function(function)(*map(tf.constant, inputs.values())).numpy()
    found = runner(**inputs)["output_0"]
    assert found.shape == expected.shape and found.dtype == expected.dtype
    assert len(np.unique(expected, axis=0)) > CHAINS / 2
    same = np.mean(np.abs(found - expected).max(axis=1) <= TOLERANCE)
    print(f"same chains: {same:.0%}")
    assert same >= ALIKE


@functools.cache
def load(folder):
    return kinv.load(folder)


@pytest.mark.filterwarnings("ignore:.*tf.lite.Interpreter is deprecated:UserWarning")
@pytest.mark.parametrize(("folder", "file_format"), cases())
def test_files_answer_as_the_endpoints_do(folder, file_format, tmp_path, random, monkeypatch):
    if file_format == "onnx":
        monkeypatch.setenv("TF2ONNX_CATCH_ERRORS", "false")  # no copies to fall back to: faster, and errors show
        for package in ("onnx", "tf2onnx", "onnxruntime"):
            pytest.importorskip(package)
    export, run = {"onnx": (export_onnx, run_onnx), "litert": (export_litert, run_litert)}[file_format]
    model = load(folder)
    answers = endpoints(model)
    files = export(model, tmp_path / "out")

    assert set(files) == set(answers)
    assert {path.name for path in (tmp_path / "out").iterdir()} == {path.name for path in files.values()}
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
    for name, path in files.items():
        function, signature = answers[name]
        runner = run(path)
        if name == "sample":
            compare_chains(function, runner)
            continue
        for size in SIZES:
            inputs = {spec.name: example(spec, *size, random) for spec in signature}
            expected = np.asarray(function(*map(tf.constant, inputs.values())))
            found = runner(**inputs)["output_0"]
            assert found.shape == expected.shape and found.dtype == expected.dtype
            error = np.abs(found.astype("float64") - expected)
            if expected.dtype == np.uint8:  # a value beside a half may be rounded the other way
                assert error.max() <= 1 and np.mean(error > 0) <= ROUNDED, f"{name} {size}: {np.mean(error > 0)}"
            else:
                scale = 255 if expected.ndim == 4 else max(1, np.ptp(expected))
                if error.max() > TOLERANCE * scale:  # rounding alone may do that to a tiny model of random weights
                    nearby = endpoints(moved_by_rounding(load(folder)))[name][0]
                    moved = np.abs(np.asarray(nearby(*map(tf.constant, inputs.values())), "float64") - expected).max()
                    assert error.max() <= SEVERAL * moved < 1e-3 * scale, f"{name} {size}: {error.max()}, {moved}"


@pytest.mark.filterwarnings("ignore:.*tf.lite.Interpreter is deprecated:UserWarning")
@pytest.mark.release
@pytest.mark.parametrize("settings", [{"visible": "gaussian"}, {"persistent": True}], ids=str)
def test_chains_of_gaussian_and_persistent_machines(settings, tmp_path, monkeypatch):
    monkeypatch.setattr("kinv.models.layerwise.distribution.EXPORTED_STEPS", 100)
    machine = kinv.models.RestrictedBoltzmannMachine(12, 7, **settings)
    machine.kernel.assign(np.random.default_rng(0).normal(0, 0.3, (12, 7)))
    function, _ = machine.export_endpoints()["sample"]
    compare_chains(function, run_litert(export_litert(machine, tmp_path / "litert")["sample"]))
    for package in ("onnx", "tf2onnx", "onnxruntime"):
        pytest.importorskip(package)
    compare_chains(function, run_onnx(export_onnx(machine, tmp_path / "onnx")["sample"]))


def test_without_onnx_it_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "tf2onnx", None)
    monkeypatch.setitem(sys.modules, "onnx", None)
    with pytest.raises(ValueError, match=r"pip install kinv\[onnx\]"):
        export_onnx(kinv.models.InvariantTransformer(family="paper", hidden_units=(8,)), tmp_path / "out")
    assert not list(tmp_path.iterdir())


class Odd:
    """A model whose endpoint LiteRT has no operation for."""

    def __init__(self, function):
        self.function = function

    def export_endpoints(self):
        return {"odd": (self.function, [tf.TensorSpec((None, 4, 4), tf.float32, name="x")])}


def test_an_endpoint_that_cannot_be_converted_is_named(tmp_path, capfd):
    with pytest.raises(ValueError, match=r"endpoint odd can't be written as \.tflite"):
        export_litert(Odd(tf.linalg.det), tmp_path / "out")
    with pytest.raises(ValueError, match=r"endpoint odd can.t be written as \.tflite"):
        export_litert(Odd(lambda x: x + tf.random.stateless_uniform((4,), [1, 2])), tmp_path / "out")
    assert not list(tmp_path.iterdir()) and capfd.readouterr() == ("", "")  # the converter's own log is long


def test_an_endpoint_that_onnx_lacks_is_named(tmp_path):
    for package in ("onnx", "tf2onnx"):
        pytest.importorskip(package)
    with pytest.raises(ValueError, match=r"endpoint odd can't be written as \.onnx"):
        export_onnx(Odd(tf.linalg.qr), tmp_path / "out")
    assert not list(tmp_path.iterdir())


def test_a_full_folder_is_left_alone(tmp_path):
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(ValueError, match="already exists"):
        export_litert(kinv.models.InvariantTransformer(family="paper", hidden_units=(8,)), tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def own_network(*activations):
    """A classifier with kinds of layers that small networks of one's own have."""
    inputs = keras.Input((12, 12, 3))
    x = layers.Conv2D(8, 3, padding="same")(inputs)
    x = layers.Conv2D(8, 3, groups=4)(layers.Activation(activations[0])(x))
    x = layers.DepthwiseConv2D(3, depth_multiplier=2)(layers.Activation(activations[1])(x))
    x = layers.SeparableConv2D(8, 3)(layers.LeakyReLU()(x))
    x = layers.GlobalAveragePooling2D()(layers.Activation(activations[2])(x))
    return kinv.wrap(keras.Model(inputs, layers.Dense(5, "softmax")(x)))


@pytest.mark.long
@pytest.mark.filterwarnings("ignore:.*tf.lite.Interpreter is deprecated:UserWarning")
@pytest.mark.parametrize("file_format", FORMATS)
def test_layers_that_converters_stumble_over(file_format, tmp_path, random):
    """Keras compiles grouped convolutions with XLA; swish has a gradient of its own; ONNX lacks Erfc and Expm1."""
    network = own_network("swish", "gelu", "celu")
    images = random.uniform(0, 255, (3, 12, 12, 3)).astype("float32")
    paths = kinv.export(network, tmp_path / "out", format=file_format)
    runner = {"onnx": run_onnx, "litert": run_litert}[file_format](paths["classify"])
    np.testing.assert_allclose(runner(images=images)["output_0"], network(images), atol=1e-5)


@keras.saving.register_keras_serializable("tests")
class InverseErrorFunction(layers.Layer):
    def call(self, x):
        return keras.ops.erfinv(x / 1000)


@pytest.mark.long
@pytest.mark.parametrize("file_format", FORMATS)
def test_what_a_format_lacks_is_named(file_format, tmp_path):
    inputs = keras.Input((8, 8, 3))
    x = layers.GlobalAveragePooling2D()(InverseErrorFunction()(inputs))
    network = kinv.wrap(keras.Model(inputs, layers.Dense(5)(x)))
    with pytest.raises(ValueError, match=r"classify can't be written as .*: the format has no operation Erfinv"):
        kinv.export(network, tmp_path / "out", format=file_format)
    assert not (tmp_path / "out").exists()


@pytest.mark.long
def test_a_network_in_mixed_precision_is_refused_for_that_reason(tmp_path):
    inputs = keras.Input((8, 8, 3))
    x = layers.Conv2D(4, 3, dtype="mixed_float16")(inputs)
    network = kinv.wrap(keras.Model(inputs, layers.Dense(5)(layers.GlobalAveragePooling2D()(x))))
    with pytest.raises(ValueError, match=r"no float16 or bfloat16 operations"):
        kinv.export(network, tmp_path / "out", format="litert")
