"""`saved_model.pb`, as far as it says what a SavedModel does: TensorFlow's own classes would take seconds to import."""

from functools import cache
from typing import Any


@cache
def message_class() -> Any:
    """The protobuf class of TensorFlow's SavedModel message, with the fields that are needed here; maps are entries."""
    from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

    # message: field -> (number, type or message, is it repeated); numbers from TensorFlow's .proto files
    schema: dict[str, dict[str, tuple[int, str, bool]]] = {
        "SavedModel": {"meta_graphs": (2, "MetaGraph", True)},
        "MetaGraph": {
            "graph_def": (2, "Graph", False),
            "saver_def": (3, "Saver", False),
            "signatures": (5, "SignatureEntry", True),
            "collections": (4, "CollectionEntry", True),
            "asset_file_def": (6, "Anything", True),
            "object_graph_def": (7, "ObjectGraph", False),
        },
        "Graph": {"node": (1, "Node", True), "library": (2, "Library", False)},
        "Library": {
            "function": (1, "Function", True),
            "gradient": (2, "Anything", True),
            "registered_gradients": (3, "Anything", True),
        },
        "Function": {
            "signature": (1, "Operation", False),
            "attributes": (5, "AttributeEntry", True),
            "node_def": (3, "Node", True),
        },
        "Operation": {"name": (1, "string", False), "input_arg": (2, "Argument", True)},
        "Argument": {"name": (1, "string", False)},
        "Node": {
            "name": (1, "string", False),
            "op": (2, "string", False),
            "input": (3, "string", True),
            "attributes": (5, "AttributeEntry", True),
        },
        "AttributeEntry": {"key": (1, "string", False), "value": (2, "Attribute", False)},
        "Attribute": {
            "list": (1, "AttributeList", False),
            "tensor": (8, "Constant", False),
            "func": (10, "Called", False),
        },
        "Constant": {"tensor_content": (4, "bytes", False), "string_val": (8, "bytes", True)},
        "AttributeList": {"func": (9, "Called", True)},
        "Called": {"name": (1, "string", False), "attributes": (2, "AttributeEntry", True)},
        "Saver": {
            "filename_tensor_name": (1, "string", False),
            "save_tensor_name": (2, "string", False),
            "restore_op_name": (3, "string", False),
        },
        "Anything": {},
        "CollectionEntry": {"key": (1, "string", False), "value": (2, "Collection", False)},
        "Collection": {"node_list": (1, "Names", False)},
        "Names": {"value": (1, "string", True)},
        "ObjectGraph": {"nodes": (1, "Anything", True)},
        "SignatureEntry": {"key": (1, "string", False), "value": (2, "Signature", False)},
        "Signature": {"inputs": (1, "TensorEntry", True), "outputs": (2, "TensorEntry", True)},
        "TensorEntry": {"key": (1, "string", False), "value": (2, "Tensor", False)},
        "Tensor": {
            "name": (1, "string", False),
            "dtype": (2, "int32", False),
            "tensor_shape": (3, "Shape", False),
            "coo_sparse": (4, "Anything", False),
            "composite_tensor": (5, "Anything", False),
        },
        "Shape": {"dim": (2, "Dimension", True), "unknown_rank": (3, "bool", False)},
        "Dimension": {"size": (1, "int64", False)},
    }
    kinds = {"string": 9, "bytes": 12, "int32": 5, "int64": 3, "bool": 8}
    file = descriptor_pb2.FileDescriptorProto(name="kinv_saved_model.proto", package="kinv", syntax="proto3")
    for message, fields in schema.items():
        described = file.message_type.add(name=message)
        for name, (number, kind, repeated) in fields.items():
            field = described.field.add(name=name, number=number, label=3 if repeated else 1)
            field.type = kinds.get(kind, 11)
            if kind not in kinds:
                field.type_name = f".kinv.{kind}"
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("kinv.SavedModel"))
