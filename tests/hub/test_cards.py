"""The cards of the committed artifacts: what the Hub reads in them, what people read, and that their code runs."""

import importlib.util
import json
import math
import os
import re
import shutil
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest
import yaml
from huggingface_hub import ModelCard

import kinv
from kinv.artifacts.manifest import write_manifest
from recipes import cards

ROOT = Path(__file__).parents[2]
ARTIFACTS = ROOT / "artifacts"
COMMITTED = subprocess.run(
    ["git", "ls-files", "artifacts/*/manifest.json"], cwd=ROOT, capture_output=True, text=True, check=True
).stdout.split()
NAMES = sorted(Path(manifest).parent.name for manifest in COMMITTED)
TEMPLATES = sorted(path.stem for path in cards.TEMPLATES.glob("*.md"))

# What the Hub knows: its tasks on pictures, licences, and metrics that are there by these names.
TASKS = {
    *("depth-estimation", "image-classification", "image-feature-extraction", "image-segmentation", "image-to-3d"),
    *("image-to-image", "image-to-text", "image-to-video", "keypoint-detection", "mask-generation", "object-detection"),
    *("text-to-image", "unconditional-image-generation", "video-classification", "zero-shot-image-classification"),
}
LICENSES = {"apache-2.0", "mit", "bsd-3-clause", "cc-by-4.0", "cc-by-sa-3.0", "cc-by-sa-4.0", "cc0-1.0", "other"}
METRICS = {"accuracy", "mse"}
FIELDS = {"license", "library_name", "pipeline_tag", "tags", "model-index"}
OPTIONAL = {"datasets", "metrics", "base_model"}

SECTIONS = [
    "What it is",
    "Use it",
    "Results beside the paper's",
    "Deviations from the paper",
    "Data and licences",
    "Limits",
    "Train it again",
]
WAYS = ["With kinv", "Without kinv: TensorFlow SavedModel", "In a JAX or PyTorch pipeline"]
RESULTS = (
    "again",
    "augmented",
    "between",
    "codes",
    "filters",
    "logits",
    "pictures",
    "samples",
)  # variables of the snippets
ASK = """
import sys, kinv, numpy as np
for name in sys.argv[1:]:
    logits = kinv.load(name)(np.zeros((2, 28, 28, 1), "float32"))
    print(type(logits).__module__.partition(".")[0], tuple(logits.shape))
"""
OTHER_BACKENDS = "what `kinv.load` returns is a JAX or PyTorch"


def read(name):
    metadata = json.loads((ARTIFACTS / name / "metadata.json").read_text(encoding="utf-8"))
    return (ARTIFACTS / name / "README.md").read_text(encoding="utf-8"), metadata


def section(text, title):
    return re.search(rf"^## {re.escape(title)}\n(.*?)(?=^## |\Z)", text, flags=re.DOTALL | re.MULTILINE)[1]


def headings(text, level):
    return re.findall(rf"^{'#' * level} (.*)$", text, flags=re.MULTILINE)


def check_metadata(text, metrics):
    """The fields that the Hub reads, with the numbers as they stand there."""
    fields = yaml.load(text.split("---\n")[1], Loader=yaml.BaseLoader)  # everything is a string
    assert FIELDS <= set(fields) <= FIELDS | OPTIONAL
    assert fields["library_name"] == "kinv"  # with keras, the Hub would show code that can't load it
    assert fields["license"] in LICENSES and fields["pipeline_tag"] in TASKS
    assert {"kinv", "keras", "tensorflow"} <= set(fields["tags"]) and set(fields.get("metrics", [])) <= METRICS
    assert all(re.fullmatch(r"[\w-]+/[\w.-]+", name) for name in fields.get("datasets", []))
    (model,) = fields["model-index"]
    assert set(model) == {"name", "results"} and model["results"]
    for result in model["results"]:
        assert set(result) == {"task", "dataset", "metrics"} and result["metrics"]
        assert all(set(result[part]) == {"type", "name"} and all(result[part].values()) for part in ("task", "dataset"))
        assert result["task"]["type"] in TASKS and re.fullmatch(r"([\w-]+/)?[\w.-]+", result["dataset"]["type"])
        for metric in result["metrics"]:
            assert set(metric) == {"type", "name", "value"} and re.fullmatch(r"[a-z]\w*", metric["type"])
            digits = len(metric["value"].partition(".")[2])
            assert math.isfinite(float(metric["value"]))
            assert metric["value"] in {f"{value:.{digits}f}" for value in metrics.values()}
    return model["name"]


@pytest.mark.parametrize("name", NAMES)
def test_the_card_is_its_template_with_the_metadata(name):
    text, metadata = read(name)
    assert text == cards.template(metadata["recipe"]).format(**metadata)


@pytest.mark.parametrize("name", NAMES)
def test_the_hub_understands_it(name):
    text, metadata = read(name)
    data = ModelCard(text).data
    assert data.model_name == name and data.library_name == "kinv" and data.eval_results
    assert check_metadata(text, metadata["metrics"]) == name


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("library_name: kinv", "library_name: keras"),
        ("pipeline_tag: image-classification", "pipeline_tag: digits"),
        ("license: apache-2.0", "license: apache"),
        ("tags: [kinv, ", "tags: ["),
        ("value: 0.9945", "value: 0.9946"),
        ("value: 0.9945", "value: .nan"),
        ("name: Test accuracy", "verified: true"),
        ("datasets: [ylecun/mnist]", "datasets: [MNIST of LeCun]"),
    ],
)
def test_what_the_hub_would_not_understand_is_found(right, wrong):
    text, metadata = read("digit_cnn")
    assert right in text
    with pytest.raises((AssertionError, ValueError)):
        check_metadata(text.replace(right, wrong, 1), metadata["metrics"])


@pytest.mark.parametrize("template", TEMPLATES)
def test_all_have_the_same_sections(template):
    text = (cards.TEMPLATES / f"{template}.md").read_text(encoding="utf-8")
    assert headings(text, 1)[0] == "{name}" and headings(text, 2) == SECTIONS
    assert headings(section(text, "Use it"), 3) == WAYS
    assert "hf://<org>/{name}" in section(text, "Use it")


@pytest.mark.parametrize("template", TEMPLATES)
def test_no_number_of_ours_is_written_by_hand(template):
    text = (cards.TEMPLATES / f"{template}.md").read_text(encoding="utf-8")
    tables = re.findall(r"(?:^\|.*\|\n)+", section(text, "Results beside the paper's"), flags=re.MULTILINE)
    assert tables
    for table in tables:
        titles, _, *rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in table.splitlines()]
        assert titles == ["", "ours", "paper"] and rows
        for _, ours, paper in rows:
            assert re.search(r"\{metrics\[\w+\]:[^}]+\}", ours) and paper
            assert not re.search(r"\d", re.sub(r"\{[^}]*\}", "", ours)), ours
    values = re.findall(r"^ +value: (.*)$", text, flags=re.MULTILINE)
    assert values and all(re.fullmatch(r"\{metrics\[\w+\]:\.\df\}", value) for value in values)


def test_every_template_is_of_a_recipe():
    modules = [path.stem for path in Path(cards.__file__).parent.glob("*.py") if "\nCARD = " in path.read_text()]
    assert {import_module(f"recipes.{module}").CARD for module in modules} == set(TEMPLATES)


@pytest.mark.parametrize("name", NAMES)
def test_its_pictures_are_there(name):
    text, _ = read(name)
    shown = re.findall(r"\]\((?!http)([^)]+)\)", text)
    assert [path for path in shown if not (ARTIFACTS / name / path).is_file()] == []
    assert "](figures/" in section(text, "What it is")


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


@pytest.mark.parametrize("name", NAMES)
def test_its_code_runs_as_it_stands_there(name, downloads, no_data_folder, monkeypatch):
    monkeypatch.chdir(downloads)
    blocks = re.findall(r"```python\n(.*?)```", read(name)[0], flags=re.DOTALL)
    used = [re.findall(r"^import (kinv|tensorflow|jax|torch)\b", block, flags=re.MULTILINE) for block in blocks]
    assert used == [["kinv"], ["tensorflow"], ["jax"], ["torch"]]
    names = {}
    for block, (package,) in zip(blocks, used, strict=True):
        assert "hf://" not in block
        if importlib.util.find_spec(package) is None:
            continue  # torch is optional
        exec(compile(block, f"{name}/README.md", "exec"), names)
        results = [np.asarray(names[result]) for result in RESULTS if result in names]
        assert results and all(result.size and np.isfinite(result).all() for result in results)


@pytest.mark.parametrize("backend", ["jax", "torch"])
def test_classifiers_load_on_other_backends(backend):
    """As their cards say."""
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


def test_cards_are_renewed_and_what_is_damaged_stays(tmp_path, capsys):
    for name in ("digit_cnn", "dbn_patches"):
        shutil.copytree(ARTIFACTS / name, tmp_path / name)
    (tmp_path / "digit_cnn" / "README.md").write_text("old")
    write_manifest(tmp_path / "digit_cnn")
    before = (ARTIFACTS / "digit_cnn" / "manifest.json").read_bytes()
    assert cards.run(tmp_path) == ["digit_cnn"] and "digit_cnn" in capsys.readouterr().out
    assert (tmp_path / "digit_cnn" / "README.md").read_text(encoding="utf-8") == read("digit_cnn")[0]
    assert (tmp_path / "digit_cnn" / "manifest.json").read_bytes() == before
    assert cards.run(tmp_path) == []

    (tmp_path / "digit_cnn" / "README.md").write_text("changed without its manifest")
    with pytest.raises(kinv.ArtifactError):
        cards.run(tmp_path)


@pytest.mark.parametrize("recipe", ["os", "recipes.training", "recipes.os.path", "recipes"])
def test_only_recipes_with_a_card_have_one(recipe):
    with pytest.raises(ValueError, match="CARD"):
        cards.template(recipe)
