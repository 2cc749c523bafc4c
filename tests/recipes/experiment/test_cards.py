"""Cards: what the Hub reads in them, what people read, and that every number of ours comes from the metadata."""

import json
import math
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml
from huggingface_hub import ModelCard

import kinv
from kinv.artifacts.manifest import write_manifest
from recipes.experiment import cards

from .card_samples import METADATA

ROOT = Path(__file__).parents[3]
ARTIFACTS = ROOT / "artifacts"
COMMITTED = subprocess.run(
    ["git", "ls-files", "artifacts/*/manifest.json"], cwd=ROOT, capture_output=True, text=True, check=True
).stdout.split()
NAMES = sorted(Path(manifest).parent.name for manifest in COMMITTED)
NOT_COMMITTED = {"rbm"}  # bodies whose artifacts are made by their recipes alone

# What the Hub knows: its tasks on images, licences, and metrics that are there by these names.
TASKS = {
    *("depth-estimation", "image-classification", "image-feature-extraction", "image-segmentation", "image-to-3d"),
    *("image-to-image", "image-to-text", "image-to-video", "keypoint-detection", "mask-generation", "object-detection"),
    *("text-to-image", "unconditional-image-generation", "video-classification", "zero-shot-image-classification"),
}
LICENSES = {"apache-2.0", "mit", "bsd-3-clause", "cc-by-4.0", "cc-by-sa-3.0", "cc-by-sa-4.0", "cc0-1.0", "other"}
METRICS = {"accuracy", "mse"}
FIELDS = {"license", "library_name", "tags", "model-index"}
OPTIONAL = {"datasets", "metrics", "base_model", "pipeline_tag"}

SECTIONS = [
    "What it is",
    "Use it",
    "Results beside the paper's",
    "Deviations from the paper",
    "Papers",
    "Data and licences",
    "Limits",
    "Train it again",
]
WAYS = ["With kinv", "Without kinv: TensorFlow SavedModel", "In a JAX or PyTorch pipeline"]
MOST_WORDS = 30  # in a sentence


class Marked(float):
    """A metric that shows where it stands in a card, whatever its format."""

    def __format__(self, spec):
        assert re.fullmatch(r"\.\d[f%]", spec)
        return "<metric>"


def read(name):
    metadata = json.loads((ARTIFACTS / name / "metadata.json").read_text(encoding="utf-8"))
    return (ARTIFACTS / name / "README.md").read_text(encoding="utf-8"), metadata


def section(text, title):
    return re.search(rf"^## {re.escape(title)}\n(.*?)(?=^## |\Z)", text, flags=re.DOTALL | re.MULTILINE)[1]


def without_code(text):
    return re.sub(r"^```.*?^```$", "(code)", text, flags=re.DOTALL | re.MULTILINE)


def headings(text, level):
    return re.findall(rf"^{'#' * level} (.*)$", without_code(text), flags=re.MULTILINE)


def sentences(text):
    """Of all text outside front matter, code, headings, tables and images."""
    text = re.sub(r"!\[[^\]]*\]\([^)]*\)|^#.*$|^\|.*$", "", without_code(text.split("---\n", 2)[2]), flags=re.MULTILINE)
    for part in re.split(r"\n\s*\n|^- ", text, flags=re.MULTILINE):
        yield from re.split(r"(?<=[.!?])\s+", part.strip())


def check_metadata(text, metrics):
    """The fields that the Hub reads, with the numbers as they stand there."""
    fields = yaml.load(text.split("---\n")[1], Loader=yaml.BaseLoader)  # everything is a string
    assert FIELDS <= set(fields) <= FIELDS | OPTIONAL
    assert fields["library_name"] == "kinv"  # with keras, the Hub would show code that can't load it
    assert fields["license"] in LICENSES and fields.get("pipeline_tag", "image-to-image") in TASKS
    assert fields["tags"][:3] == ["kinv", "keras", "tensorflow"] and set(fields.get("metrics", [])) <= METRICS
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
def test_a_committed_card_is_its_body_with_the_metadata(name):
    text, metadata = read(name)
    assert text == cards.render(metadata)


@pytest.mark.parametrize("metadata", [read(name)[1] for name in NAMES] + [*METADATA.values()], ids=lambda m: m["name"])
def test_the_hub_and_people_understand_it(metadata):
    text = cards.render(metadata)
    data = ModelCard(text).data
    assert data.model_name == metadata["name"] and data.library_name == "kinv" and data.eval_results
    assert check_metadata(text, metadata["metrics"]) == metadata["name"]
    assert headings(text, 1) == [metadata["name"]] and headings(text, 2) == SECTIONS
    assert headings(section(text, "Use it"), 3) == WAYS
    assert f"hf://<org>/{metadata['name']}" in section(text, "Use it")
    assert "](figures/" in section(text, "What it is")
    assert "\n\n\n" not in without_code(text)
    assert [one for one in sentences(text) if len(one.split()) > MOST_WORDS] == []


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("library_name: kinv", "library_name: keras"),
        ("pipeline_tag: image-classification", "pipeline_tag: digits"),
        ("license: apache-2.0", "license: apache"),
        ("tags: [kinv, ", "tags: ["),
        ("value: 0.9945", "value: 0.9946"),
        ("value: 0.9945", "value: .nan"),
        ("type: accuracy", "verified: true"),
        ("datasets: [ylecun/mnist]", "datasets: [MNIST of LeCun]"),
    ],
)
def test_what_the_hub_would_not_understand_is_found(right, wrong):
    text, metadata = read("digit_cnn")
    assert right in text
    with pytest.raises((AssertionError, ValueError)):
        check_metadata(text.replace(right, wrong, 1), metadata["metrics"])


@pytest.mark.parametrize("metadata", METADATA.values(), ids=METADATA)
def test_no_number_of_ours_is_written_by_hand(metadata):
    text = cards.render({**metadata, "metrics": {key: Marked(0) for key in metadata["metrics"]}})
    tables = re.findall(r"(?:^\|.*\|\n)+", section(text, "Results beside the paper's"), flags=re.MULTILINE)
    rows = [[[cell.strip() for cell in line.split("|")[1:-1]] for line in table.splitlines()] for table in tables]
    results = [table for table in rows if table[0] in (["", "ours", "paper"], ["", "ours"], ["", "ours", "control"])]
    assert results and all(table[0][0] in ("setting", "family", "filters") for table in rows if table not in results)
    assert all(row[1] == "<metric>" for table in results for row in table[2:])
    lacking = [table for table in results if len(table[0]) == 2 or not all(row[2] for row in table[2:])]
    assert len(re.findall(r"^(The paper gives no numbers|Where a cell is empty)", text, re.MULTILINE)) == len(lacking)
    values = re.findall(r"^ +value: (.*)$", text, flags=re.MULTILINE)
    assert values and set(values) == {"<metric>"}


def test_every_body_is_of_an_artifact_and_has_made_up_metadata():
    assert {read(name)[1]["card"] for name in NAMES} | NOT_COMMITTED == set(cards.bodies())
    assert {metadata["card"] for metadata in METADATA.values()} == set(cards.bodies())


@pytest.mark.parametrize("name", NAMES)
def test_its_figures_are_there(name):
    text, _ = read(name)
    shown = re.findall(r"\]\((?!http)([^)]+)\)", text)
    assert [path for path in shown if not (ARTIFACTS / name / path).is_file()] == []


def test_the_papers_numbers_stand_beside_what_the_paper_measured():
    on = {name: cards.render(metadata) for name, metadata in METADATA.items()}
    assert {name for name, text in on.items() if "98.2%" in text} == {
        "filters",
        "filters_conv4",
        "filters_held_apart",
        "filters_of_the_paper",
    }
    assert {name for name, text in on.items() if "1.34%" in text} == {"dbn", "dbn_deformed"}
    assert {name for name, text in on.items() if "1.30%" in text} == {"sdae"}


def test_the_filters_card_says_how_far_they_are_the_papers():
    names = ("filters", "filters_held_apart", "filters_of_the_paper")
    ours, apart, papers = (cards.render(METADATA[name]) for name in names)
    assert "moves outputs by 1.0 of their" in ours and "figures/counterparts.png" in ours and "a second network" in ours
    assert "at least 0.5 of" in apart and "by construction" in apart
    assert "Filters start from nothing" in papers and "Filters start from nothing" not in ours + apart
    for text in (apart, papers):
        assert "counterparts" not in text.lower().replace("weight of counterparts", "").replace(
            "change of counterparts", ""
        )
    assert "`-log D`" not in papers and "Noise of" not in papers
    assert "| whitened noise | 98.0% | 60.0% |" in ours and "| shifted | 90.0% |  |" in ours


@pytest.mark.parametrize("card", [None, "", "base", "mine", "rbm.md", "../README", "/etc/passwd", ["rbm"]])
def test_only_a_body_can_be_filled_in(card):
    with pytest.raises(ValueError, match=r"must be one of .*coupled_generator, .*, received"):
        cards.render({**METADATA["rbm"], "card": card})


def test_what_the_metadata_lacks_is_said():
    lacking = {key: value for key, value in METADATA["rbm"].items() if key != "minutes"}
    with pytest.raises(ValueError, match="'rbm' needs: 'minutes'"):
        cards.render(lacking)


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


def test_names_from_outside_stay_text_in_a_card():
    _, metadata = read("itn_squeezenet")
    wrong = 'x</p><script>a</script> [a](http://b) ![c](d) `e` | "f"\n# own\n---\nlicense: mit\x1b[31m'
    metadata = {**metadata, "data": dict.fromkeys(metadata["data"], wrong)}
    metadata["classifier"] = {**metadata["classifier"], "name": '")\nimport os', "license": wrong}
    metadata["config"] = {**metadata["config"], "preset": "smoke; rm -rf $HOME"}
    text = cards.render(metadata)
    assert "<script" not in text and "\n# own" not in text and "\nimport os" not in text and "\x1b" not in text
    assert not re.search(r"(?<!\\)\[a\]\(http", text) and "\nlicense: mit" not in text
    assert "--preset 'smoke; rm -rf $HOME'" in text
    before = cards.render(read("itn_squeezenet")[1])
    assert text.count("\n---\n") == before.count("\n---\n") and text.count("```") == before.count("```")
