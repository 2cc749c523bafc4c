"""Errors of artifacts."""

from collections.abc import Sequence
from pathlib import Path


class ArtifactError(Exception):
    """An artifact that is missing, damaged, incomplete, of another format, or not trusted."""


class DamagedError(ArtifactError):
    """Files whose bytes do not match the manifest.

    Args:
        folder: the artifact.
        names: names of the damaged files.
    """

    def __init__(self, folder: Path, names: Sequence[str]):
        super().__init__(
            f"{folder} is damaged: size or sha256 of {', '.join(names[:5])} does not match the manifest. "
            "Download or save the artifact again."
        )
        self.names = list(names)
