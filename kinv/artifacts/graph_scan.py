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
    Abs AddN AddV2 All Any ArgMax ArgMin Assert AvgPool BatchMatMulV2 BiasAdd BitwiseAnd BitwiseOr BitwiseXor
    BroadcastArgs BroadcastTo Cast Ceil ClipByValue ConcatV2 Const Conv2D Conv2DBackpropInput Cos DepthwiseConv2dNative
    Einsum Elu Equal Erf Exp ExpandDims Fill Floor FloorDiv FloorMod FusedBatchNormV3 GatherNd GatherV2 Greater
    GreaterEqual Identity IdentityN If Less LessEqual Log LogicalAnd LogicalNot LogicalOr LeftShift MatMul
    MatrixSetDiagV3 Max MaxPool Maximum Mean Min Minimum Mul Neg NoOp NotEqual OneHot OnesLike Pack Pad PadV2
    PartitionedCall Placeholder Pow Prod Range RealDiv Reciprocal Relu Relu6 Reshape ResizeBilinear ReverseV2 RightShift
    Round Rsqrt Select SelectV2 Selu Shape Sigmoid Sign Sin Slice Softmax Softplus Split SplitV Sqrt Square
    SquaredDifference Squeeze StatelessIf StatelessRandomGetKeyCounter StatelessRandomNormalV2
    StatelessRandomUniformFullIntV2 StatelessRandomUniformIntV2 StatelessRandomUniformV2 StatelessWhile StopGradient
    StridedSlice Sub Sum Tanh TensorListFromTensor TensorListGetItem TensorListReserve TensorListSetItem TensorListStack
    Tile TopKV2 Transpose Unpack While ZerosLike
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
PATHS = {"SaveV2": (0,), "ShardedFilename": (0,), "MergeV2Checkpoints": (0, 1), "RestoreV2": (0,)}  # inputs
PATH_ENDINGS = {b".part", b"_temp/part"}  # what TensorFlow appends while it writes
DEEPEST = 20  # operations between a path and the function's argument
SAVER = re.compile(r"__inference__traced_(save|restore)_\d+", re.ASCII)
OWN_NAME = re.compile(r"[A-Za-z0-9]_")  # TensorFlow appends a number to a function's name; no operation's is like that
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
    if len(names) < len(library.function) or not all(map(OWN_NAME.search, names)) or attributes - set(ATTRIBUTES):
        raise ArtifactError(f"{folder} has functions that TensorFlow may take for others. It is not loaded.")
    saver = {graph.saver_def.save_tensor_name.split(":")[0], graph.saver_def.restore_op_name}
    savers = dict(_saving_function(folder, node, content) for node in graph.graph_def.node if node.name in saver)
    if sorted(savers.values()) != sorted(SAVING):
        raise _saving_elsewhere(folder)
    path = graph.saver_def.filename_tensor_name.split(":")[0]
    asked = [node.op == "Placeholder" for node in graph.graph_def.node if node.name == path]
    given = {node.input[0].split(":")[0] for node in graph.graph_def.node if node.name in saver and node.input}
    if asked != [True] or given != {path}:
        raise _path_of_its_own(folder)
    _check_nodes(folder, [node for node in graph.graph_def.node if node.name not in saver])
    for function in library.function:
        saves = savers.get(function.signature.name)
        _check_nodes(folder, function.node_def, SAVING[saves] if saves else frozenset())
        if saves and not _keeps_to_its_path(function):
            raise _path_of_its_own(folder)
    entries = [entry for node in graph.graph_def.node if node.name not in saver for entry in node.attributes]
    for function in library.function:
        entries += [entry for node in function.node_def for entry in node.attributes]
        entries += function.attributes
    unknown = set(_called(entries)) - (names - set(savers))
    if unknown:
        raise ArtifactError(
            f"{folder} would call {min(unknown)!r}, which is no function of its own: operations that reach files and "
            "processes can be called that way. It is not loaded."
        )
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


def _keeps_to_its_path(function: Any) -> bool:
    """Whether all files that a saver touches are named by the argument it is called with."""
    arguments = [argument.name for argument in function.signature.input_arg]
    nodes = {node.name: node for node in function.node_def}

    def data(node):
        return [name for name in node.input if not name.startswith("^")]

    def node_of(name):
        return nodes.get(name.split(":")[0])

    def is_ending(name, depth):
        node = node_of(name)
        if node is None or depth > DEEPEST:
            return False
        if node.op == "Select":
            return all(is_ending(choice, depth + 1) for choice in data(node)[1:])
        tensors = [entry.value.tensor for entry in node.attributes]
        values = [value for tensor in tensors for value in tensor.string_val]
        packed = any(tensor.tensor_content for tensor in tensors)  # which TensorFlow would take in place of the values
        return node.op == "Const" and bool(values) and not packed and PATH_ENDINGS.issuperset(values)

    def is_own(name, depth=0):
        if name == arguments[0]:
            return True
        node = node_of(name)
        if node is None or depth > DEEPEST or not data(node):
            return False
        first, *others = data(node)
        if node.op == "Pack":
            return all(is_own(part, depth + 1) for part in (first, *others))
        if node.op == "StringJoin":
            return is_own(first, depth + 1) and all(is_ending(other, depth + 1) for other in others)
        return node.op in ("Identity", "ShardedFilename") and is_own(first, depth + 1)

    if not arguments or arguments[0] in nodes or len(nodes) < len(function.node_def):
        return False
    touching = [node for node in function.node_def if node.op in PATHS]
    return all(len(data(node)) > place and is_own(data(node)[place]) for node in touching for place in PATHS[node.op])


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


def _path_of_its_own(folder: Path) -> ArtifactError:
    return ArtifactError(f"{folder} saves or restores files of another path than it is asked to. It is not loaded.")


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
