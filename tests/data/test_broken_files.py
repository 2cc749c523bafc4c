"""Damaged and hostile files of weights and data: a `ValueError` of one line that names the file."""

import gzip
import io
import pickle
import random
import struct
import zipfile

import numpy as np
import pytest
from scipy.io import savemat

from kinv.data.foreign_files import read_matlab, read_npz, read_pickled_arrays, read_pickled_npy, read_torch_tensors
from kinv.data.sources import digits, prepared
from tests.data.test_foreign_files import FakeTensor, write_legacy, write_zip

VALUES = np.arange(24, dtype="float32")
STATE = {"a": FakeTensor("0", 0, (2, 3), (3, 1), 24)}


def refused(read, path, match=""):
    with pytest.raises(ValueError, match=match) as caught:
        read(path)
    assert str(path) in str(caught.value) and "\n" not in str(caught.value)


def whole_files(folder):
    """A reader and a file that it can read, for each format."""
    weights = {"a": [VALUES, np.arange(3, dtype=">f4")], "b": [np.eye(3)]}
    for protocol in (3, 4):
        (folder / f"{protocol}.pkl").write_bytes(pickle.dumps(weights, protocol))
        yield read_pickled_arrays, folder / f"{protocol}.pkl"
    (folder / "w.gz").write_bytes(gzip.compress(pickle.dumps(weights, 4)))
    yield read_pickled_arrays, folder / "w.gz"
    np.save(folder / "w.npy", np.array(weights, dtype=object), allow_pickle=True)
    yield read_pickled_npy, folder / "w.npy"
    for write in (write_zip, write_legacy):
        write(folder / f"{write.__name__}.pth", STATE, {"0": VALUES})
        yield read_torch_tensors, folder / f"{write.__name__}.pth"
    for compressed in (False, True):
        content = {"X": np.eye(3), "names": np.array(["one", "two"], dtype=object)}
        savemat(folder / f"{compressed}.mat", content, do_compression=compressed)
        yield (lambda path: read_matlab(path, "X", "names")), folder / f"{compressed}.mat"
    np.savez_compressed(folder / "w.npz", x=np.eye(3))
    yield (lambda path: read_npz(path, "x")), folder / "w.npz"


def damaged(content, chance):
    """Cut, with bits flipped, or with a number that is far too large."""
    content, place = bytearray(content), chance.randrange(len(content))
    kind = chance.randrange(3)
    if kind == 0:
        return content[:place]
    if kind == 1:
        content[place] ^= 1 << chance.randrange(8)
    else:
        content[place : place + 4] = chance.choice((b"\xff\xff\xff\xff", b"\xff\xff\xff\x7f", b"\0\0\0\x80"))
    return content


def test_damaged_files_are_refused_or_read_and_nothing_else(tmp_path):
    chance, refusals = random.Random(0), 0
    for read, path in whole_files(tmp_path):
        read(path)
        content = path.read_bytes()
        for _ in range(60):
            path.write_bytes(damaged(content, chance))
            try:
                read(path)
            except ValueError as error:
                assert str(path) in str(error) and "\n" not in str(error)
                refusals += 1
    assert refusals > 300


def test_arrays_of_either_byte_order_are_read(tmp_path):
    (tmp_path / "w.pkl").write_bytes(pickle.dumps({"a": np.arange(3, dtype=">f4"), "b": np.arange(3, dtype="<i2")}))
    read = read_pickled_arrays(tmp_path / "w.pkl")
    np.testing.assert_array_equal(read["a"], [0, 1, 2])
    np.testing.assert_array_equal(read["b"], [0, 1, 2])
    assert read["a"].dtype == np.float32


def test_pytorch_files_of_a_big_endian_machine_are_read(tmp_path):
    write_zip(tmp_path / "w.pth", STATE, {"0": VALUES.astype(">f4")})
    with zipfile.ZipFile(tmp_path / "w.pth", "a") as archive:
        archive.writestr("model/byteorder", "big")
    np.testing.assert_array_equal(read_torch_tensors(tmp_path / "w.pth")["a"], VALUES[:6].reshape(2, 3))


def test_lists_that_share_or_hold_themselves_are_refused(tmp_path):
    shared: list = [0.0]
    for _ in range(19):  # half a million numbers
        shared = [shared, shared]
    itself: list = []
    itself.append(itself)
    deep: list = []
    for _ in range(100):
        deep = [deep]
    for value, said in ((shared, "comes twice"), (itself, "comes twice"), (deep, "nested deeper"), ({(): 1}, "keys")):
        (tmp_path / "w.pkl").write_bytes(pickle.dumps(value))
        refused(read_pickled_arrays, tmp_path / "w.pkl", said)


@pytest.mark.parametrize(
    ("payload", "said"),
    [
        (b"\x80\x04]r\xff\xff\xff\xff.", "beyond its"),  # a memo of 2**32 entries
        (b"\x80\x04\x8e" + struct.pack("<Q", 2**62) + b"x.", ""),  # bytes that are not there
        (b"\x80\x04" + b"]0" * 150_000 + b"N.", "more than 250,000 steps"),
        (
            b"\x80\x04" + b")" + b"\x85" * 50_000 + b"}\x94(h\x00K\x01u.",
            "",
        ),  # a key nested so deep that hashing it crashes
        (b"\x80\x02]K\x01a]b.", "no function|state"),
        (b"\x80\x04\x82\x01.", "not allowed"),
        (b".", ""),
    ],
)
def test_pickles_made_by_hand_are_refused(tmp_path, payload, said):
    (tmp_path / "w.pkl").write_bytes(payload)
    refused(read_pickled_arrays, tmp_path / "w.pkl", said)
    refused(read_torch_tensors, tmp_path / "w.pkl")


@pytest.mark.parametrize("write", [write_legacy, write_zip])
@pytest.mark.parametrize("stride", [(0, 0), (0, 1)])
def test_a_tensor_has_no_more_numbers_than_its_storage(tmp_path, write, stride):
    write(tmp_path / "w.pth", {"a": FakeTensor("0", 0, (10**6, 20), stride, 24)}, {"0": VALUES})
    refused(read_torch_tensors, tmp_path / "w.pth", "more numbers than its storage")


def test_members_that_are_compressed_or_larger_than_said_are_refused(tmp_path):
    plain, path = tmp_path / "plain.pth", tmp_path / "w.pth"
    write_zip(plain, STATE, {"0": VALUES})
    with zipfile.ZipFile(plain) as source, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            target.writestr(name, source.read(name))
    refused(read_torch_tensors, path, "compressed")
    write_zip(path, STATE, {"0": np.zeros(10**6, "float32")})
    refused(read_torch_tensors, path, "more than the 96 that are expected")
    write_zip(path, {"a": FakeTensor("0", 0, (2**40,), (1,), 2**40)}, {"0": VALUES})
    refused(read_torch_tensors, path, "truncated file")


def test_files_that_expand_too_far_are_refused(tmp_path):
    (tmp_path / "w.gz").write_bytes(gzip.compress(bytes(2**25)))
    refused(read_pickled_arrays, tmp_path / "w.gz", "40 times its size")
    np.savez_compressed(tmp_path / "w.npz", x=np.zeros(2**25, "uint8"))
    refused(lambda path: read_npz(path, "x"), tmp_path / "w.npz", "40 times its size")
    savemat(tmp_path / "w.mat", {"X": np.zeros(2**25, "uint8")}, do_compression=True)
    refused(lambda path: read_matlab(path, "X"), tmp_path / "w.mat", "40 times its size")


def test_cells_in_cells_are_refused(tmp_path):
    """They end the process in SciPy's reader."""
    header = struct.pack("<IIIIIIiiII", 6, 8, 1, 0, 5, 8, 1, 1, 1, 0)
    inner = b""
    for _ in range(500):
        inner = struct.pack("<II", 14, len(header + inner)) + header + inner
    named = header[:-8] + struct.pack("<II", 1 | 1 << 16, ord("X")) + inner
    content = b"MATLAB 5.0".ljust(124) + b"\0\1IM" + struct.pack("<II", 14, len(named)) + named
    (tmp_path / "w.mat").write_bytes(content)
    refused(lambda path: read_matlab(path, "X"), tmp_path / "w.mat", "neither of real numbers nor of texts")


@pytest.mark.parametrize("content", [b"", b"PK\x05\x06", {"x_test": np.zeros((3, 28, 28), "uint8")}, {"y_test": "x"}])
def test_other_files_in_place_of_mnists_are_refused(tmp_path, content):
    if isinstance(content, dict):
        buffer = io.BytesIO()
        np.savez(buffer, **{"x_test": np.zeros((3, 28), "uint8"), **content})
        content = buffer.getvalue()
    (tmp_path / "mnist.npz").write_bytes(content)
    refused(lambda path: digits.open_npz(path, "test", "MNIST"), tmp_path / "mnist.npz")


def test_cut_records_are_refused(tmp_path):
    record = struct.pack("<Q", 5) + bytes(4) + b"hello" + bytes(4)
    path = tmp_path / "w.tfrecord"
    path.write_bytes(2 * record)
    assert list(prepared._records(str(path))) == [(12, 5), (33, 5)]
    for content in (record + record[:7], record[:-1], struct.pack("<Q", 2**63) + bytes(20)):
        path.write_bytes(content)
        refused(lambda path: list(prepared._records(str(path))), path, "truncated or damaged")
