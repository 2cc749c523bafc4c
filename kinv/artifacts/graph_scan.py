"""What a SavedModel would do if it were run: only what a model needs, and nothing with files, processes or Python."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from .errors import ArtifactError
from .saved_model_schema import message_class

# Every operation of the graphs that kinv exports, and their neighbours. All others are refused, among them ReadFile,
# WriteFile, PyFunc, MatchingFiles, datasets, tables, custom and XLA calls. Found with the exports of all artifacts.
COMPUTING = frozenset(
    """
    Abs AddN AddV2 All Any ArgMax ArgMin AvgPool BatchMatMulV2 BiasAdd BitwiseAnd BitwiseOr BitwiseXor BroadcastArgs
    BroadcastTo Cast Ceil ClipByValue ConcatV2 Const Conv2D Conv2DBackpropInput Cos DepthwiseConv2dNative Einsum Elu
    Equal Erf Exp ExpandDims Fill Floor FloorDiv FloorMod FusedBatchNormV3 GatherNd GatherV2 Greater GreaterEqual
    Identity IdentityN If Less LessEqual Log LogicalAnd LogicalNot LogicalOr LeftShift MatMul MatrixSetDiagV3 Max
    MaxPool Maximum Mean Min Minimum Mul Neg NoOp NotEqual OneHot OnesLike Pack Pad PadV2 PartitionedCall Placeholder
    Pow Prod Range RealDiv Reciprocal Relu Relu6 Reshape ResizeBilinear ReverseV2 RightShift Round Rsqrt Select
    SelectV2 Selu Shape Sigmoid Sign Sin Slice Softmax Softplus Split SplitV Sqrt Square SquaredDifference Squeeze
    StatelessIf StatelessRandomGetKeyCounter StatelessRandomNormalV2 StatelessRandomUniformFullIntV2
    StatelessRandomUniformIntV2 StatelessRandomUniformV2 StatelessWhile StopGradient StridedSlice Sub Sum Tanh
    TensorListFromTensor TensorListGetItem TensorListReserve TensorListSetItem TensorListStack Tile TopKV2 Transpose
    Unpack While ZerosLike
    AssignVariableOp ReadVariableOp ResourceGather StatefulPartitionedCall VarHandleOp VarIsInitializedOp
    """.split()
)
# TensorFlow writes and reads a SavedModel's variables with two functions of its own, made of these as well.
SAVING = {
    "save": frozenset(
        "DisableCopyOnRead MergeV2Checkpoints SaveV2 ShardedFilename StaticRegexFullMatch StringJoin".split()
    ),
    "restore": frozenset(["RestoreV2"]),
}
SAVER = re.compile(r"__inference__traced_(save|restore)_\d+", re.ASCII)
MENTIONS = 2  # of a saver's name: where it is defined, and where the saver calls it
ATTRIBUTES = ("_construction_context", "_input_shapes")  # of functions; others let TensorFlow put one for another
MAX_BYTES = 4_000_000  # a graph; variables are in other files, and parsed messages take hundreds of times as much


def check_graph(folder: Path) -> None:
    """Refuses a SavedModel with operations that models do not need; nothing of it is run.

    Args:
        folder: the SavedModel.

    Raises:
        ArtifactError: such an operation, another structure than `export`'s, or no graph.
    """
    content = _content(folder)
    model = _parsed(folder, content)
    if len(model.meta_graphs) != 1 or not model.meta_graphs[0].object_graph_def.nodes:
        raise ArtifactError(
            f"{folder} must hold exactly one graph with its objects, as TensorFlow 2 writes it: export the model again."
        )
    graph = model.meta_graphs[0]
    library = graph.graph_def.library
    collections = {entry.key for entry in graph.collections} - {"saved_model_main_op"}
    if graph.asset_file_def or collections or library.gradient or library.registered_gradients:
        raise ArtifactError(
            f"{folder} has files, collections or gradients of its own, which no artifact needs. It is not loaded."
        )
    names = {function.signature.name for function in library.function}
    attributes = {entry.key for function in library.function for entry in function.attributes}
    if len(names) < len(library.function) or names & COMPUTING or attributes - set(ATTRIBUTES):
        raise ArtifactError(f"{folder} has functions that TensorFlow may take for others. It is not loaded.")
    saver = {graph.saver_def.save_tensor_name.split(":")[0], graph.saver_def.restore_op_name}
    savers = dict(_saving_function(folder, node, content) for node in graph.graph_def.node if node.name in saver)
    if sorted(savers.values()) != sorted(SAVING):
        raise _saving_elsewhere(folder)
    _check_nodes(folder, [node for node in graph.graph_def.node if node.name not in saver])
    for function in library.function:
        _check_nodes(folder, function.node_def, SAVING.get(savers.get(function.signature.name, ""), frozenset()))
    tensors = [entry.value for one in graph.signatures for entry in (*one.value.inputs, *one.value.outputs)]
    used = [tensor.name for tensor in tensors]
    used += [name for node in graph.graph_def.node if node.name not in saver for name in node.input]
    used += [name for entry in graph.collections for name in entry.value.node_list.value]
    composed = any(tensor.HasField("coo_sparse") or tensor.HasField("composite_tensor") for tensor in tensors)
    if composed or saver & {name.lstrip("^").split(":")[0] for name in used}:
        raise _saving_elsewhere(folder)


def _saving_function(folder: Path, node: Any, content: bytes) -> tuple[str, str]:
    """The function that a node of the saver calls, and whether it is to save or to restore."""
    called = list(_called(node.attributes))
    match = SAVER.fullmatch(called[0]) if len(called) == 1 else None
    if match is None or node.op != "StatefulPartitionedCall" or content.count(called[0].encode()) != MENTIONS:
        raise _saving_elsewhere(folder)  # any other mention is a way to it, whatever field that is in
    return called[0], match[1]


def _check_nodes(folder: Path, nodes: Any, also: frozenset[str] = frozenset()) -> None:
    for node in nodes:
        if node.op not in COMPUTING and node.op not in also:
            raise ArtifactError(
                f"{folder} would run {node.op!r}, which no model of kinv needs: files, processes and code may be "
                "reached that way. It is not loaded."
            )


def _saving_elsewhere(folder: Path) -> ArtifactError:
    return ArtifactError(
        f"{folder} reaches the functions that save and restore its variables from elsewhere than its saver."
    )


def _called(attributes: Any) -> Iterator[str]:
    """The functions that attributes name, at any depth."""
    for entry in attributes:
        for function in (entry.value.func, *entry.value.list.func):
            if function.name:
                yield function.name
            yield from _called(function.attributes)


def read(folder: Path) -> Any:
    """The parts of `saved_model.pb` that say what it does.

    Raises:
        ArtifactError: it can't be read.
    """
    return _parsed(folder, _content(folder))


def _content(folder: Path) -> bytes:
    path = folder / "saved_model.pb"
    try:
        if path.stat().st_size > MAX_BYTES:
            raise ArtifactError(f"{path} has {path.stat().st_size:,} bytes, a graph has at most {MAX_BYTES:,}.")
        return path.read_bytes()
    except OSError as error:
        raise ArtifactError(f"{path} is not a SavedModel: {error}") from None


def _parsed(folder: Path, content: bytes) -> Any:
    from google.protobuf.message import DecodeError

    try:
        return message_class()().FromString(content)
    except DecodeError as error:
        raise ArtifactError(f"{folder} is not a SavedModel: {error}") from None
