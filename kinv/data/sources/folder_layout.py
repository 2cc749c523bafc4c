"""What a folder of images holds: class folders, splits above them, image files, and what is left out."""

import os
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from .decoding import Problem
from .imagenet import imagenet_index

SUFFIXES = {
    ".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".bmp", ".gif", ".webp", ".tif", ".tiff", ".ppm", ".pgm", ".pbm", ".pnm",
}  # fmt: skip
UNREAD = {
    ".avif", ".heic", ".heif", ".jxl", ".jp2", ".svg", ".psd", ".tga", ".ico", ".exr", ".dcm", ".eps",
    ".raw", ".dng", ".cr2", ".cr3", ".nef", ".arw",
}  # fmt: skip
FOREIGN = {"__macosx", "__pycache__", "@eadir", "#recycle", "$recycle.bin", "lost+found", "system volume information"}
SPLIT_FOLDERS = {  # what folders above the classes are called, and the split that each is
    "train": "train", "training": "train", "test": "test", "testing": "test",
    "val": "val", "valid": "val", "validation": "val",
}  # fmt: skip


@dataclass
class Found:
    """What a folder holds.

    Attributes:
        folder: the folder.
        files: image files, sorted.
        classes: the folder of each file's class, or None where files are not in class folders.
        names: all class folders, empty ones too, in order; empty where there are none.
        splits: `"train"`, `"val"` or `"test"` for each file, if folders above the classes say so.
        problems: what was left out.
        others: how many other files there are, by their suffix.
    """

    folder: Path
    files: list[Path] = field(default_factory=list)
    classes: list[str] | None = None
    names: list[str] = field(default_factory=list)
    splits: list[str] | None = None
    problems: list[Problem] = field(default_factory=list)
    others: Counter = field(default_factory=Counter)

    def report(self, path: Path, found: str, more: int = 0) -> None:
        """Adds a problem with a file or folder in the folder, and with so many more."""
        action = f"skipped, and {more} more" if more else "skipped"
        self.problems.append(Problem(shown(path.relative_to(self.folder)), found, action))


def look_into(folder: Path) -> Found:
    """All images below a folder, with the class folders and the splits that they are in."""
    found = Found(folder)
    parts = _split_folders(found)
    is_split = bool(parts)
    parts = parts or [("", folder)]
    files: list[tuple[Path, str, str]] = []
    names: set[str] = set()
    for part, parent in parts:
        for entry in sub_folders(parent):
            names.add(entry.name)
            files += [(file, entry.name, part) for file in _image_files(found, entry)]
    loose = [(file, part) for part, parent in parts for file in _image_files(found, parent, deep=False)]
    loose += [(file, "") for file in _image_files(found, folder, deep=False)] if is_split else []
    _report_unread(found)
    if len(loose) > len(files) and not (is_split and names):  # the sub-folders are something else than classes
        every = sorted([*loose, *((file, part) for file, _, part in files)])
        found.files = [file for file, _ in every]
        found.splits = [part for _, part in every] if is_split else None
        return found
    if loose:
        found.report(loose[0][0], "beside the class folders", len(loose) - 1)
    ids = {name for name in names if name in imagenet_index()}
    if len(ids) > len(names) / 2:
        for other in sorted(names - ids):
            found.problems.append(Problem(shown(other), "no WordNet id of ImageNet-1k, as the others are"))
        names, files = ids, [entry for entry in files if entry[1] in ids]
    files.sort()
    found.files, found.classes = [file for file, _, _ in files], [name for _, name, _ in files]
    found.names, found.splits = sorted(names), [part for _, _, part in files] if is_split else None
    return found


def shown(path: str | Path) -> str:
    """A path that can be printed, whatever bytes its name has."""
    return os.fsencode(Path(path).as_posix()).decode("utf-8", "replace")


def sub_folders(folder: Path) -> list[Path]:
    """Sub-folders and links to folders, sorted; hidden ones and those of other programs are left out."""
    try:
        return sorted(entry for entry in folder.iterdir() if _counts(entry) and entry.is_dir())
    except OSError:  # reported where its images are looked for
        return []


def _counts(entry: Path) -> bool:
    return not entry.name.startswith(".") and entry.name.lower() not in FOREIGN


def _split_folders(found: Found) -> list[tuple[str, Path]]:
    """The folders of splits above the classes, and which split each is; none if there are classes at once.

    A class may be called train: its folder holds images, as those beside it do.
    """
    top = sub_folders(found.folder)
    parts = [(SPLIT_FOLDERS[entry.name.lower()], entry) for entry in top if entry.name.lower() in SPLIT_FOLDERS]
    others = [entry for entry in top if entry.name.lower() not in SPLIT_FOLDERS]
    several = len({part for part, _ in parts}) > 1
    around_classes = any(sub_folders(entry) for _, entry in parts)
    if not (around_classes and several) and others:
        looked = Found(found.folder)
        if not (around_classes or several) or any(_image_files(looked, entry) for entry in others):
            return []
    for entry in others if parts else ():
        found.report(entry, "beside the folders of splits")
    return parts


def _image_files(found: Found, folder: Path, deep: bool = True) -> list[Path]:
    """Image files, sorted. Links to folders are followed, but not to those above, nor in a circle."""
    files, visited = [], {os.path.realpath(above) for above in (found.folder, folder.parent) if above != folder}

    def visit(folder):
        real = os.path.realpath(folder)
        if real in visited:
            found.report(folder, "a link to a folder that was seen")
            return
        visited.add(real)
        try:
            entries = sorted(folder.iterdir())
        except OSError as error:
            found.report(folder, f"can't be listed ({error.strerror})")
            return
        for entry in filter(_counts, entries):
            if entry.is_dir():
                if deep:
                    visit(entry)
            elif entry.suffix.lower() in SUFFIXES:
                files.append(entry)
            elif entry.is_symlink() and not entry.exists():
                found.report(entry, "a dead link")
            else:
                found.others[entry.suffix.lower()] += 1

    visit(folder)
    return files


def _report_unread(found: Found) -> None:
    for suffix in sorted(UNREAD & set(found.others)):
        said = "a format that is not read: convert them to PNG or JPEG"
        found.problems.append(Problem(f"{found.others[suffix]} files ending in {suffix}", said))
