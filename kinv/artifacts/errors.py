"""What can be wrong with an artifact."""

from collections.abc import Sequence
from pathlib import Path


class ArtifactError(Exception):
    """An artifact that is missing, damaged, incomplete, of another format, or not trusted."""


class DamagedError(ArtifactError):
    """Files whose bytes are not those of the manifest.

    Args:
        folder: the artifact.
        names: of the files.
    """

    def __init__(self, folder: Path, names: Sequence[str]):
        super().__init__(
            f"{folder} is damaged: size or sha256 of {', '.join(names[:5])} is not the one in the manifest. "
            "Get the artifact again."
        )
        self.names = list(names)
