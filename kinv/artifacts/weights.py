"""The weights file: checks before Keras reads it, and conversion to float16."""

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from .errors import ArtifactError

DTYPES = ("float16", "float32", "float64", "int32", "int64", "uint32", "bool")
MAX_OBJECTS, MAX_DEPTH = 100_000, 32


def check_weights(path: Path) -> int:
    """Refuses a weights file that is anything but plain arrays, which its own bytes hold; no array is read.

    Returns:
        How many numbers it holds.

    Raises:
        ArtifactError: no HDF5, links (which may lead into other files), arrays that lie elsewhere, compressed ones
            (which may be larger than any memory), or ones that claim more than the file has.
    """
    import h5py

    try:
        with h5py.File(path) as file:
            return sum(_plain_numbers(path, file))
    except ArtifactError:
        raise
    except Exception as error:  # a malicious file can make HDF5 raise anything
        raise ArtifactError(f"{path} is not a weights file (HDF5): {error}") from None


def _plain_numbers(path: Path, file: Any) -> Iterator[int]:
    """How many numbers each array has."""
    import h5py

    room, seen, groups = path.stat().st_size, 0, [(file, 0)]
    while groups:
        group, depth = groups.pop()
        for name in group:
            seen += 1
            if not isinstance(group.get(name, getlink=True), h5py.HardLink):
                raise ArtifactError(f"{path} holds a link, {name!r}: weights must be in the file itself.")
            item = group[name]
            if set(item.attrs) - ({"name"} if isinstance(item, h5py.Group) else set()):
                raise ArtifactError(f"{path}: {name!r} must not have attributes, which Keras would read.")
            if len(item.attrs) and item.attrs.get_id("name").shape != ():
                raise ArtifactError(f"{path}: the attribute 'name' of {name!r} must be a single value.")
            if isinstance(item, h5py.Group) and seen < MAX_OBJECTS and depth < MAX_DEPTH:
                groups.append((item, depth + 1))
                continue
            if not isinstance(item, h5py.Dataset) or item.shape is None or seen >= MAX_OBJECTS:
                raise ArtifactError(f"{path}: {name!r} is neither a group nor an array, or there are too many.")
            made = item.id.get_create_plist()
            if made.get_nfilters() or made.get_external_count() or made.get_layout() != h5py.h5d.CONTIGUOUS:
                raise ArtifactError(f"{path}: {name!r} is compressed, chunked or in another file; store it plain.")
            if item.dtype.name not in DTYPES or item.id.get_storage_size() != item.nbytes or item.nbytes > room:
                raise ArtifactError(
                    f"{path}: {name!r} claims {item.shape} numbers of {item.dtype}, which the file does not hold."
                )
            room -= item.nbytes
            yield item.size


def halve(path: Path) -> None:
    """Rewrites a Keras weights file with float16 in place of float32; Keras reads it into float32 variables.

    Raises:
        ValueError: a weight that is too large for float16.
    """
    import h5py
    import numpy as np

    from kinv.training.weights_file import write_whole

    buffer = io.BytesIO()
    with h5py.File(path) as source, h5py.File(buffer, "w") as target:

        def copy(name, item):
            if isinstance(item, h5py.Group):
                target.require_group(name).attrs.update(item.attrs)
                return
            values = item[...]
            if values.dtype == np.float32:
                with np.errstate(over="ignore"):  # reported below
                    values = values.astype(np.float16)
                if not np.isfinite(values).all():
                    raise ValueError(f"{name} holds weights beyond float16's 65,504: save with half=False.")
            target.create_dataset(name, data=values).attrs.update(item.attrs)

        target.attrs.update(source.attrs)
        source.visititems(copy)
    write_whole(path, buffer.getbuffer())
