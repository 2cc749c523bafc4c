"""A small artifact to spoil, and whether it is refused then."""

import pytest

import kinv
from kinv.artifacts.manifest import write_manifest
from kinv.models import StackedDenoisingAutoencoder


def saved_stack(folder):
    """An artifact with a SavedModel."""
    return kinv.save(StackedDenoisingAutoencoder((6, 4)), folder / "stack")


def refused(artifact, match):
    """Whether `load` and `verify` say so, and leave everything as it was."""
    write_manifest(artifact)
    before = sorted(path.as_posix() for path in artifact.parent.rglob("*"))
    with pytest.raises(kinv.ArtifactError, match=match):
        kinv.load(artifact)
    assert sorted(path.as_posix() for path in artifact.parent.rglob("*")) == before
