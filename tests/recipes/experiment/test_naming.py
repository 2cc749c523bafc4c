"""One rule for names: what is studied, the preset, and the settings in which a run differs from it."""

from dataclasses import replace
from types import SimpleNamespace

import pytest

from recipes import coupled_gallery, digit_cnn, itn_alexnet, sdae_mnist
from recipes.experiment.naming import LONGEST, data_words, name
from recipes.experiment.provenance import as_json


@pytest.mark.parametrize(
    ("recipe", "preset", "changed", "ending"),
    [
        (itn_alexnet, "default", {}, ""),
        (itn_alexnet, "smoke", {}, "_smoke"),
        (itn_alexnet, "default", {"labels": False}, "_no_labels"),
        (itn_alexnet, "default", {"output": "elsewhere", "checkpoints": "there", "download": True}, ""),
        (itn_alexnet, "default", {"classifier": "squeezenet", "data": "my/cats"}, ""),  # the words before say it
        (digit_cnn, "paper", {"epochs": 40, "seed": 1}, "_paper_seed1_epochs40"),
        (sdae_mnist, "default", {"units": (30, 20)}, "_units30-20"),
        (coupled_gallery, "default", {"classes": ("golden retriever",)}, "_classesgolden-retriever"),
    ],
)
def test_a_name_says_what_differs(recipe, preset, changed, ending):
    plain = recipe.PRESETS[preset]
    assert name("it", as_json(replace(plain, **changed)), as_json(plain)) == f"it{ending}"


def test_long_settings_become_a_key_of_them():
    plain = coupled_gallery.PRESETS["default"]
    names = [
        name("it", as_json(replace(plain, classes=(first, *"abcdefghijklmnopqrstuvwxyz"))), as_json(plain))
        for first in "01"
    ]
    assert len(set(names)) == 2 and all(len(one) < LONGEST for one in names)


@pytest.mark.parametrize(
    ("source", "count", "limit", "words"),
    [
        ("imagenet_samples", None, None, ""),
        ("/home/me/cats", None, None, "cats"),
        ("tfds:imagenet_v2", None, None, "tfds_imagenet_v2"),
        ("mnist", 60_000, None, "mnist"),
        ("mnist", 4_000, None, "mnist_4000"),
        ("mnist", 500, 500, "mnist"),  # the settings say it
    ],
)
def test_the_data_that_was_really_used(source, count, limit, words):
    assert data_words(SimpleNamespace(name=source), count, limit) == words
