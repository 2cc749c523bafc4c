"""manifest.json: sha256 and size of every file of an artifact."""

import hashlib
import json
import os
import re
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path, PurePosixPath
from typing import Any

from .errors import ArtifactError, DamagedError
from .layout import CARD, FIGURES, MANIFEST, MAX_CARD_BYTES, SAVED_MODEL, check_names, read_json

FORMAT, MAX_DEPTH = 1, 3
THREADS = 4  # hashing releases the GIL
SHA256 = re.compile(r"[0-9a-f]{64}")


def write_manifest(folder: Path) -> None:
    """Records every file below `folder`."""
    files = {
        name: {"sha256": _sha256(folder / name), "size": (folder / name).stat().st_size} for name in list_files(folder)
    }
    (folder / MANIFEST).write_bytes(_canonical(files))


def _canonical(files: dict[str, Any]) -> bytes:
    """The canonical form of a manifest: one that differs by a single space counts as changed."""
    return (json.dumps({"format": FORMAT, "files": files}, indent=1, sort_keys=True) + "\n").encode()


def check_bytes(folder: Path, blobs: Path | None = None) -> dict[str, Any]:
    """Checks every byte of an artifact against its manifest.

    Files that it does not list are ignored, as a hub's client, a file browser or a notebook may put some beside it. In
    the SavedModel, which TensorFlow reads as a folder, they are refused. The folder of figures may be left out.

    Args:
        folder: the artifact.
        blobs: a folder into which links may lead: a hub's cache keeps its files there, each named after its content.
            There, the card may differ from the manifest, as people edit cards on the hub.

    Returns:
        The manifest's entries of the files that are there: name to `{"sha256": ..., "size": ...}`.

    Raises:
        ArtifactError: a missing, changed or linked file, one more in the SavedModel, a name that leaves the folder, or
            no valid manifest.
        DamagedError: files that do not match the manifest.
    """
    entries = _without_figures(folder, read_manifest(folder, blobs))
    missing = sorted(name for name in entries if not _is_plain(folder, name, blobs))
    inside = folder / SAVED_MODEL
    found = list_files(inside, blobs) if inside.is_dir() else []
    extra = sorted({f"{SAVED_MODEL}/{name}" for name in found} - entries.keys())
    if missing:
        raise ArtifactError(
            f"{folder} is incomplete: {', '.join(missing[:5])} missing. Download or save the artifact again."
        )
    if extra:
        raise ArtifactError(
            f"{inside} holds files that the manifest does not list: {', '.join(extra[:5])}. Move them away."
        )
    with ThreadPoolExecutor(THREADS) as pool:
        whole = pool.map(lambda name: _is_whole(folder / name, entries[name], blobs is not None), entries)
        damaged = [name for name, is_whole in zip(entries, whole, strict=True) if not is_whole]
    if damaged:
        raise DamagedError(folder, damaged)
    return entries


def has_figures(folder: Path) -> bool:
    """Whether the figures that the manifest lists are there: an artifact inside a Python package has none."""
    entries = read_manifest(folder)
    return len(_without_figures(folder, entries)) == len(entries)


def _without_figures(folder: Path, entries: dict[str, Any]) -> dict[str, Any]:
    """The entries, without those of figures if their folder was left out."""
    if os.path.lexists(folder / FIGURES):
        return entries
    return {name: entry for name, entry in entries.items() if not name.startswith(f"{FIGURES}/")}


def _is_plain(folder: Path, name: str, blobs: Path | None) -> bool:
    """Whether there is such a file; links are refused, unless they are the cache's."""
    path = folder / name
    for part in (path, *path.parents):
        if part == folder:
            return path.is_file()
        if part.is_symlink() and not (part == path and _leads_to(part, blobs)):
            raise ArtifactError(f"{part} is a link or a special file; an artifact holds plain files only.")
    return False


def copy_listed(folder: Path, destination: Path, blobs: Path | None = None) -> None:
    """Copies what an artifact's manifest lists, and checks the copy.

    Args:
        folder: the artifact.
        destination: an existing, empty folder.
        blobs: as in `check_bytes`.

    Raises:
        DamagedError: a copy that is not what the manifest says.
    """
    entries = read_manifest(folder, blobs)
    for name, entry in _without_figures(folder, entries).items():
        copy = destination / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(folder / name, copy)
        if not _is_whole(copy, entry, False) and not (blobs is not None and name == CARD):
            raise DamagedError(folder, [name])
    (destination / MANIFEST).write_bytes(_canonical(entries))


def _is_whole(path: Path, entry: dict[str, Any], in_cache: bool) -> bool:
    if path.stat().st_size == entry["size"] and _sha256(path) == entry["sha256"]:
        return True
    return in_cache and path.name == CARD and _is_named_after_content(path)


def _is_named_after_content(path: Path) -> bool:
    """Whether a file of the hub's cache is what its name says: git's id of its bytes, or their sha256."""
    if path.stat().st_size > MAX_CARD_BYTES:
        return False
    content, name = path.read_bytes(), path.resolve().name
    git = hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False)
    return name in (git.hexdigest(), hashlib.sha256(content).hexdigest())


def read_manifest(folder: Path, blobs: Path | None = None) -> dict[str, Any]:
    """The manifest's entries, each with a name that an artifact's files have.

    Raises:
        ArtifactError: no valid manifest.
    """
    path = folder / MANIFEST
    if not folder.is_dir() or (path.is_symlink() and not _leads_to(path, blobs)) or not path.is_file():
        raise ArtifactError(f"{folder} is not a kinv artifact: it has no {MANIFEST}.")
    manifest = read_json(path)
    if set(manifest) != {"format", "files"} or not isinstance(manifest["files"], dict):
        raise ArtifactError(
            f"{path} must hold exactly 'format' and 'files', received {', '.join(map(repr, list(manifest)[:5]))}."
        )
    if manifest["format"] != FORMAT:
        raise ArtifactError(
            f"{path} has format {manifest['format']!r}; this version of kinv reads {FORMAT}: update kinv."
        )
    for name, entry in manifest["files"].items():
        _check_entry(path, name, entry)
    if path.read_bytes() != _canonical(manifest["files"]):
        raise ArtifactError(f"{path} was changed after kinv wrote it. Download or save the artifact again.")
    check_names(folder, manifest["files"])
    return manifest["files"]


def _check_entry(path: Path, name: str, entry: Any) -> None:
    parts = PurePosixPath(name).parts
    if (
        not parts
        or name != "/".join(parts)
        or ".." in parts
        or "\\" in name
        or ":" in name
        or "\0" in name
        or name[0] == "/"
    ):
        raise ArtifactError(f"{path} names {name!r}, which is not a plain path inside the artifact.")
    valid = (
        isinstance(entry, dict)
        and set(entry) == {"sha256", "size"}
        and isinstance(entry["sha256"], str)
        and SHA256.fullmatch(entry["sha256"])
        and type(entry["size"]) is int
        and entry["size"] >= 0
    )
    if not valid:
        raise ArtifactError(f"{path}: the entry of {name!r} must be a sha256 and a size, received {entry!r}.")


def list_files(folder: Path, blobs: Path | None = None) -> list[str]:
    """Every file below the folder but its manifest. Links are refused: they may lead out of the folder."""
    names = []
    for parent, folders, files in os.walk(folder):
        if len(Path(parent).relative_to(folder).parts) > MAX_DEPTH:
            raise ArtifactError(
                f"{folder} has folders in folders deeper than {MAX_DEPTH} levels, which no artifact has."
            )
        for entry in (*folders, *files):
            path = Path(parent, entry)
            if (path.is_symlink() and not _leads_to(path, blobs)) or not (path.is_dir() or path.is_file()):
                raise ArtifactError(f"{path} is a link or a special file; an artifact holds plain files only.")
        names += [Path(parent, file).relative_to(folder).as_posix() for file in files]
    return sorted(name for name in names if name != MANIFEST)


def _leads_to(link: Path, blobs: Path | None) -> bool:
    """Whether a link leads to a file that lies directly in `blobs`."""
    return blobs is not None and link.resolve().parent == blobs.resolve() and link.resolve().is_file()


def _sha256(path: Path) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def check_replaceable(folder: Path) -> None:
    """Refuses to replace a folder that is not an artifact, or that holds files besides one.

    Raises:
        ArtifactError: the folder is neither empty nor an artifact, or has files that its manifest does not list.
    """
    if not folder.exists() or (folder.is_dir() and not any(folder.iterdir())):
        return
    try:
        known = {*read_manifest(folder), MANIFEST}
    except ArtifactError as error:
        raise ArtifactError(
            f"{folder} exists and is not a kinv artifact; it was left alone. Choose another folder. ({error})"
        ) from None
    others = sorted(set(list_files(folder)) - known)
    if others:
        raise ArtifactError(
            f"{folder} holds {', '.join(others[:5])} besides an artifact, which was not replaced: move them away."
        )
