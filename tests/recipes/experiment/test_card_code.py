"""The code in the cards runs as it stands there, and classifiers load on the backends that their cards name."""

import importlib.util
import os
import re
import shutil
import subprocess
import sys

import numpy as np
import pytest

import kinv
from kinv.artifacts.manifest import write_manifest
from recipes.experiment import cards

from .card_samples import METADATA, MODELS
from .test_cards import ARTIFACTS, NAMES, ROOT, read

ASK = """
import sys, kinv, numpy as np
for name in sys.argv[1:]:
    logits = kinv.load(name)(np.zeros((2, 28, 28, 1), "float32"))
    print(type(logits).__module__.partition(".")[0], tuple(logits.shape))
"""
QUICK = ("transformer",)
OTHER_BACKENDS = "`kinv.load` returns a JAX or PyTorch model"


def run_code(card, name):
    """Runs the examples of a card one after the other, where its artifact is in the current folder."""
    blocks = re.findall(r"```python\n(.*?)```", card, flags=re.DOTALL)
    used = [re.findall(r"^import (kinv|tensorflow|jax|torch)\b", block, flags=re.MULTILINE) for block in blocks]
    assert used == [["kinv"], ["tensorflow"], ["jax"], ["torch"]]
    names = {}
    for block, (package,) in zip(blocks, used, strict=True):
        assert "hf://" not in block
        if importlib.util.find_spec(package) is None:
            continue  # torch is optional
        exec(compile(block, f"{name}/README.md", "exec"), names)
        values = [np.asarray(value) for value in names.values() if hasattr(value, "__array__")]
        results = [value for value in values if value.dtype.kind in "fiu"]
        assert results and all(result.size and np.isfinite(result).all() for result in results)


@pytest.mark.parametrize(
    "name", [name if name in QUICK else pytest.param(name, marks=pytest.mark.long) for name in MODELS]
)
def test_the_code_of_every_body_runs_on_a_tiny_artifact(name, tmp_path, no_data_folder, monkeypatch):
    monkeypatch.chdir(tmp_path)
    saved = kinv.save(MODELS[name](), tmp_path / name, METADATA[name], card=cards.render)
    run_code((saved / "README.md").read_text(encoding="utf-8"), name)


def test_every_body_has_a_tiny_artifact():
    assert {METADATA[name]["card"] for name in MODELS} == set(cards.bodies())


@pytest.fixture(scope="module")
def downloads(tmp_path_factory):
    """All of them as they come from the Hub, where a push adds the SavedModel."""
    folder = tmp_path_factory.mktemp("downloads")
    for name in NAMES:
        shutil.copytree(ARTIFACTS / name, folder / name)
        if not (folder / name / "saved_model").exists():
            kinv.hub.export(kinv.load(ARTIFACTS / name), folder / name / "saved_model")
            write_manifest(folder / name)
    return folder


@pytest.mark.release
@pytest.mark.parametrize("name", NAMES)
def test_the_code_of_a_committed_card_runs(name, downloads, no_data_folder, monkeypatch):
    monkeypatch.chdir(downloads)
    run_code(read(name)[0], name)


@pytest.mark.long
@pytest.mark.parametrize("backend", ["jax", "torch"])
def test_classifiers_load_on_other_backends(backend):
    if importlib.util.find_spec(backend) is None:
        pytest.skip(f"needs {backend}")
    classifiers = [name for name in NAMES if OTHER_BACKENDS in read(name)[0]]
    assert classifiers == ["digit_cnn", "sdae_rotated_mnist"]
    environment = {**os.environ, "KERAS_BACKEND": backend}
    done = subprocess.run(
        [sys.executable, "-c", ASK, *classifiers], cwd=ROOT, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split("\n")[:2] == [f"{'jaxlib' if backend == 'jax' else backend} (2, 10)"] * 2
