"""Classifiers by name: the contract, pinned weights, errors, and the accuracies on real photographs."""

import re
import shutil
from pathlib import Path

import h5py
import keras
import numpy as np
import pytest

from kinv import analysis, classifiers, data
from kinv.artifacts.manifest import write_manifest
from kinv.classifiers import registry

SMALL = ("squeezenet", "efficientnet_lite0", "digit_cnn")


@pytest.mark.parametrize("name", SMALL)
def test_a_classifier_is_functional_and_survives_saving(name, tmp_path, random):
    model = classifiers.build(name)
    assert isinstance(model, keras.Model) and model.inputs and model.name == name
    images = random.uniform(0, 255, (2, *model.input_shape[1:])).astype("float32")
    model.save(tmp_path / "model.keras")
    again = classifiers.load(tmp_path / "model.keras")
    np.testing.assert_array_equal(again(images, training=False), model(images, training=False))
    assert keras.Model(model.input, model.layers[3].output)(images) is not None  # any layer can be tapped


@pytest.mark.long
@pytest.mark.parametrize(("name", "parameters"), [("vgg16", 138_357_544), ("resnet101", 44_707_176)])
def test_the_large_ones_are_keras_applications(name, parameters):
    model = classifiers.build(name)
    assert model.count_params() == parameters and model.output_shape == (None, 1000)
    assert model.layers[-1].activation is keras.activations.linear


@pytest.mark.long
def test_vgg16s_preprocessing_is_keras_own(random):
    images = random.uniform(0, 255, (1, 224, 224, 3)).astype("float32")
    model = classifiers.build("vgg16")
    prepared = keras.Model(model.input, model.get_layer("preprocessing").output)(images)
    expected = keras.applications.vgg16.preprocess_input(images.copy())
    np.testing.assert_allclose(prepared, expected, atol=1e-3)


@pytest.mark.release
def test_resnet101_reads_keras_own_file(tmp_path, monkeypatch, random):
    """The published file is in Keras's older format, of the network without our preprocessing."""
    import h5py
    from keras.src.legacy.saving import legacy_h5_format

    original = keras.applications.ResNet101(weights=None, classifier_activation=None)
    path = tmp_path / "resnet101_weights_tf_dim_ordering_tf_kernels.h5"
    with h5py.File(path, "w") as file:
        legacy_h5_format.save_weights_to_hdf5_group(file, original)
    monkeypatch.setenv("KINV_DATA_DIR", str(tmp_path))
    loaded = classifiers.load("resnet101")
    images = random.uniform(0, 255, (1, 224, 224, 3)).astype("float32")
    prepared = keras.applications.resnet.preprocess_input(images.copy())
    np.testing.assert_allclose(loaded(images), original(prepared), rtol=1e-4, atol=1e-5)


def test_kinvs_own_network_comes_from_its_artifact_and_no_other(tmp_path, monkeypatch):
    whole = next(folder for folder in registry.artifact_folders() if (folder / "digit_cnn").is_dir())
    monkeypatch.setattr(registry, "artifact_folders", lambda: [tmp_path])
    with pytest.raises(FileNotFoundError, match=r"python -m recipes\.digit_cnn"):
        classifiers.load("digit_cnn")
    shutil.copytree(whole / "digit_cnn", tmp_path / "digit_cnn")
    assert classifiers.load("digit_cnn").name == "digit_cnn"
    weights = tmp_path / "digit_cnn" / "model.weights.h5"
    content = bytearray(weights.read_bytes())
    content[len(content) // 2] ^= 1
    weights.write_bytes(content)
    with pytest.raises(ValueError, match="damaged"):
        classifiers.load("digit_cnn")
    (tmp_path / "digit_cnn" / "manifest.json").write_text("[]")
    with pytest.raises(ValueError, match="not a complete artifact"):
        classifiers.load("digit_cnn")


@pytest.mark.parametrize("name", ["squeezenet", "efficientnet_lite0"])
def test_pretrained_weights_know_a_cat(name, no_data_folder):
    """Chelsea, the cat of scikit-image: offline evidence that weights, class order and preprocessing are right."""
    model = classifiers.load(name)
    images, _ = data.load("photos", "test", size=model.input_shape[1])
    cat = int(analysis.predict_classes(model, images[:1])[0])
    assert data.imagenet_class_names()[cat] in {"Egyptian cat", "tabby", "tiger cat", "lynx"}


@pytest.mark.parametrize(("name", "least"), [("squeezenet", 0.60), ("efficientnet_lite0", 0.87)])
def test_accuracy_on_500_photographs(name, least, imagenet_samples):
    model = classifiers.load(name)
    images, labels = data.load(str(imagenet_samples), size=model.input_shape[1])
    assert analysis.accuracy(model, images, labels) >= least


def test_unknown_names_and_missing_files_are_said(tmp_path, no_data_folder, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ValueError, match=r"squeezenet.*\.keras file"):
        classifiers.load("lenet")
    with pytest.raises(FileNotFoundError, match="no file"):
        classifiers.load("no_such.keras")
    with pytest.raises(FileNotFoundError, match="no file"):
        classifiers.load("squeezenet", weights="nowhere.pkl")
    for name in ("vgg16", "resnet101"):
        with pytest.raises(FileNotFoundError, match=r"tf_kernels\.h5.*--download"):
            classifiers.load(name)


@pytest.mark.long
def test_a_download_happens_only_when_asked_for(tmp_path, no_data_folder, monkeypatch):
    """Keras's own function that fetches is replaced: it notes what was asked for, and the network is gone."""
    asked = []

    def get_file(name, origin, **kwargs):
        asked.append(name)
        raise Exception("URL fetch failure")

    monkeypatch.setattr("keras.src.utils.file_utils.get_file", get_file)
    with pytest.raises(FileNotFoundError, match="--download"):
        classifiers.load("resnet101")
    assert not asked
    with pytest.raises(FileNotFoundError, match=r"No weights for resnet101.*The download failed: URL fetch failure"):
        classifiers.load("resnet101", download=True)
    assert asked == ["resnet101_weights_tf_dim_ordering_tf_kernels.h5"]


@pytest.mark.parametrize("spoiled", ["no checksum", "a link to another file", "not kinv's"])
def test_kinvs_own_network_passes_all_checks_of_an_artifact(tmp_path, monkeypatch, spoiled):
    whole = next(folder for folder in registry.artifact_folders() if (folder / "digit_cnn").is_dir())
    folder = Path(shutil.copytree(whole / "digit_cnn", tmp_path / "digit_cnn"))
    monkeypatch.setattr(registry, "artifact_folders", lambda: [tmp_path])
    if spoiled == "no checksum":
        text = (folder / "manifest.json").read_text()
        (folder / "manifest.json").write_text(re.sub(r'"sha256": "\w+"', '"sha256": ""', text))
    elif spoiled == "a link to another file":
        with h5py.File(folder / "model.weights.h5", "a") as file:
            file["layers/conv1/vars/9"] = h5py.ExternalLink("/etc/passwd", "/")
        write_manifest(folder)
    else:
        (folder / "config.json").write_text('{"kinv": "1", "class": "Other", "config": {}}')
        write_manifest(folder)
    with pytest.raises(ValueError, match="was not read"):
        classifiers.load("digit_cnn")
