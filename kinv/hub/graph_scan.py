"""What a SavedModel would do if it were run: only what a model needs, and nothing with files, processes or Python."""

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
    Equal Exp ExpandDims Fill Floor FloorDiv FloorMod FusedBatchNormV3 GatherNd GatherV2 Greater GreaterEqual Identity
    IdentityN If Less LessEqual Log LogicalAnd LogicalNot LogicalOr LeftShift MatMul MatrixSetDiagV3 Max MaxPool
    Maximum Mean Min Minimum Mul Neg NoOp NotEqual OneHot OnesLike Pack Pad PadV2 PartitionedCall Placeholder Pow Prod
    Range RealDiv Reciprocal Relu Relu6 Reshape ResizeBilinear ReverseV2 RightShift Round Rsqrt Select SelectV2 Selu
    Shape Sigmoid Sign Sin Slice Softmax Softplus Split SplitV Sqrt Square SquaredDifference Squeeze StatelessIf
    StatelessRandomGetKeyCounter StatelessRandomNormalV2 StatelessRandomUniformFullIntV2 StatelessRandomUniformIntV2
    StatelessRandomUniformV2 StatelessWhile StopGradient StridedSlice Sub Sum Tanh TensorListFromTensor
    TensorListGetItem TensorListReserve TensorListSetItem TensorListStack Tile TopKV2 Transpose Unpack While ZerosLike
    AssignVariableOp ReadVariableOp ResourceGather StatefulPartitionedCall VarHandleOp VarIsInitializedOp
    """.split()
)
# TensorFlow writes and reads a SavedModel's variables with these; nothing but the saver may call them.
SAVING = frozenset(
    """
    DisableCopyOnRead MergeV2Checkpoints RestoreV2 SaveV2 ShardedFilename StaticRegexFullMatch StringJoin
    """.split()
)
MAX_BYTES = 256_000_000  # a graph; variables are in other files


def check_graph(folder: Path) -> None:
    """Refuses a SavedModel with operations that models do not need; nothing of it is run.

    Args:
        folder: the SavedModel.

    Raises:
        ArtifactError: such an operation, or no graph.
    """
    for graph in read(folder).meta_graphs:
        main, library = graph.graph_def.node, graph.graph_def.library
        collections = {entry.key for entry in graph.collections} - {"saved_model_main_op"}
        if graph.asset_file_def or collections or library.gradient or library.registered_gradients:
            raise ArtifactError(f"{folder} has files, collections or gradients of its own, which no artifact needs.")
        saver = {graph.saver_def.save_tensor_name.split(":")[0], graph.saver_def.restore_op_name} - {""}
        savers = {name for node in main if node.name in saver for name in _called(node.attributes)}
        _check_nodes(folder, [node for node in main if node.name not in saver], savers)
        for function in library.function:
            is_saver = function.signature.name in savers
            _check_nodes(folder, function.node_def, savers, is_saver)
            if savers & set(_called(function.attributes)):
                raise _saving_elsewhere(folder)
        tensors = [entry.value.name for signature in graph.signatures for entry in _tensors(signature.value)]
        tensors += [name for node in main if node.name not in saver for name in node.input]
        tensors += [name for entry in graph.collections for name in entry.value.node_list.value]
        exposed = savers & {entry.key for entry in graph.object_graph_def.functions}
        if exposed or saver & {name.lstrip("^").split(":")[0] for name in tensors}:
            raise _saving_elsewhere(folder)


def _check_nodes(folder: Path, nodes: Any, savers: set[str], is_saver: bool = False) -> None:
    for node in nodes:
        if node.op not in COMPUTING and not (is_saver and node.op in SAVING):
            raise ArtifactError(
                f"{folder} would run {node.op!r}, which no model of kinv needs: files, processes and code may be "
                "reached that way. It is not loaded."
            )
        if savers & set(_called(node.attributes)):
            raise _saving_elsewhere(folder)


def _saving_elsewhere(folder: Path) -> ArtifactError:
    return ArtifactError(f"{folder} reaches what writes and reads its variables from elsewhere than its saver.")


def _called(attributes: Any) -> Iterator[str]:
    """The functions that attributes name, at any depth."""
    for entry in attributes:
        for function in (entry.value.func, *entry.value.list.func):
            if function.name:
                yield function.name
            yield from _called(function.attributes)


def _tensors(signature: Any) -> list[Any]:
    return [*signature.inputs, *signature.outputs]


def read(folder: Path) -> Any:
    """The parts of `saved_model.pb` that say what it does.

    Raises:
        ArtifactError: it can't be read.
    """
    from google.protobuf.message import DecodeError

    path = folder / "saved_model.pb"
    try:
        if path.stat().st_size > MAX_BYTES:
            raise ArtifactError(f"{path} has {path.stat().st_size:,} bytes: too many for a graph.")
        return message_class()().FromString(path.read_bytes())
    except (OSError, DecodeError) as error:
        raise ArtifactError(f"{path} is no SavedModel: {error}") from None
