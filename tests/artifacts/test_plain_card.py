"""The card of an artifact whose metadata may hold anything: names from outside are text in it."""

import json

import keras
import pytest

import kinv
from kinv.artifacts.plain_card import HEAD, plain_card
from kinv.classifiers.fingerprint import weights_sha256
from kinv.models import InvariantTransformer
from kinv.printable import printable

HOSTILE = (
    "x\n---\nlicense: evil", "[x](javascript:alert(1))", "<img src=x onerror=1>", "&lt;b&gt;", "$x$", "| a |", "```",
    "a`b`", "\x1b[31m", "\u202e", "\ud800", "a" * 10**6, "~~~", "# x", "",
)  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_text_from_outside_stays_text(text):
    network = {"name": text, "parameters": 5, "input_shape": [text], "classes": text, "weights_sha256": text}
    metadata = {"classifier": network, "metrics": {text: 1.0}, "preflight": {"images": text}}
    card = plain_card(text, "FilterGAN", metadata, {})
    head = HEAD.format("")
    assert card.startswith(f"{head}\n\n# ") and len(card) < 1500
    assert all(line.isprintable() for line in card.splitlines())
    body = card.removeprefix(head)
    prose = body.split("```python")[0].replace("`FilterGAN`", "")
    for sign in "<$&":
        assert prose.count(sign) == prose.count(f"\\{sign}")
    assert "\n---\n" not in body.replace("| --- |", "") and "5 parameters" in body


@pytest.mark.parametrize(
    ("metadata", "shown"),
    [
        ({"classifier": {"name": 5, "parameters": "many"}}, "network **5**, which is not included."),
        ({"classifier": {"parameters": 1, "input_shape": 5}}, "**without a name** (1 parameters), which"),
        ({"classifier": []}, "A trained `FilterGAN` of kinv.\n"),
        ({"preflight": {"accuracy": 0.5}}, "A trained `FilterGAN` of kinv.\n"),
        ({"preflight": {"accuracy": "x", "images": 1, "chance": 1}}, "A trained `FilterGAN` of kinv.\n"),
        ({"metrics": {"a": True, "b": "x", "c": 2}}, "| c | 2 |"),
    ],
)
def test_metadata_of_other_kinds_are_left_out(metadata, shown):
    assert shown in plain_card("a", "FilterGAN", metadata, {})


def test_a_card_without_a_template_says_what_and_of_which_network(tmp_path):
    """Names from outside are text in it; the hub finds it by its tag."""
    inputs = keras.Input((8, 8, 3))
    outputs = keras.layers.Dense(4)(keras.layers.GlobalAveragePooling2D()(inputs))
    network = kinv.wrap(keras.Model(inputs, outputs, name="my_net"))
    metadata = {
        "metrics": {"kept": 0.5},
        "name": "mine | *x*",
        "preflight": {"images": 9, "accuracy": 0.75, "chance": 0.25},
    }
    folder = kinv.save(InvariantTransformer(network, family="paper", hidden_units=(4,)), tmp_path / "mine", metadata)
    known = json.loads((folder / "metadata.json").read_text())["classifier"]
    assert known["input_shape"] == [8, 8, 3] and known["classes"] == 4 and known["parameters"] == network.count_params()
    assert known["weights_sha256"] == weights_sha256(network) != weights_sha256(keras.Model(inputs, inputs))
    card = (folder / "README.md").read_text(encoding="utf-8")
    assert "tags: [kinv, keras, tensorflow]" in card and "# mine \\| \\*x\\*" in card
    assert f"**{printable(network.name)}**".replace("_", "\\_") in card and known["weights_sha256"] in card
    assert (
        "accuracy was 0.750 (chance: 0.250)" in card and "| kept | 0.5 |" in card and "| `augment` | `(images:" in card
    )
    assert "classes), which is not included" in card
    kinv.verify(folder)


def test_a_card_of_a_method_without_network(tmp_path):
    folder = kinv.save(kinv.models.RestrictedBoltzmannMachine(6, 3), tmp_path / "rbm", saved_model=False)
    assert "classifier" not in json.loads((folder / "metadata.json").read_text())
    card = (folder / "README.md").read_text(encoding="utf-8")
    assert "# rbm" in card and "A trained `RestrictedBoltzmannMachine` of kinv." in card and "network" not in card
    assert kinv.artifacts.summary.abstract(folder) == "A trained `RestrictedBoltzmannMachine` of kinv."


def test_a_licence_that_hubs_know_is_the_cards():
    for license, said in (("Apache-2.0", True), ("mit\nlibrary_name: evil", False), (7, False)):
        card = plain_card("x", "FilterGAN", {"license": license}, {})
        assert ("\nlicense: apache-2.0\n" in card) == said and card.count("library_name") == 1
