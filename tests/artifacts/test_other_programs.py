"""Artifacts in programs that have never heard of kinv: TensorFlow alone, Keras, PyTorch."""

import os
import subprocess
import sys
import textwrap

import numpy as np
import pytest

import kinv
from kinv.models import InvariantTransformer


@pytest.fixture(scope="module")
def transformer():
    return InvariantTransformer(family="paper", hidden_units=(8,), seed=2)


@pytest.fixture(scope="module")
def saved(transformer, tmp_path_factory):
    return kinv.save(transformer, tmp_path_factory.mktemp("artifacts") / "itn_test")


def run_without_kinv(script, *arguments, folder):
    """A fresh process in which `import kinv` and `import keras` fail."""
    blocker = "import sys; sys.modules.update(dict.fromkeys(['kinv', 'keras', 'tf_keras']))\n"  # None: import fails
    command = [sys.executable, "-c", blocker + textwrap.dedent(script), *map(str, arguments)]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, env={**os.environ, "PYTHONPATH": ""})
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


@pytest.mark.long
def test_a_program_without_kinv_and_keras_augments(saved, transformer, images, tmp_path):
    np.save(tmp_path / "images.npy", images)
    script = """
        import numpy as np, tensorflow as tf
        images = np.load("images.npy")
        model = tf.saved_model.load(sys.argv[1])
        seed = tf.constant([5, 0])
        alike = model.augment(images, seed).numpy()
        compiled = tf.function(lambda x: model.augment(x, seed), jit_compile=True)(images).numpy()
        bytes_ = model.augment_uint8(images.round().astype("uint8"), seed).numpy()
        moved = model.transform(images, np.full((4, 2), .5, "float32"), np.full((4, 2), .5, "float32")).numpy()
        other = model.augment(tf.zeros((1, 50, 30, 3)), seed)
        assert other.shape == (1, 50, 30, 3) and bytes_.dtype == np.uint8
        np.savez("out.npz", alike=alike, compiled=compiled, bytes_=bytes_, moved=moved)

        def augment(seed, image):
            return model.augment(image[None], tf.stack([tf.cast(seed, tf.int32), 0]))[0]
        def stream():
            data = tf.data.Dataset.from_tensor_slices(images).repeat(2)
            return tf.data.Dataset.zip((tf.data.Dataset.counter(), data)).map(augment, num_parallel_calls=2)
        once, twice = (np.stack(list(stream().as_numpy_iterator())) for _ in range(2))
        assert np.array_equal(once, twice), "same seeds, same images"
        assert np.abs(once[:4] - once[4:]).max() > 0, "other seeds, other images"
        assert sys.modules["keras"] is None and sys.modules["kinv"] is None
        print("fine")
    """
    assert "fine" in run_without_kinv(script, saved / "saved_model", folder=tmp_path)
    out = np.load(tmp_path / "out.npz")
    np.testing.assert_allclose(out["alike"], transformer.augment(images, 5), atol=1e-2)
    np.testing.assert_allclose(out["compiled"], out["alike"], atol=1e-2)
    expected = np.round(transformer.augment(images.round(), 5))
    assert np.abs(out["bytes_"] - expected).max() <= 1
    np.testing.assert_allclose(out["moved"], transformer.transform(images, (0.5, 0.5), (0.5, 0.5)), atol=1e-2)


def test_it_is_a_layer_of_a_keras_model(saved, transformer, images):
    import keras
    import tensorflow as tf

    inputs = keras.Input((20, 24, 3))
    augment = keras.layers.TFSMLayer(str(saved / "saved_model"), call_endpoint="augment")
    outputs = keras.layers.GlobalAveragePooling2D()(augment(inputs, seed=tf.constant([5, 0])))
    means = keras.Model(inputs, outputs)(images)
    np.testing.assert_allclose(means, np.mean(transformer.augment(images, 5), axis=(1, 2)), atol=1e-2)


def test_a_pytorch_loader_augments_through_numpy(saved, transformer, images):
    """`collate_fn` of a DataLoader sees arrays; the class below is a torch Dataset where torch is installed."""
    import tensorflow as tf

    model = tf.saved_model.load(str(saved / "saved_model"))  # has to stay: its functions do not hold its variables

    def collate(samples):
        batch = np.stack([one for one, _ in samples]).transpose(0, 2, 3, 1)
        augmented = model.augment(batch, tf.constant([5, 0])).numpy()
        return augmented.transpose(0, 3, 1, 2), np.array([label for _, label in samples])

    samples = [(image.transpose(2, 0, 1), index) for index, image in enumerate(images)]
    try:
        from torch.utils.data import DataLoader
    except ImportError:
        batches = [collate(samples)]
    else:
        batches = list(DataLoader(samples, batch_size=4, collate_fn=collate))
    ((augmented, labels),) = batches
    np.testing.assert_allclose(augmented.transpose(0, 2, 3, 1), transformer.augment(images, 5), atol=1e-2)
    np.testing.assert_array_equal(labels, range(4))
