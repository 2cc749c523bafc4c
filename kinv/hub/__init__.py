"""Sharing: finds artifacts here and on a hub, pulls and pushes them. kinv.artifacts defines what they are."""

from kinv.artifacts import (
    ArtifactError,
    check_new,
    export,
    export_litert,
    export_onnx,
    read_metadata,
    save,
    verify,
)
from kinv.places import artifact_folders

from .presets import list_presets
from .pull import pull
from .push import push
from .resolve import find, load

__all__ = [
    "ArtifactError",
    "artifact_folders",
    "check_new",
    "export",
    "export_litert",
    "export_onnx",
    "find",
    "list_presets",
    "load",
    "pull",
    "push",
    "read_metadata",
    "save",
    "verify",
]
