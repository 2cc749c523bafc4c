"""Lists artifacts: those on this machine, and those of an organisation on the hub."""

import os
from collections.abc import Iterator
from pathlib import Path

from kinv.artifacts.errors import ArtifactError
from kinv.artifacts.layout import MANIFEST
from kinv.artifacts.summary import summarise
from kinv.places import artifact_folders, working_folders

from .client import client, said_clearly
from .handle import SCHEME
from .resolve import cached

LOCAL_TITLES, REMOTE_TITLES = ("class", "result", "size", "where"), ("task", "changed", "downloads", "who sees it")
TAG = "kinv"  # on every card


def local() -> Iterator[tuple[str, ...]]:
    """A row for each artifact in `artifacts/` and in the hub's cache: what `load` takes, and `LOCAL_TITLES`."""
    for shelf in artifact_folders():
        place = min((str(shelf), *(os.path.relpath(shelf, here) for here in working_folders())), key=len)
        for manifest in sorted(shelf.glob(f"*/{MANIFEST}")):
            yield _row(manifest.parent.name, manifest.parent, place)
    for handle, folder in cached():
        yield _row(f"{SCHEME}{handle.repository}", folder, f"cache, commit {folder.name[:7]}")


def _row(name: str, folder: Path, place: str) -> tuple[str, ...]:
    try:
        summary = summarise(folder)
    except ArtifactError as error:
        return name, "damaged", str(error), "", place
    return name, summary.kind, summary.result, f"{summary.size / 1e6:.1f} MB", place


def remote(organisation: str) -> Iterator[tuple[str, ...]]:
    """A row for each of an organisation's artifacts on the hub: what `load` takes, and `REMOTE_TITLES`.

    Raises:
        ArtifactError: the hub can't be reached.
    """
    with said_clearly(f"The artifacts of {organisation}"):
        models = list(client(None).list_models(author=organisation, filter=TAG, full=True))
    for model in models:
        changed = f"{model.last_modified:%Y-%m-%d}" if model.last_modified else ""
        seen_by = "its owners" if model.private else "everybody"
        yield f"{SCHEME}{model.id}", model.pipeline_tag or "", changed, str(model.downloads or 0), seen_by
