"""Artifacts made to do harm, with a manifest that fits them: refused before anything of them is used."""

import json
import os
import shutil
import zipfile

import h5py
import numpy as np
import pytest

import kinv
from kinv.artifacts import summary
from kinv.models import Gallery, RestrictedBoltzmannMachine

from .refusal import refused, saved_stack


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    return saved_stack(tmp_path_factory.mktemp("hostile"))


@pytest.fixture
def artifact(saved, tmp_path):
    return shutil.copytree(saved, tmp_path / "stack")


# === Files ===


@pytest.mark.parametrize(
    "name",
    ["model.pkl", "model.keras", "weights.npz", "figures/a.py", "saved_model/assets/x.txt", "__init__.py", ".hidden",
     "figures/../config.json.py", "saved_model/keras_metadata.pb", "figures/a.svg.exe", "model.weights.h5.bak"],
)  # fmt: skip
def test_files_that_no_artifact_has(artifact, name):
    path = artifact / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"x")
    refused(artifact, "which no artifact has")


@pytest.mark.parametrize("name", ["config.json", "model.weights.h5", "metadata.json"])
def test_files_that_every_artifact_has(artifact, name):
    (artifact / name).unlink()
    refused(artifact, f"incomplete: {name}")


def test_a_graph_without_its_file(artifact):
    (artifact / "saved_model" / "saved_model.pb").unlink()
    refused(artifact, "not a SavedModel")


def test_folders_in_folders(artifact):
    (artifact / "saved_model" / "/".join(["a"] * 500)).mkdir(parents=True)
    with pytest.raises(kinv.ArtifactError, match="folders in folders"):
        kinv.load(artifact)


def test_a_pipe_in_place_of_a_file(artifact):
    (artifact / "config.json").unlink()
    os.mkfifo(artifact / "config.json")
    with pytest.raises(kinv.ArtifactError):
        kinv.load(artifact)
    with pytest.raises(kinv.ArtifactError, match="or no file"):
        summary.summarise(artifact)


def test_results_that_are_no_numbers(artifact):
    metadata = {"metrics": {"top": 10**400, "text": "x", "list": [], "true": True, "right": 0.5}}
    (artifact / "metadata.json").write_text(json.dumps(metadata))
    assert summary.summarise(artifact).result == "right 0.5"


def test_handles_that_are_no_paths():
    for handle in ("a" * 5000, "a\0b"):
        with pytest.raises(kinv.ArtifactError):
            kinv.load(handle)


def test_what_is_beside_an_artifact_is_left_alone(artifact):
    (artifact / "notes.txt").write_text("mine")
    with pytest.raises(kinv.ArtifactError, match=r"notes\.txt"):
        kinv.save(RestrictedBoltzmannMachine(4, 2), artifact)
    assert (artifact / "notes.txt").read_text() == "mine"
    project = artifact.parent / "extension"
    project.mkdir()
    (project / "manifest.json").write_text('{"name": "my browser extension"}')
    with pytest.raises(kinv.ArtifactError, match="not a kinv artifact"):
        kinv.save(RestrictedBoltzmannMachine(4, 2), project)
    assert (project / "manifest.json").exists()


def test_a_saved_model_does_not_make_anybody_load_an_artifact():
    config = {"artifact": "hf://somebody/else", "value_range": [0, 1], "seed": 0, "name": "x"}
    with pytest.raises(ValueError, match="configuration of a model"):
        kinv.layers.LearnedAugmentation.from_config(config)


# === Configurations ===


def configure(artifact, **changes):
    config = json.loads((artifact / "config.json").read_text())
    config["config"].update(changes)
    (artifact / "config.json").write_text(json.dumps(config))


@pytest.mark.parametrize(
    ("changes", "match"),
    [
        ({"units": [6, 10**12]}, "at most 100,000,000"),
        ({"units": [6, 10_000_000]}, "needs .* weights, its weights file holds"),
        ({"units": [9_000, 9_000]}, "needs .* weights, its weights file holds"),
        ({"units": [6, 4] * 10_000}, "a list of 20,000"),
        ({"units": [6, -4]}, "valid"),
        ({"units": [6, "4"]}, "valid"),
        ({"units": []}, "valid"),
        ({"units": None}, "valid"),
        ({"seed": 10**400}, "numbers must be within"),
        ({"rates": [0.1] * 200}, "a list of 200"),
        ({"corruption": {"class_name": "Lambda", "config": {"function": "x"}}}, "valid"),
        ({"name": "../../x"}, "valid"),
        ({"dtype": "float1000"}, "valid"),
    ],
)
def test_configurations_that_ask_for_too_much_or_nonsense(artifact, changes, match):
    configure(artifact, **changes)
    refused(artifact, match)


@pytest.mark.parametrize("text", ['{"a": NaN}', "[" * 200_000, '"text"', "\udcff", "{" + " " * 5_000_000 + "}"])
@pytest.mark.parametrize("name", ["config.json"])
def test_json_that_is_none(artifact, name, text):
    (artifact / name).write_bytes(text.encode("utf-8", "surrogateescape"))
    refused(artifact, "can't be read|must hold a JSON object")


def test_a_gallery_of_absurd_size(tmp_path):
    folder = kinv.save(Gallery(["a"], "spectral", size=8), tmp_path / "gallery", saved_model=False)
    configure(folder, size=2**20)
    refused(folder, "size")


# === Weights ===


def weights(artifact):
    return h5py.File(artifact / "model.weights.h5", "r+")


def first_array(file):
    found = []
    file.visititems(lambda name, item: found.append(name) if isinstance(item, h5py.Dataset) else None)
    return found[0]


def replace(file, make):
    name = first_array(file)
    shape = file[name].shape
    del file[name]
    make(file, name, shape)


def external(file, name, shape):
    file[name] = h5py.ExternalLink("/etc/passwd", "/x")


def soft(file, name, shape):
    file[name] = h5py.SoftLink("/x")


def elsewhere(file, name, shape):
    file.create_dataset(name, shape, "float32", external=[("/etc/passwd", 0, h5py.h5f.UNLIMITED)])


def unallocated(file, name, shape):
    file.create_dataset(name, (10**12,), "float32")


def compressed(file, name, shape):
    file.create_dataset(name, (10**8,), "uint8", compression="gzip", chunks=(10**7,))[:10] = 1


def virtual(file, name, shape):
    layout = h5py.VirtualLayout(shape, "float32")
    layout[:] = h5py.VirtualSource("/etc/passwd", "x", shape)
    file.create_virtual_dataset(name, layout)


def texts(file, name, shape):
    file[name] = np.array(["a", "b"], dtype=h5py.string_dtype())


def references(file, name, shape):
    file[name] = np.array([file.ref], dtype=h5py.ref_dtype)


def with_attributes(file, name, shape):
    """Keras would read them."""
    file[name] = np.zeros(shape, "float32")
    file[name].attrs["dtype"] = np.array(["float32"] * 10, dtype=h5py.string_dtype())


def with_many_names(file, name, shape):
    file.create_group("other").attrs["name"] = np.array(["x"] * 10, dtype=h5py.string_dtype())


def named_type(file, name, shape):
    file[name] = np.dtype("float32")


MORE_THAN_ARRAYS = (
    external, soft, elsewhere, unallocated, compressed, virtual, texts, references, named_type, with_attributes,
    with_many_names,
)  # fmt: skip


@pytest.mark.parametrize("make", MORE_THAN_ARRAYS)
def test_weights_that_are_more_than_arrays(artifact, make):
    with weights(artifact) as file:
        replace(file, make)
    refused(artifact, r"link|compressed|claims|neither a group nor an array|attributes|must be a single value")


def test_a_group_that_holds_itself_ends(artifact):
    with weights(artifact) as file:
        file["a"] = file["/"]
    refused(artifact, "neither a group nor an array, or there are too many")


@pytest.mark.parametrize("kind", ["text", "zip", "empty", "half"])
def test_weights_that_are_no_weights(artifact, kind):
    path = artifact / "model.weights.h5"
    if kind == "zip":
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("bomb", bytes(10**7))
    else:
        content = path.read_bytes()
        path.write_bytes({"text": b"hello", "empty": b"", "half": content[: len(content) // 2]}[kind])
    refused(artifact, "not a weights file")


def test_weights_of_another_model(artifact, tmp_path):
    other = kinv.save(RestrictedBoltzmannMachine(60, 40), tmp_path / "other", saved_model=False)
    shutil.copy(other / "model.weights.h5", artifact / "model.weights.h5")
    refused(artifact, "does not hold a valid StackedDenoisingAutoencoder")
