"""The card of an artifact whose metadata may hold anything: names from outside are text in it."""

import pytest

from kinv.artifacts.plain_card import HEAD, plain_card

HOSTILE = (
    "x\n---\nlicense: evil", "[x](javascript:alert(1))", "<img src=x onerror=1>", "&lt;b&gt;", "$x$", "| a |", "```",
    "a`b`", "\x1b[31m", "\u202e", "\ud800", "a" * 10**6, "~~~", "# x", "",
)  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_text_from_outside_stays_text(text):
    network = {"name": text, "parameters": 5, "input_shape": [text], "classes": text, "weights_sha256": text}
    metadata = {"classifier": network, "metrics": {text: 1.0}, "preflight": {"images": text}}
    card = plain_card(text, "FilterGAN", metadata, {})
    assert card.startswith(f"{HEAD}\n\n# ") and len(card) < 1500
    assert all(line.isprintable() for line in card.splitlines())
    body = card.removeprefix(HEAD)
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
