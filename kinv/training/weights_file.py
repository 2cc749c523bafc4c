"""Files of weights that are whole or not there: made in memory, as HDF5's library may crash on a full disk."""

import io
from pathlib import Path

import keras

from kinv.whole_file import whole_file


def save_weights(model: keras.Model, path: Path) -> None:
    """Like `model.save_weights`, but a file that can't be written in full leaves what was there before.

    Args:
        model: a model that is built.
        path: ends in `.weights.h5`.

    Raises:
        OSError: the disk is full, or the file can't be written for another reason; it names the file.
    """
    buffer = _WeightsBuffer()
    model.save_weights(buffer)
    write_whole(path, buffer.getbuffer())


def write_whole(path: Path, content: bytes | memoryview) -> None:
    """Writes a file in one step; one that can't be written in full leaves what was there before.

    Raises:
        OSError: as of `save_weights`.
    """
    with whole_file(path) as draft:
        draft.write_bytes(content)


class _WeightsBuffer(io.BytesIO):
    """A file in memory with a name, which Keras goes by."""

    def __str__(self):
        return "memory.weights.h5"
