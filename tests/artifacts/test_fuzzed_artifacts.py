"""Artifacts that were changed at random: always an ArtifactError, never another exception, model or file."""

import json
import os
import shutil
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import kinv
from kinv.artifacts.manifest import write_manifest
from kinv.models import RestrictedBoltzmannMachine

CASES = settings(deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
SOME = settings(CASES, max_examples=100)
CARD = "# machine\n\nA test.\n"


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    folder = tmp_path_factory.mktemp("fuzz") / "machine"
    figures = {"a.png": lambda path: path.write_bytes(bytes(range(200)))}
    return kinv.save(RestrictedBoltzmannMachine(5, 3), folder, {"name": "machine"}, figures, lambda _: CARD)


SPACE = st.sampled_from((b" ", b"\n"))  # where it changes the least


def files(folder):
    return {path.relative_to(folder): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def restore(folder, content):
    """Makes the folder hold these files and nothing else."""
    for path in sorted(folder.rglob("*"), reverse=True):
        if path.is_dir() and not path.is_symlink():
            if not any(path.iterdir()):
                path.rmdir()
        elif path.is_symlink() or path.relative_to(folder) not in content:
            path.unlink()
    for name, data in content.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        if not (folder / name).is_file() or (folder / name).read_bytes() != data:
            (folder / name).write_bytes(data)


def flip(data, folder, name, content):
    position, bit = data.draw(st.integers(0, len(content) - 1)), data.draw(st.integers(0, 7))
    changed = bytearray(content)
    changed[position] ^= 1 << bit
    (folder / name).write_bytes(changed)


def truncate(data, folder, name, content):
    (folder / name).write_bytes(content[: data.draw(st.integers(0, len(content) - 1))])


def inject(data, folder, name, content):
    position, more = data.draw(st.integers(0, len(content))), data.draw(SPACE | st.binary(min_size=1, max_size=50))
    (folder / name).write_bytes(content[:position] + more + content[position:])


def overwrite(data, folder, name, content):
    (folder / name).write_bytes(data.draw(st.binary(max_size=100).filter(lambda other: other != content)))


def swap(data, folder, name, content):
    other = data.draw(st.sampled_from([one for one in files(folder) if (folder / one).read_bytes() != content]))
    (folder / name).write_bytes((folder / other).read_bytes())
    (folder / other).write_bytes(content)


def remove(data, folder, name, content):
    (folder / name).unlink()


def rename(data, folder, name, content):
    os.rename(folder / name, folder / f"{data.draw(st.text('abcé.-_ ', min_size=1, max_size=8))}x")


def add(data, folder, name, content):
    letters = st.text("abc.é-\t\\%", min_size=1, max_size=8).filter(lambda text: text.strip(".") != "")
    path = folder / "saved_model" / data.draw(letters)  # elsewhere, it is ignored
    if path.exists():
        path = path.with_name(path.name + "x")
    path.write_bytes(data.draw(st.binary(max_size=20)))


def link(data, folder, name, content):
    target = data.draw(st.sampled_from(["/etc/passwd", "nowhere", ".", "../..", str(name)]))
    (folder / name).unlink()
    (folder / name).symlink_to(target)


def make_folder(data, folder, name, content):
    (folder / name).unlink()
    (folder / name).mkdir()


CHANGES = (flip, truncate, inject, overwrite, swap, remove, rename, add, link, make_folder)


@pytest.mark.parametrize("count", [200, pytest.param(2000, marks=pytest.mark.release)])
def test_a_change_to_any_file_is_noticed(saved, tmp_path, count):
    folder = shutil.copytree(saved, tmp_path / "machine")
    whole = files(folder)
    seen = []

    @settings(CASES, max_examples=count)
    @given(st.data())
    def check(data):
        restore(folder, whole)
        name = data.draw(st.sampled_from(list(whole)))
        data.draw(st.sampled_from(CHANGES))(data, folder, name, whole[name])
        before = sorted(tmp_path.rglob("*"))
        with pytest.raises(kinv.ArtifactError) as caught:
            kinv.load(folder)
        str(caught.value).encode()  # can be printed
        assert sorted(tmp_path.rglob("*")) == before
        seen.append(name)

    check()
    assert len(seen) >= count and set(seen) == set(whole)
    restore(folder, whole)
    kinv.load(folder)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=6,
)


def replace_somewhere(data, value, new):
    """One part of a JSON value, at any depth, becomes another."""
    if isinstance(value, dict) and value and data.draw(st.booleans()):
        key = data.draw(st.sampled_from(sorted(value)))
        return {**value, key: replace_somewhere(data, value[key], new)}
    return new


def test_any_configuration_is_a_model_or_an_error(saved, tmp_path):
    """Here the manifest fits: what is in the file has to be refused for its own sake."""
    folder = shutil.copytree(saved, tmp_path / "machine")
    config = json.loads((folder / "config.json").read_text())

    @SOME
    @given(st.data())
    def check(data):
        changed = replace_somewhere(data, config, data.draw(JSON))
        (folder / "config.json").write_text(json.dumps(changed))
        write_manifest(folder)
        try:
            model = kinv.load(folder)
        except kinv.ArtifactError:
            return
        assert type(model) is RestrictedBoltzmannMachine
        assert model.weights[0].shape == (5, 3)

    check()


@pytest.mark.parametrize(
    "name",
    [
        *("metadata.json", "README.md"),
        *(pytest.param(name, marks=pytest.mark.long) for name in ("model.weights.h5", "saved_model/saved_model.pb")),
    ],
)
def test_any_bytes_are_an_artifact_or_an_error(saved, tmp_path, name):
    """Here too. What else a changed file may be: other numbers, another text."""
    from kinv.artifacts import summary

    folder = shutil.copytree(saved, tmp_path / "machine")
    content = (folder / name).read_bytes()
    numbers = kinv.load(folder).get_weights()

    @settings(SOME, max_examples=30 if name.endswith(("json", "md")) else 150)  # few cases: each loads the model
    @given(st.data())
    def check(data):
        data.draw(st.sampled_from((flip, truncate, inject, overwrite)))(data, folder, Path(name), content)
        write_manifest(folder)
        try:
            model = kinv.load(folder)
            summary.summarise(folder), summary.signatures(folder), summary.abstract(folder)
        except kinv.ArtifactError:
            return
        assert [weight.shape for weight in model.get_weights()] == [weight.shape for weight in numbers]
        if name != "model.weights.h5":
            for loaded, known in zip(model.get_weights(), numbers, strict=True):
                np.testing.assert_array_equal(loaded, known)

    check()
