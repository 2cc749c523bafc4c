"""What is kept and shared: artifacts and checkpoints."""

from ..artifact_folders import artifact_folders
from .artifact import export, find, load, read_metadata, save
from .errors import ArtifactError
from .manifest import verify

__all__ = ["ArtifactError", "artifact_folders", "export", "find", "load", "read_metadata", "save", "verify"]
