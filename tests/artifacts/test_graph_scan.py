"""Artifacts whose SavedModel would do harm, with a manifest that fits it: refused before anybody runs it."""

import shutil

import pytest
import tensorflow as tf

import kinv
from kinv.artifacts import graph_scan

from .refusal import refused, saved_stack


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    return saved_stack(tmp_path_factory.mktemp("hostile"))


@pytest.fixture
def artifact(saved, tmp_path):
    return shutil.copytree(saved, tmp_path / "stack")


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


def named_like_an_operation_with_files(graph):
    """A function of the library, so that a branch may call it, which a loader may take for the operation."""
    graph.library.add().signature.name = "WriteFile"
    a_branch_that_is_an_operation(graph)


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


def a_branch_that_is_an_operation(graph, node=None):
    """TensorFlow's first loader looks for operations too where an attribute names a function."""
    node = node or graph.meta.graph_def.node.add(name="x", op="If")
    node.attr["then_branch"].func.name = node.attr["else_branch"].func.name = "WriteFile"


def a_branch_in_a_function(graph):
    a_branch_that_is_an_operation(graph, graph.library[0].node_def.add(name="x", op="If"))


def a_branch_in_a_list(graph):
    graph.library[0].node_def.add(name="x", op="If").attr["branches"].list.func.add().name = "WriteFile"


def a_branch_of_a_branch(graph):
    inner = graph.meta.graph_def.node.add(name="x", op="If").attr["f"].func
    inner.name = graph.library[0].signature.name
    inner.attr["g"].func.name = "WriteFile"


def a_branch_that_is_the_saver(graph):
    node = graph.meta.graph_def.node.add(name="x", op="If")
    node.attr["then_branch"].func.name = graph.save_function[:-1]


def a_function_named_by_a_functions_attribute(graph):
    graph.library[0].attr["_construction_context"].func.name = "WriteFile"


def function_of(graph, kind):
    (found,) = [function for function in graph.library if f"traced_{kind}" in function.signature.name]
    return found


def constant(function, value):
    node = function.node_def.add(name="evil", op="Const")
    node.attr["value"].tensor.CopyFrom(tf.make_tensor_proto(value))
    node.attr["dtype"].type = tf.string.as_datatype_enum
    return "evil:output:0"


def restored_from_a_constant(graph):
    function = function_of(graph, "restore")
    (restore,) = [node for node in function.node_def if node.op == "RestoreV2"]
    restore.input[0] = constant(function, "/etc/x")


def saved_at_a_constant(graph):
    function = function_of(graph, "save")
    (merge,) = [node for node in function.node_def if node.op == "MergeV2Checkpoints"]
    merge.input[1] = constant(function, "/tmp/x")


def saved_beside_the_argument(graph):
    function = function_of(graph, "save")
    (join,) = [node for node in function.node_def if node.op == "StringJoin"]
    join.input[1] = constant(function, "/../../evil")


def saved_beside_the_argument_in_packed_bytes(graph):
    """TensorFlow takes the bytes of `tensor_content`, if there are any, and leaves `string_val` aside."""
    saved_beside_the_argument(graph)
    tensor = function_of(graph, "save").node_def[-1].attr["value"].tensor
    assert tensor.string_val[:] == [b"/../../evil"]
    tensor.string_val[:] = [b"_temp/part"]
    tensor.tensor_content = b"\x0b/../../evil"
    assert value_of(tensor) == b"/../../evil"


def value_of(proto):
    """What TensorFlow's runtime makes of a tensor in a graph."""
    with tf.Graph().as_default() as graph:
        attributes = {"value": tf.compat.v1.AttrValue(tensor=proto), "dtype": tf.compat.v1.AttrValue(type=proto.dtype)}
        output = graph.create_op("Const", [], [tf.string], attrs=attributes).outputs[0]
        return tf.compat.v1.Session(graph=graph).run(output)


def asked_to_restore_a_constant(graph):
    node = graph.meta.graph_def.node.add(name="evil", op="Const")
    node.attr["value"].tensor.CopyFrom(tf.make_tensor_proto("/etc/x"))
    (restore,) = [one for one in graph.meta.graph_def.node if one.name == graph.meta.saver_def.restore_op_name]
    restore.input[0] = "evil"


def without_objects(graph):
    graph.meta.ClearField("object_graph_def")


def two_graphs(graph):
    graph.model.meta_graphs.add().CopyFrom(graph.meta)


WAYS = (
    offered_as_an_endpoint, offered_as_a_part_of_an_endpoint, called_by_another_function, called_by_an_object,
    named_beside_the_saver, named_like_an_operation, named_like_an_operation_with_files, put_in_place_of_another,
    run_as_the_saver, saving_while_it_restores, without_objects, two_graphs, a_branch_that_is_an_operation,
    a_branch_in_a_function, a_branch_in_a_list, a_branch_of_a_branch, a_branch_that_is_the_saver,
    a_function_named_by_a_functions_attribute, restored_from_a_constant, saved_at_a_constant,
    saved_beside_the_argument, saved_beside_the_argument_in_packed_bytes, asked_to_restore_a_constant,
)  # fmt: skip


@pytest.mark.parametrize("way", WAYS)
def test_what_writes_files_can_not_be_reached(artifact, way):
    """TensorFlow's own saving function writes wherever its argument says; nothing else may lead there."""
    graph = Graph(artifact)
    way(graph)
    graph.write()
    refused(
        artifact,
        "elsewhere than its saver|may take for others|would run|one graph with its objects|would call|another path",
    )


def test_a_graph_that_would_fill_the_memory(artifact):
    graph = Graph(artifact)
    function = type(graph.save_node.attr["f"].func)()
    graph.meta.graph_def.node[0].attr["x"].list.func.extend([function] * 2_100_000)
    graph.write()
    refused(artifact, "a graph has at most")


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
