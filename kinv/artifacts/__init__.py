"""Artifacts on this machine: trained models as folders that can be verified, loaded and used without kinv."""

from .artifact import load_folder, save
from .errors import ArtifactError
from .export_formats import export, export_litert, export_onnx
from .saved_model import check_new
from .summary import read_metadata
from .verification import verify

__all__ = [
    "ArtifactError",
    "check_new",
    "export",
    "export_litert",
    "export_onnx",
    "load_folder",
    "read_metadata",
    "save",
    "verify",
]
