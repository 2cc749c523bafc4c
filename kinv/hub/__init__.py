"""What is kept and shared: artifacts, on this machine and on a hub, and checkpoints."""

from ..artifact_folders import artifact_folders
from .artifact import export_artifact, load, save
from .describing import read_metadata
from .errors import ArtifactError
from .finding import find
from .pull import pull
from .push import push
from .saved_model import export
from .verification import verify

__all__ = [
    "ArtifactError",
    "artifact_folders",
    "export",
    "export_artifact",
    "find",
    "load",
    "pull",
    "push",
    "read_metadata",
    "save",
    "verify",
]
