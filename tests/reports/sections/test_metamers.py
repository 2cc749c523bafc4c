"""Metamers on the page: what is said of them is true whatever the numbers are."""

import numpy as np
import pytest

from kinv.json_values import json_values
from kinv.reports.sections import metamers


def layer(name, pixels=0.1, close=True, kept=3, judged=0):
    share = {"of": 3, "low": 0.0, "high": 1.0}
    return {
        "layer": name,
        "close": close,
        "correlation": np.nan if kept is None else 0.9,
        "error": 0.25,
        "pixel_correlation": pixels,
        "kept": None if kept is None else {"count": kept, **share},
        "judge_kept": None if judged is None else {"count": judged, **share},
    }


def test_the_deepest_layer_that_hardly_tells_them_apart_is_named():
    layers = [layer("first", 0.9), layer("middle", -0.001, kept=2), layer("last", close=False)]
    assert metamers._sentences(layers, "Other") == [
        "Layer middle (number 2 of 3 looked at) hardly tells the originals from images that share little with them. "
        "The network gives 2 of 3 the class of their original; Other, another network, 0."
    ]
    assert metamers._sentences(layers[:2], None)[0].endswith("gives 2 of 3 the class of their original.")
    assert metamers._sentences(layers, "Other", several=False)[0].endswith("from images that share little with them.")
    [said] = metamers._sentences([layer("middle", kept=None)], None)
    assert said.startswith("Layer middle (last of 1 looked at) hardly tells") and said.endswith("little with them.")


def test_images_that_look_alike_and_layers_without_any_are_called_so():
    [alike] = metamers._sentences([layer("first", 0.99), layer("last", 0.8)], "Other")
    assert alike.startswith("Up to layer last (last of 2 looked at), the network throws little away")
    [part] = metamers._sentences([layer("first", 0.53)], "Other")
    assert "share only a part with them" in part
    [none] = metamers._sentences([layer("first", close=False)], "Other")
    assert "can't be said" in none


@pytest.fixture(scope="module")
def section(subject, network):
    return json_values(metamers.make(subject(judge=network)))


def test_numbers_belong_to_the_images_that_are_kept(section, folder):
    assert [(one["layer"], one["depth"], one["of"]) for one in section["layers"]] == [
        ("first", 1, 3), ("classes", 3, 3)
    ]  # fmt: skip
    assert [image["same"] for image in section["originals"]] == [True, True]
    for one in section["layers"]:
        for name in ("error", "pixel_correlation"):
            assert one[name] == pytest.approx(np.mean([image[name] for image in one["images"]]))
        assert one["kept"]["count"] == sum(image["same"] for image in one["images"])
        assert one["judge_kept"]["count"] == sum(image["judge"]["same"] for image in one["images"])
        assert one["converged"] == sum(image["converged"] for image in one["images"])
        assert all((folder / image["file"]).is_file() for image in one["images"])
    assert section["layers"][1]["correlation"] is None and section["layers"][0]["correlation"] > 0
    assert all((folder / place).is_file() for place in (*section["tables"], *section["figures"]))


def test_the_same_seed_gives_the_same_numbers_and_close_needs_more_than_chance(section, subject, network, monkeypatch):
    monkeypatch.setattr(metamers, "CLOSE", 1e9)
    monkeypatch.setattr(metamers, "CLOSER", 0.0)
    again = json_values(metamers.make(subject(judge=network)))
    for one, other in zip(section["layers"], again["layers"], strict=True):
        assert not other["close"] and {**one, "close": False} == other


def test_the_page_shows_originals_and_each_layer(section, shown):
    html = shown("metamers", section)
    assert html.count('class="frame"') == 2 and html.count("<img") == 2 + 2 * 2
    assert "classes (3 of 3 layers deep)" in html and "halves_wrapped: " in html and "<i>" not in html
    assert "error 0." in html


def test_without_a_judge_and_with_two_images(subject, pixels, shown):
    section = metamers.make(subject(images=pixels[:2], metamer_layers=1))
    assert section["judge"] is None and all(one["judge_kept"] is None for one in section["layers"])
    html = shown("metamers", section)
    assert "another network" not in html and 'class="judged"><span' not in html
