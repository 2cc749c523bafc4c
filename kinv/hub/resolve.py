"""Finds and loads an artifact: a folder, a name in `artifacts/` or in the hub's cache, or a handle on the hub."""

import contextlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from kinv.artifacts.artifact import load_folder
from kinv.artifacts.errors import ArtifactError
from kinv.artifacts.layout import MANIFEST, ORIGIN, read_json
from kinv.choices import suggestion
from kinv.places import artifact_folders, cache_folder

from .handle import SCHEME, Handle
from .presets import presets


def load(
    handle: str | os.PathLike,
    *,
    revision: str | None = None,
    token: str | bool | None = None,
    cache_dir: str | os.PathLike | None = None,
) -> Any:
    """Loads a model from an artifact, after it passed `verify`.

    Args:
        handle: a folder, the name of a preset (`kinv.list_presets`), of an artifact in `artifacts/` or of one that was
            pulled, or `hf://organisation/name@revision`, which is pulled first if it is not in the cache.
        revision: for an artifact on a hub: a branch, a tag or a commit, in place of `@revision`.
        token: for private repositories, as in `pull`.
        cache_dir: as in `pull`.

    Returns:
        The model, without the network under study.

    Raises:
        ArtifactError: not found, damaged, not trusted, or made by something else.
    """
    return load_folder(find(handle, revision=revision, token=token, cache_dir=cache_dir))


def find(
    handle: str | os.PathLike,
    *,
    revision: str | None = None,
    token: str | bool | None = None,
    cache_dir: str | os.PathLike | None = None,
) -> Path:
    """Finds an artifact's folder: by path, in `artifacts/` here or next to the package, or among those pulled.

    Args:
        handle: a folder, a name, or `hf://organisation/name@revision`, which is pulled.
        revision: of an artifact on a hub, as in `pull`.
        token: as in `pull`.
        cache_dir: as in `pull`.

    Raises:
        ArtifactError: no artifact was found (the message says where it was searched), or several have that name.
    """
    text = str(handle)
    if Handle.is_one(text):
        from .pull import pull

        return pull(text, revision=revision, token=token, cache_dir=cache_dir)
    if revision is not None:
        raise ArtifactError(
            f"revision={revision!r} needs a handle hf://organisation/name, received the local artifact {text}."
        )
    try:
        for folder in (Path(handle), *(shelf / text for shelf in artifact_folders())):
            if folder.is_dir():
                return folder
    except (OSError, ValueError) as error:  # too long, not allowed, no path at all
        raise ArtifactError(f"No artifact {text[:100]!r}: {error}") from None
    found = {pulled: folder for pulled, folder in cached(cache_dir) if pulled.name == text}
    if len(found) > 1:
        raise ArtifactError(f"{text!r} was pulled more than once: {', '.join(map(str, found))}. Pass the full handle.")
    if found:
        ((pulled, folder),) = found.items()
        if text in presets():
            presets()[text].check(folder)  # anybody can publish under this name
        print(f"{text} is {pulled}, from the cache.", file=sys.stderr)
        return folder
    searched = ", ".join(map(str, (*artifact_folders(), cache_folder(cache_dir))))
    if text in presets():
        raise ArtifactError(f"The preset {text!r} is not on this machine ({searched}): {presets()[text].how_to_get}.")
    raise ArtifactError(
        f"No artifact {text!r}{suggestion(text, _names(cache_dir)) or '.'} It is not a folder, and not found in "
        f"{searched}. Pass a folder or hf://organisation/name."
    )


def _names(cache_dir):
    """The names of all artifacts on this machine."""
    yield from presets()
    for shelf in artifact_folders():
        yield from (manifest.parent.name for manifest in shelf.glob(f"*/{MANIFEST}"))
    yield from (handle.name for handle, _ in cached(cache_dir))


def cached(cache_dir: str | os.PathLike | None = None) -> Iterator[tuple[Handle, Path]]:
    """The artifacts in the hub's cache: each repository's newest pull, with its commit."""
    from huggingface_hub import scan_cache_dir

    if not os.path.isdir(cache_folder(cache_dir)):
        return
    for repository in sorted(scan_cache_dir(cache_folder(cache_dir)).repos, key=lambda found: found.repo_id):
        pulled = [known.snapshot_path for known in repository.revisions if (known.snapshot_path / MANIFEST).is_file()]
        if repository.repo_type == "model" and pulled:
            newest = max(pulled, key=lambda folder: folder.stat().st_mtime)
            with contextlib.suppress(ArtifactError):  # a name that kinv's push can't create
                yield Handle.parse(f"{SCHEME}{repository.repo_id}@{newest.name}"), newest


def origin(folder: Path) -> str | None:
    """The recorded source of a pulled artifact, as a handle with the commit."""
    if not (folder / ORIGIN).is_file():
        return None
    known = read_json(folder / ORIGIN)
    return f"{SCHEME}{known.get('repository')}@{known.get('commit')}"
