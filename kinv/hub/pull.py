"""Downloads artifacts from the hub, verifies them, and keeps them in the hub's own cache or in a folder."""

import os
import shutil
from pathlib import Path
from typing import Any

from kinv.artifacts.atomic import placed
from kinv.artifacts.errors import ArtifactError, DamagedError
from kinv.artifacts.layout import CARD, MANIFEST, MAX_CARD_BYTES, ORIGIN, to_json
from kinv.artifacts.manifest import check_replaceable, copy_listed, read_manifest, write_manifest
from kinv.artifacts.verification import cache_blobs, verify

from .client import client, persistently, said_clearly
from .handle import Handle


def pull(
    handle: str,
    folder: str | os.PathLike | None = None,
    *,
    revision: str | None = None,
    token: str | bool | None = None,
    cache_dir: str | os.PathLike | None = None,
) -> Path:
    """Downloads an artifact from a hub and checks every byte of it.

    Files that are already in the cache, including those of an interrupted download, are not downloaded again. They are
    used if the hub is unreachable. A file whose bytes do not match the manifest is deleted.

    Args:
        handle: `hf://organisation/name`, or `hf://organisation/name@revision`.
        folder: destination, a plain folder whose `origin.json` records the source; an artifact that is already there
            is replaced. None: it stays in the hub's cache.
        revision: a branch, a tag or a commit, in place of `@revision`.
        token: for private repositories; None: HF_TOKEN, or the token stored by `hf auth login`.
        cache_dir: cache to use in place of HF_HUB_CACHE.

    Returns:
        The artifact's folder, at one commit.

    Raises:
        ArtifactError: not found, not reachable and not in the cache, or refused by `verify`.
    """
    asked = Handle.parse(handle, revision)
    if folder is not None:
        check_replaceable(Path(folder))
    with said_clearly(asked):
        snapshot = persistently(lambda: _download(asked, token, cache_dir))
    if folder is None:
        return snapshot
    origin = {"repository": asked.repository, "revision": asked.revision, "commit": snapshot.name}
    with placed(Path(folder), check_replaceable) as draft:
        copy_listed(snapshot, draft, cache_blobs(snapshot))
        (draft / ORIGIN).write_text(to_json(origin), encoding="utf-8")
        write_manifest(draft)
    return Path(folder)


def _download(asked: Handle, token: Any, cache_dir: Any) -> Path:
    """The complete, verified snapshot of a commit."""
    api = client(token)
    commit = api.resolve_revision(asked.repository, revision=asked.revision, cache_dir=cache_dir)
    if commit.initial == commit.resolved and not _is_cached(asked, commit.resolved, cache_dir):
        api.model_info(asked.repository, revision=commit.resolved)  # an error at once, not after many attempts
    place = {"repo_id": asked.repository, "revision": commit, "cache_dir": cache_dir}
    try:
        return _fetch(api, asked, place)
    except DamagedError:  # the damaged files were deleted from the cache
        return _fetch(api, asked, place)


def _fetch(api: Any, asked: Handle, place: dict[str, Any]) -> Path:
    snapshot = Path(api.hf_hub_download(filename=MANIFEST, **place)).parent
    files = read_manifest(snapshot, cache_blobs(snapshot))
    if ORIGIN in files:
        raise ArtifactError(f"{asked} contains {ORIGIN}, which only pull may write: delete it there and push again.")
    wanted = [MANIFEST, *files]
    offered = api.snapshot_download(allow_patterns=wanted, dry_run=True, tqdm_class=_silent(), **place)
    _check_sizes(asked, files, offered, snapshot)
    if any(file.will_download for file in offered):
        api.snapshot_download(allow_patterns=wanted, **place)
    try:
        verify(snapshot)
    except DamagedError as error:  # the client compares sizes only: without this it would keep the file forever
        for name in error.names:
            (snapshot / name).resolve().unlink(missing_ok=True)
            (snapshot / name).unlink(missing_ok=True)
        raise
    return snapshot


def _silent() -> Any:
    """A progress bar that is not shown, for requests that take no time."""
    from huggingface_hub.utils import tqdm

    class Silent(tqdm):
        def __init__(self, *arguments: Any, **settings: Any):
            super().__init__(*arguments, **{**settings, "disable": True})

    return Silent


def _is_cached(asked: Handle, commit: str, cache_dir: Any) -> bool:
    from huggingface_hub import try_to_load_from_cache

    return isinstance(try_to_load_from_cache(asked.repository, MANIFEST, cache_dir, commit), str)


def _check_sizes(asked: Handle, files: dict[str, Any], offered: Any, snapshot: Path) -> None:
    """Compares the file sizes on the hub with the manifest before anything is downloaded."""
    sizes = {file.filename: file.file_size for file in offered}
    missing = sorted(set(files) - set(sizes))
    if missing:
        raise ArtifactError(f"{asked} is incomplete: {', '.join(missing[:5])} missing on the hub. Push it again.")
    for name, entry in files.items():
        edited = name == CARD and sizes[name] <= MAX_CARD_BYTES  # people edit cards on the hub
        if sizes[name] != entry["size"] and not edited:
            raise ArtifactError(
                f"{asked}: {name} has {sizes[name]:,} bytes, its manifest says {entry['size']:,}. Push it again."
            )
    needed = sum(file.file_size for file in offered if file.will_download)
    free = shutil.disk_usage(snapshot).free
    if needed > free:
        raise ArtifactError(
            f"{asked} needs {needed:,} bytes, the cache's disk has {free:,} free: free some space or pass cache_dir=."
        )
