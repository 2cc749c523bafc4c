"""README and docs: their Python runs as it stands there, their links lead somewhere, and they are easy to read."""

import importlib
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest
from keras import layers
from PIL import Image

import kinv
from recipes.experiment import notebooks, pages, site

ROOT = Path(__file__).parents[1]
PAGES = {page.relative_to(ROOT).as_posix(): page.read_text(encoding="utf-8") for page in pages.pages()}
README = PAGES["README.md"]
SNIPPETS = {page: re.findall(r"```python\n(.*?)```", text, flags=re.DOTALL) for page, text in PAGES.items()}
LINK = re.compile(r"\]\(([^)]+)\)")
WIDEST = 1530  # pixels, of ten inches
SCREENSHOTS = ("report_squeezenet.png",)
AMERICAN = re.compile(
    r"\b\w*(?:color|gray|center|behavior|neighbor|maximiz|minimiz|optimiz(?!er)|visualiz|normaliz)\w*", re.I
)
MOST_WORDS, MOST_NUMBERS, MOST_LINES = 30, 2, 150


# === Pages ===


@pytest.mark.parametrize("page", PAGES)
def test_links_and_images_lead_to_files_of_the_repository(page):
    targets = [link for link in LINK.findall(PAGES[page]) if not link.startswith(("https://", "#"))]
    places = [((ROOT / page).parent / target).resolve() for target in targets]
    assert [place for place in places if not place.is_file()] == []
    if places:  # what `.gitignore` holds back is missing in a clone
        command = ["git", "check-ignore", "--no-index", *map(str, places)]
        assert subprocess.run(command, cwd=ROOT, capture_output=True, text=True).stdout == ""


def test_every_image_of_the_docs_is_shown():
    shown = {Path(link).name for text in PAGES.values() for link in LINK.findall(text)}
    assert {image.name for image in (ROOT / "docs" / "images").iterdir()} == shown & {
        image.name for image in (ROOT / "docs" / "images").iterdir()
    }


@pytest.mark.parametrize("page", PAGES)
def test_numbers_are_those_of_the_artifacts(page):
    """`python -m recipes.experiment.pages` writes them."""
    assert pages.filled(PAGES[page]) == PAGES[page]


def test_the_api_is_that_of_the_package():
    for name, text in pages.api().items():
        assert (ROOT / "docs" / name).read_text(encoding="utf-8") == text
        for module, _, found in (place.rpartition(".") for place in re.findall(r"^::: (.*)$", text, re.MULTILINE)):
            assert hasattr(importlib.import_module(module), found), (module, found)


def test_images_of_artifacts_are_those_of_the_artifacts():
    for name, figure in pages.IMAGES.items():
        there, here = ROOT / "artifacts" / figure, ROOT / "docs" / "images" / name
        assert there.read_bytes() == here.read_bytes(), name


def paragraphs(text):
    """Paragraphs and items of lists, without code, tables, headings, comments and where links lead."""
    text = re.sub(r"```.*?```|^\$\$.*?^\$\$", "", text, flags=re.DOTALL | re.MULTILINE)
    text = re.sub(r"\$`[^`]*`\$", "symbol", text)
    text = re.sub(r"^(\||#|<!--|!\[).*$", "", text, flags=re.MULTILINE)
    text = re.sub(r"`[^`]*`", "code", LINK.sub("]", text))
    return [" ".join(part.split()) for part in re.split(r"\n\s*\n|\n- ", text) if part.strip()]


@pytest.mark.parametrize("page", PAGES)
def test_sentences_are_short(page):
    sentences = [one for part in paragraphs(PAGES[page]) for one in re.split(r"(?<=[.!?:;])\s+", part)]
    assert [one for one in sentences if len(one.split()) > MOST_WORDS] == []


def test_the_readme_is_read_in_minutes():
    assert len(README.splitlines()) <= MOST_LINES
    for part in paragraphs(README):
        numbers = re.findall(r"(?<![\w.])\d[\d,.]*(?![\w])", part)
        assert len(numbers) <= MOST_NUMBERS, part


@pytest.mark.parametrize("page", PAGES)
def test_the_spelling_is_british(page):
    prose = " ".join(paragraphs(PAGES[page]))
    assert AMERICAN.findall(prose) == []


def test_images_are_drawn_in_one_style():
    """At 150 dots an inch, which `kinv/figures/style.py` sets, and no wider than can be read on a page."""
    for image in [*(ROOT / "docs" / "images").glob("*.png"), *(ROOT / "artifacts").glob("*/figures/*.png")]:
        if image.name not in SCREENSHOTS:
            drawn = Image.open(image)
            assert round(drawn.info["dpi"][0]) == 150 and drawn.width <= WIDEST, image


@pytest.mark.long
def test_the_site_is_built_without_a_warning():
    """Strict: a page that is missing, or an anchor, is an error."""
    pytest.importorskip("zensical", reason="needs Zensical: pip install 'kinv[docs]'")
    site.run()
    command = [sys.executable, "-m", "zensical", "build", "--strict", "--clean"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    said = done.stdout + done.stderr
    assert done.returncode == 0 and "No issues found" in said and "griffe" not in said, said
    built = ROOT / "build" / "site"
    assert "<math" in (built / "methods" / "units" / "index.html").read_text(encoding="utf-8")
    assert not any("<blockquote" in page.read_text(encoding="utf-8") for page in (built / "api").rglob("*.html"))
    assert "_files/" in (built / "tutorials" / "units" / "index.html").read_text(encoding="utf-8")  # its images
    assert len(list(built.rglob("*.html"))) >= len(PAGES) + len(notebooks.names())


# === Their code ===


def snippet(part, page=None):
    """The one that holds these words, of a page or of all."""
    there = SNIPPETS.items() if page is None else [(page, SNIPPETS[page])]
    (found,) = {snippet for _, of in there for snippet in of if part in snippet}
    return found


def run(snippet, names):
    exec(compile(snippet, "page", "exec"), names)
    return names


def test_the_readmes_quick_start(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    names = run(snippet("kinv.load(", "README.md"), {})
    assert names["augmented"].shape == (4, 227, 227, 3) and names["images"].std() > 30
    assert (tmp_path / "augmented.png").stat().st_size > 5000


def test_the_docs_quick_start(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    names = run(snippet("kinv.load(", "docs/quick_start.md"), {})
    assert names["augmented"].shape == (4, 227, 227, 3)


def test_presets_of_a_class():
    names = run(snippet("list_presets", "docs/guides/publishing.md"), {"kinv": kinv})
    assert len(names["table"]) == 14 and names["transformer"].name == "invariant_transformer"


@pytest.mark.long
def test_on_your_own_model(images, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    inputs = layers.Input((32, 32, 3))
    outputs = layers.Dense(4)(layers.Flatten()(layers.Conv2D(4, 5, strides=4, activation="relu")(inputs)))
    shown = np.asarray(keras.ops.image.resize(images, (32, 32)))
    names = {
        "my_keras_model": keras.Model(inputs, outputs),
        "my_preprocessing": lambda images: images / 255,
        "images": shown,
        "labels": np.arange(len(shown)) % 4,
        "held_out": shown,
    }
    for page in ("README.md", "docs/quick_start.md"):
        (tmp_path / page.replace("/", "_")).mkdir()
        monkeypatch.chdir(tmp_path / page.replace("/", "_"))
        report = run(snippet("kinv.report(", page), {**names, "kinv": kinv})["report"]
        assert Path("my_report", "report.html").stat().st_size > 50_000 and "ignore" in report.summary()
    monkeypatch.chdir(tmp_path)
    names = run(snippet("kinv.wrap(", "docs/guides/own_network.md"), names)
    names = run(snippet("kinv.report(", "docs/guides/own_network.md"), names)
    assert names["page"].stat().st_size > 50_000
    names = run(snippet("InvariantTransformer(classifier)", "docs/methods/invariant_transformer.md"), names)
    assert (tmp_path / "learned.png").stat().st_size > 5000
    assert names["augmented"].shape == shown.shape and np.isfinite(names["augmented"]).all()
    names = run(snippet('results="my_screening"'), names)
    assert len(names["screening"].accuracy["transformation"].unique()) == 11
    names = run(snippet('transformations="imagenet_c"'), names)
    assert len(names["errors"].to_frame()) == 15 and names["errors"].mean_error > 0
    assert (tmp_path / "rotation.png").stat().st_size > 5000 and (tmp_path / "my_screening").is_dir()
    names = run(snippet("kinv.metamers("), names)
    assert len(names["found"].layers) == 2 and (tmp_path / "ladder.png").stat().st_size > 5000
    assert (tmp_path / "layers.png").stat().st_size > 5000


def test_in_your_pipeline(images, monkeypatch):
    monkeypatch.chdir(ROOT)
    batches = run(snippet("tf.saved_model.load"), {"images": images})["batches"]
    first, second = (np.concatenate(list(batches)) for _ in range(2))
    assert len(first) == len(images)
    assert np.abs(first - images).mean() > 5
    assert np.abs(first - second).mean() > 1  # of two epochs


def test_keras_habits(images, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    inputs = layers.Input((20, 24, 3))
    classifier = keras.Model(inputs, layers.Dense(4)(layers.Flatten()(layers.Rescaling(1 / 255)(inputs))))
    names = {"kinv": kinv, "classifier": classifier, "images": images, "labels": np.arange(len(images)) % 4}
    page = "docs/guides/keras.md"
    names = run(snippet("transformer.compile(", page), names)
    assert "space_distance" in names["history"].history and (tmp_path / "log.csv").is_file()
    names = run(snippet("transformer.save(", page), names)
    for loaded in (names["same"], names["again"]):
        first, second = (np.asarray(one.augment(images, seed=1)) for one in (names["transformer"], loaded))
        np.testing.assert_allclose(second, first, atol=0.1)


def test_export(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    run(snippet("kinv.export(", "docs/guides/export.md"), {"kinv": kinv})
    assert (tmp_path / "transformer" / "saved_model.pb").is_file()


def test_as_a_layer(images, monkeypatch):
    monkeypatch.chdir(ROOT)
    network = run(snippet("LearnedAugmentation("), {"kinv": kinv})["network"]
    shown = images / 255
    assert np.abs(network.layers[0](shown, training=True) - shown).mean() > 0.02
    np.testing.assert_array_equal(network.layers[0](shown, training=False), shown)
    network.compile("sgd", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    network.fit(shown, np.arange(len(shown)), verbose=0)


@pytest.mark.long
def test_on_a_hub(monkeypatch, tmp_path, images):
    """Against a server that speaks the hub's protocol, from a process with an environment of its own."""
    from tests.hub.hub_server import HubServer

    code = snippet("kinv.push") + "import json; print(json.dumps([handle, str(folder), transformer.name]))"
    with HubServer(tokens={"secret": ["my-organisation"]}) as server:
        settings = {"HF_ENDPOINT": server.url, "HF_TOKEN": "secret", "HF_HUB_CACHE": str(tmp_path / "cache")}
        settings = {**os.environ, **settings, "HF_HUB_DISABLE_XET": "1", "HF_HUB_DISABLE_TELEMETRY": "1"}
        command = [sys.executable, "-c", f"import kinv\n{code}"]
        done = subprocess.run(command, cwd=tmp_path, env=settings, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
    handle, folder, name = json.loads(done.stdout.splitlines()[-1])
    assert handle.startswith("hf://my-organisation/itn_squeezenet@") and name == "invariant_transformer"
    assert kinv.verify(tmp_path / folder)
    assert json.loads((tmp_path / folder / "origin.json").read_text())["commit"] == handle.split("@")[1]


@pytest.mark.long
def test_with_generated_filters(monkeypatch):
    monkeypatch.chdir(ROOT)
    digits = kinv.data.load("mnist", "test", limit=1)[0]
    names = run(snippet("filter_gan_mnist_conv4"), {"kinv": kinv, "digits": digits})
    assert names["pooled"](digits).shape == (1, 10) and names["changed"].shape == digits.shape
    assert names["matches"].images.shape == (1, 7, 7, 28, 28, 1)


def test_directions(images, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    inputs = layers.Input((20, 24, 3))
    classifier = keras.Model(inputs, layers.Dense(3)(layers.GlobalAveragePooling2D()(inputs)))
    names = {"kinv": kinv, "classifier": classifier, "images": images, "labels": None}
    found = run(snippet("invariant_directions"), names)["found"]
    assert len(found.to_frame()) == 18 and (tmp_path / "directions.png").is_file()


@pytest.mark.long
def test_boltzmann_machines_and_autoencoders(no_data_folder):
    names = run(snippet("vectors = "), {"kinv": kinv, "keras": keras})
    assert names["vectors"].shape == (968, 784) and names["patches"].shape == (1000, 144)
    assert names["samples"].shape == (4, 784) and names["classifier"](names["images"][:2]).shape == (2, 10)


@pytest.mark.long
def test_what_units_look_for(monkeypatch):
    monkeypatch.chdir(ROOT)
    names = run(snippet("maximize"), {"kinv": kinv})
    assert names["found"].best.shape == (2, 784) and names["filters"].shape == (2, 784)
    assert names["samples"].samples.shape == (2, 10, 784)
    assert names["manifold"].constraint_errors().max() < 1e-4
    first, third = names["curves"]
    assert third.low > first.high  # the upper layer is more invariant
    known = run(snippet("decompose"), names)["known"]
    assert known.shares.shape == (2, 5)


def test_images_that_a_network_likes_best():
    inputs = layers.Input((32, 32, 3))
    filters = layers.Conv2D(8, 3, activation="relu", name="fire5_expand3x3")(inputs)
    classifier = keras.Model(inputs, layers.Dense(300)(layers.GlobalAveragePooling2D()(filters)))
    names = run(snippet("CoupledGenerator(").replace("steps=500", "steps=2"), {"classifier": classifier})
    assert names["images"].shape == (2, 32, 32, 3) and names["images"].std() > 5


def test_a_gallery(monkeypatch):
    monkeypatch.chdir(ROOT)
    names = run(snippet("coupled_squeezenet"), {"kinv": kinv})
    assert names["image"].shape == (227, 227, 3) and names["between"].shape == (1, 227, 227, 3)
