"""Artifacts made to do harm, with a manifest that fits them: refused before anything of them is used."""

import json
import shutil
import zipfile

import h5py
import numpy as np
import pytest
import tensorflow as tf

import kinv
from kinv.hub import graph_scan
from kinv.hub.manifest import write_manifest
from kinv.models import Gallery, RestrictedBoltzmannMachine, StackedDenoisingAutoencoder


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    return kinv.save(StackedDenoisingAutoencoder((6, 4)), tmp_path_factory.mktemp("hostile") / "stack")


@pytest.fixture
def artifact(saved, tmp_path):
    return shutil.copytree(saved, tmp_path / "stack")


def refused(artifact, match):
    """Whether `load` and `verify` say so, and leave everything as it was."""
    write_manifest(artifact)
    before = sorted(path.as_posix() for path in artifact.parent.rglob("*"))
    with pytest.raises(kinv.ArtifactError, match=match):
        kinv.load(artifact)
    assert sorted(path.as_posix() for path in artifact.parent.rglob("*")) == before


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
    refused(artifact, "no SavedModel")


# === Configurations ===


def configure(artifact, **changes):
    config = json.loads((artifact / "config.json").read_text())
    config["config"].update(changes)
    (artifact / "config.json").write_text(json.dumps(config))


@pytest.mark.parametrize(
    ("changes", "match"),
    [
        ({"units": [6, 10**12]}, "weights"),
        ({"units": [6, 10_000_000]}, "asks for .* weights, and there are"),
        ({"units": [9_000, 9_000]}, "asks for .* weights, and there are"),
        ({"units": [6, 4] * 10_000}, "a list of 20,000"),
        ({"units": [6, -4]}, "valid"),
        ({"units": [6, "4"]}, "valid"),
        ({"units": []}, "valid"),
        ({"units": None}, "valid"),
        ({"seed": 10**40}, "asks for 1e"),
        ({"corruption": {"class_name": "Lambda", "config": {"function": "x"}}}, "valid"),
        ({"name": "../../x"}, "valid"),
        ({"dtype": "float64"}, "valid"),
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


def named_type(file, name, shape):
    file[name] = np.dtype("float32")


@pytest.mark.parametrize(
    "make", [external, soft, elsewhere, unallocated, compressed, virtual, texts, references, named_type]
)
def test_weights_that_are_more_than_arrays(artifact, make):
    with weights(artifact) as file:
        replace(file, make)
    refused(artifact, r"link|compressed|claims|neither a group nor an array")


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
    refused(artifact, "no weights file")


def test_weights_of_another_model(artifact, tmp_path):
    other = kinv.save(RestrictedBoltzmannMachine(60, 40), tmp_path / "other", saved_model=False)
    shutil.copy(other / "model.weights.h5", artifact / "model.weights.h5")
    refused(artifact, "does not hold a valid StackedDenoisingAutoencoder")


# === Graphs ===


def read_table(x):
    table = tf.raw_ops.HashTableV2(key_dtype=tf.int64, value_dtype=tf.string)
    tf.raw_ops.InitializeTableFromTextFileV2(
        table_handle=table, filename="/etc/passwd", key_index=-1, value_index=-2, vocab_size=-1, delimiter=":", offset=0
    )
    return tf.raw_ops.LookupTableFindV2(table_handle=table, keys=tf.cast(x, tf.int64), default_value="")


def save_elsewhere(x):
    tf.raw_ops.SaveV2(prefix="stolen", tensor_names=["x"], shape_and_slices=[""], tensors=[x])
    return x


HARM = {
    "ReadFile": lambda x: tf.strings.length(tf.io.read_file("/etc/passwd")),
    "WriteFile": lambda x: (tf.io.write_file("stolen", "x"), x)[1],
    "MatchingFiles": lambda x: tf.size(tf.io.matching_files("/*")),
    "PyFunc": lambda x: tf.numpy_function(lambda y: y, [x], tf.float32),
    "EagerPyFunc": lambda x: tf.py_function(lambda y: y, [x], tf.float32),
    "HashTable": read_table,
    "SaveV2": save_elsewhere,
    "RestoreV2": lambda x: tf.raw_ops.RestoreV2(
        prefix="/etc/x", tensor_names=["x"], shape_and_slices=[""], dtypes=[tf.float32]
    )[0],
    "PrintV2": lambda x: (tf.print(x, output_stream="file://stolen"), x)[1],
    "DecodeProtoV2": lambda x: tf.io.decode_proto(tf.constant([b""]), "x", ["y"], [tf.float32], "/etc/x")[0],
    "Dataset": lambda x: tf.data.TextLineDataset("/etc/passwd").reduce(tf.constant(0), lambda a, _: a + 1),
    "nested": lambda x: tf.cond(x[0] > 0, lambda: tf.strings.length(tf.io.read_file("/etc/passwd")), lambda: 1),
    "looped": lambda x: tf.while_loop(
        lambda i: i < 3, lambda i: [i + tf.strings.length(tf.io.read_file("/etc/passwd"))], [tf.constant(0)]
    ),
}


@pytest.mark.parametrize("harm", HARM)
def test_graphs_that_reach_out(artifact, harm, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    module = tf.Module()
    module.call = tf.function(HARM[harm], input_signature=[tf.TensorSpec((2,), tf.float32)], autograph=False)
    shutil.rmtree(artifact / "saved_model")
    tf.saved_model.save(module, str(artifact / "saved_model"), signatures=module.call if harm == "ReadFile" else None)
    shutil.rmtree(artifact / "saved_model" / "assets", ignore_errors=True)
    refused(artifact, "would run|files, collections")
    assert not (tmp_path / "stolen").exists()


def test_a_saver_that_is_offered_as_an_endpoint(artifact):
    """TensorFlow's own saving function writes wherever its argument says."""
    from tensorflow.core.protobuf import saved_model_pb2

    path = artifact / "saved_model" / "saved_model.pb"
    graph = saved_model_pb2.SavedModel.FromString(path.read_bytes())
    saver = graph.meta_graphs[0].saver_def.save_tensor_name
    for name, output in list(graph.meta_graphs[0].signature_def["encode"].outputs.items()):
        output.name = saver
        graph.meta_graphs[0].signature_def["encode"].outputs[name].CopyFrom(output)
    path.write_bytes(graph.SerializeToString())
    refused(artifact, "elsewhere than its saver")


@pytest.mark.parametrize("where", ["object graph", "function"])
def test_a_saver_that_is_called_from_elsewhere(artifact, where):
    from tensorflow.core.protobuf import saved_model_pb2

    path = artifact / "saved_model" / "saved_model.pb"
    graph = saved_model_pb2.SavedModel.FromString(path.read_bytes())
    meta = graph.meta_graphs[0]
    node = {node.name: node for node in meta.graph_def.node}[meta.saver_def.save_tensor_name.split(":")[0]]
    name = node.attr["f"].func.name
    if where == "object graph":
        meta.object_graph_def.concrete_functions[name].SetInParent()
    else:
        functions = [f for f in meta.graph_def.library.function if "traced" not in f.signature.name]
        functions[0].node_def.add(name="x", op="StatefulPartitionedCall").attr["f"].func.name = name
    path.write_bytes(graph.SerializeToString())
    refused(artifact, "elsewhere than its saver")


def test_what_kinv_exports_passes(saved):
    graph_scan.check_graph(saved / "saved_model")
    kinv.load(saved)


def test_known_operations_exist():
    """A name with a typing error would refuse good graphs."""
    from tensorflow.python.framework import op_def_registry

    for name in graph_scan.COMPUTING | graph_scan.SAVING:
        assert op_def_registry.get(name) is not None, name


def test_no_known_operation_touches_files():
    assert not {"ReadFile", "WriteFile", "PyFunc", "EagerPyFunc", "PyFuncStateless", "SaveV2", "RestoreV2"} & (
        graph_scan.COMPUTING
    )


def test_the_artifacts_that_come_with_kinv_pass():
    from kinv.hub import artifact_folders

    checked = [kinv.verify(path.parent) for shelf in artifact_folders() for path in shelf.glob("*/manifest.json")]
    assert len(checked) >= 13
