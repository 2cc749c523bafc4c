"""manifest.json: sha256 and size of every file of an artifact."""

import hashlib
import json
import os
import re
from pathlib import Path, PurePosixPath
from typing import Any

from .errors import ArtifactError

MANIFEST = "manifest.json"
FORMAT = 1
SHA256 = re.compile(r"[0-9a-f]{64}")
MAX_MANIFEST_BYTES = 4_000_000


def write_manifest(folder: Path) -> None:
    """Records every file below `folder`."""
    files = {
        name: {"sha256": _sha256(folder / name), "size": (folder / name).stat().st_size} for name in _files(folder)
    }
    text = json.dumps({"format": FORMAT, "files": files}, indent=1, sort_keys=True)
    (folder / MANIFEST).write_text(text + "\n", encoding="utf-8")


def verify(folder: str | os.PathLike) -> dict[str, Any]:
    """Checks every byte of an artifact against its manifest; nothing in it is deserialised.

    Args:
        folder: the artifact.

    Returns:
        The manifest's entries: file name to `{"sha256": ..., "size": ...}`.

    Raises:
        ArtifactError: a missing, extra, changed or linked file, a name that leaves the folder, or no valid manifest.
    """
    folder = Path(folder)
    entries = _read_manifest(folder)
    found = set(_files(folder))
    missing, extra = sorted(entries.keys() - found), sorted(found - entries.keys())
    if missing:
        raise ArtifactError(f"{folder} is incomplete: {', '.join(missing[:5])} missing. Get the artifact again.")
    if extra:
        raise ArtifactError(f"{folder} holds files that its manifest does not list: {', '.join(extra[:5])}.")
    for name, entry in entries.items():
        file = folder / name
        if file.stat().st_size != entry["size"]:
            raise ArtifactError(f"{file} has {file.stat().st_size} bytes, expected {entry['size']}: it is damaged.")
        if _sha256(file) != entry["sha256"]:
            raise ArtifactError(
                f"{file} is damaged: its sha256 is not the one in the manifest. Get the artifact again."
            )
    return entries


def _read_manifest(folder: Path) -> dict[str, Any]:
    path = folder / MANIFEST
    if not folder.is_dir() or path.is_symlink() or not path.is_file():
        raise ArtifactError(f"{folder} is not a kinv artifact: it has no {MANIFEST}.")
    if path.stat().st_size > MAX_MANIFEST_BYTES:
        raise ArtifactError(f"{path} is too large for a manifest.")
    try:
        manifest = json.loads(path.read_bytes())
    except (ValueError, RecursionError) as error:
        raise ArtifactError(f"{path} is not valid JSON: {error}") from None
    if (
        not isinstance(manifest, dict)
        or set(manifest) != {"format", "files"}
        or not isinstance(manifest["files"], dict)
    ):
        raise ArtifactError(f"{path} must hold exactly 'format' and 'files'.")
    if manifest["format"] != FORMAT:
        raise ArtifactError(f"{path} has format {manifest['format']!r}; this version of kinv reads {FORMAT}.")
    for name, entry in manifest["files"].items():
        _check_entry(path, name, entry)
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


def _files(folder: Path) -> list[str]:
    """Every file below the folder but its manifest. Links are refused: they may lead out of the folder."""
    names = []
    for parent, folders, files in os.walk(folder):
        for entry in (*folders, *files):
            path = Path(parent, entry)
            if path.is_symlink() or not (path.is_dir() or path.is_file()):
                raise ArtifactError(f"{path} is a link or a special file; an artifact holds plain files only.")
        names += [Path(parent, file).relative_to(folder).as_posix() for file in files]
    return sorted(name for name in names if name != MANIFEST)


def _sha256(path: Path) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
