"""Lists artifacts: those on this machine, and those of an organisation on the hub."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from kinv.artifacts.errors import ArtifactError
from kinv.artifacts.layout import MANIFEST
from kinv.artifacts.summary import summarise
from kinv.places import artifact_folders, working_folders

from .client import client, said_clearly
from .handle import SCHEME
from .presets import Preset, presets
from .resolve import cached

TAG = "kinv"  # on every card


class LocalArtifact(NamedTuple):
    """An artifact on this machine, or a preset: what `load` takes, its class, and what it is.

    The class of one that can't be read is `damaged`, its result what is wrong, and its size None.

    Attributes:
        artifact: what `load` takes.
        kind: its class.
        about: what it is, in a line; empty if it is no preset.
        result, control: what was measured, and the baseline beside it.
        bytes: its size on disk; of presets without figures, which not all copies have.
        license: of a preset.
        here: whether it is on this machine.
        where: its place, or how to get it.
    """

    artifact: str
    kind: str
    about: str
    result: str
    control: str
    bytes: int | None
    license: str
    here: bool
    where: str


class RemoteArtifact(NamedTuple):
    """An artifact on the hub: what `load` takes, its task, when it changed (`2026-01-31`), and who sees it."""

    artifact: str
    task: str
    changed: str
    downloads: int
    seen_by: str


def local() -> Iterator[LocalArtifact]:
    """The artifacts in `artifacts/`, inside the package and in the hub's cache; then the presets that are elsewhere."""
    here = set()
    for shelf in artifact_folders():
        place = min((str(shelf), *(os.path.relpath(shelf, here) for here in working_folders())), key=len)
        for manifest in sorted(shelf.glob(f"*/{MANIFEST}")):
            here.add(manifest.parent.name)
            yield _row(manifest.parent.name, manifest.parent, place)
    for handle, folder in cached():
        here.add(handle.name)
        yield _row(f"{SCHEME}{handle.repository}", folder, f"cache, commit {folder.name[:7]}")
    for preset in presets().values():
        if preset.name not in here:
            yield _of_preset(preset, preset.bytes, preset.how_to_get, here=False)


def _row(name: str, folder: Path, place: str) -> LocalArtifact:
    try:
        summary = summarise(folder)
    except ArtifactError as error:
        return LocalArtifact(name, "damaged", "", str(error), "", None, "", True, place)
    preset = presets().get(name)
    if preset is not None and preset.is_at(folder):
        return _of_preset(preset, preset.bytes, place)
    return LocalArtifact(name, summary.kind, "", summary.result, "", summary.size, "", True, place)


def _of_preset(preset: Preset, size: int, where: str, here: bool = True) -> LocalArtifact:
    return LocalArtifact(
        preset.name, preset.kind, preset.about, preset.result, preset.control, size, preset.license, here, where
    )


def remote(organisation: str) -> Iterator[RemoteArtifact]:
    """An organisation's artifacts on the hub.

    Raises:
        ArtifactError: the hub can't be reached.
    """
    with said_clearly(f"The artifacts of {organisation}"):
        models = list(client(None).list_models(author=organisation, filter=TAG, full=True))
    for model in models:
        changed = f"{model.last_modified:%Y-%m-%d}" if model.last_modified else ""
        seen_by = "its owners" if model.private else "everybody"
        yield RemoteArtifact(f"{SCHEME}{model.id}", model.pipeline_tag or "", changed, model.downloads or 0, seen_by)
