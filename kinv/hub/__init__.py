"""What is kept and shared: artifacts, on this machine and on a hub, and checkpoints."""

from kinv.places import artifact_folders

from .artifact import load, save
from .describing import read_metadata
from .errors import ArtifactError
from .finding import find
from .formats import export_litert, export_onnx
from .pull import pull
from .push import push
from .saved_model import check_new, export
from .verification import verify

__all__ = [
    "ArtifactError",
    "artifact_folders",
    "check_new",
    "export",
    "export_litert",
    "export_onnx",
    "find",
    "load",
    "pull",
    "push",
    "read_metadata",
    "save",
    "verify",
]
