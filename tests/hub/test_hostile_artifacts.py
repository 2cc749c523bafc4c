"""Artifacts made to do harm, with a manifest that fits them: refused before anything of them is used."""

import json
import os
import shutil
import zipfile

import h5py
import numpy as np
import pytest
import tensorflow as tf

import kinv
from kinv.hub import describing, graph_scan
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


def test_folders_in_folders(artifact):
    (artifact / "/".join(["a"] * 500)).mkdir(parents=True)
    with pytest.raises(kinv.ArtifactError, match="folders in folders"):
        kinv.load(artifact)


def test_a_pipe_in_place_of_a_file(artifact):
    (artifact / "config.json").unlink()
    os.mkfifo(artifact / "config.json")
    with pytest.raises(kinv.ArtifactError):
        kinv.load(artifact)
    with pytest.raises(kinv.ArtifactError, match="no file"):
        describing.summarise(artifact)


def test_results_that_are_no_numbers(artifact):
    metadata = {"metrics": {"top": 10**400, "text": "x", "list": [], "true": True, "right": 0.5}}
    (artifact / "metadata.json").write_text(json.dumps(metadata))
    assert describing.summarise(artifact).result == "right 0.5"


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
        ({"units": [6, 10**12]}, "weights"),
        ({"units": [6, 10_000_000]}, "asks for .* weights, and there are"),
        ({"units": [9_000, 9_000]}, "asks for .* weights, and there are"),
        ({"units": [6, 4] * 10_000}, "a list of 20,000"),
        ({"units": [6, -4]}, "valid"),
        ({"units": [6, "4"]}, "valid"),
        ({"units": []}, "valid"),
        ({"units": None}, "valid"),
        ({"seed": 10**400}, "a number beyond"),
        ({"rates": [0.1] * 200}, "a list of 200"),
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
    refused(artifact, r"link|compressed|claims|neither a group nor an array|attributes|is not one")


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
    refused(artifact, "would run|files, collections|may take for others")
    assert not (tmp_path / "stolen").exists()


class Graph:
    """The artifact's own SavedModel, to be changed."""

    def __init__(self, artifact):
        from tensorflow.core.protobuf import saved_model_pb2

        self.path = artifact / "saved_model" / "saved_model.pb"
        self.model = saved_model_pb2.SavedModel.FromString(self.path.read_bytes())
        self.meta = self.model.meta_graphs[0]
        self.library = self.meta.graph_def.library.function
        self.saver = self.meta.saver_def.save_tensor_name
        self.save_node = {node.name: node for node in self.meta.graph_def.node}[self.saver.split(":")[0]]
        self.save_function = self.save_node.attr["f"].func.name

    def write(self):
        self.path.write_bytes(self.model.SerializeToString())


def offered_as_an_endpoint(graph):
    for output in graph.meta.signature_def["encode"].outputs.values():
        output.name = graph.saver


def offered_as_a_part_of_an_endpoint(graph):
    for output in graph.meta.signature_def["encode"].outputs.values():
        output.coo_sparse.values_tensor_name = graph.saver


def called_by_another_function(graph):
    graph.library[0].node_def.add(name="x", op="StatefulPartitionedCall").attr["f"].func.name = graph.save_function


def called_by_an_object(graph):
    graph.meta.object_graph_def.nodes.add().bare_concrete_function.concrete_function_name = graph.save_function


def named_beside_the_saver(graph):
    """Another function that would count as one of the saver's."""
    evil = graph.library.add()
    evil.signature.name = "__inference__traced_save_9"
    evil.node_def.add(name="x", op="SaveV2")
    graph.save_node.attr["_evil"].func.name = "__inference__traced_save_9"


def named_like_an_operation(graph):
    graph.library.add().signature.name = "Relu"


def put_in_place_of_another(graph):
    for function in graph.library:
        function.attr["api_implements"].s = b"x"


def run_as_the_saver(graph):
    graph.save_node.op = "WriteFile"
    graph.save_node.attr.pop("f")


def saving_while_it_restores(graph):
    for function in graph.library:
        if "traced_restore" in function.signature.name:
            function.node_def.add(name="x", op="SaveV2")


def without_objects(graph):
    graph.meta.ClearField("object_graph_def")


def two_graphs(graph):
    graph.model.meta_graphs.add().CopyFrom(graph.meta)


WAYS = (
    offered_as_an_endpoint, offered_as_a_part_of_an_endpoint, called_by_another_function, called_by_an_object,
    named_beside_the_saver, named_like_an_operation, put_in_place_of_another, run_as_the_saver,
    saving_while_it_restores, without_objects, two_graphs,
)  # fmt: skip


@pytest.mark.parametrize("way", WAYS)
def test_what_writes_files_can_not_be_reached(artifact, way):
    """TensorFlow's own saving function writes wherever its argument says; nothing else may lead there."""
    graph = Graph(artifact)
    way(graph)
    graph.write()
    refused(artifact, "elsewhere than its saver|may take for others|would run|one graph with its objects")


def test_a_graph_that_would_fill_the_memory(artifact):
    graph = Graph(artifact)
    function = type(graph.save_node.attr["f"].func)()
    graph.meta.graph_def.node[0].attr["x"].list.func.extend([function] * 2_100_000)
    graph.write()
    refused(artifact, "too many for a graph")


def test_what_kinv_exports_passes(saved):
    graph_scan.check_graph(saved / "saved_model")
    kinv.load(saved)


def test_known_operations_exist():
    """A name with a typing error would refuse good graphs."""
    from tensorflow.python.framework import op_def_registry

    for name in graph_scan.COMPUTING.union(*graph_scan.SAVING.values()):
        assert op_def_registry.get(name) is not None, name


def test_no_known_operation_touches_files():
    assert not {"ReadFile", "WriteFile", "PyFunc", "EagerPyFunc", "PyFuncStateless", "SaveV2", "RestoreV2"} & (
        graph_scan.COMPUTING
    )


def test_the_artifacts_that_come_with_kinv_pass():
    from kinv.hub import artifact_folders

    checked = [kinv.verify(path.parent) for shelf in artifact_folders() for path in shelf.glob("*/manifest.json")]
    assert len(checked) >= 13
