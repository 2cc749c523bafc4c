"""Presets and sections that a report can be asked for."""

from importlib.resources import files

import pytest

from kinv.reports.page import THIRD, TOP
from kinv.reports.settings import FULL_ONLY, JUDGED, OF_TWO, PRESETS, SECTIONS, chosen_settings


def test_presets_are_more_and_more_thorough():
    quick, default, full = (PRESETS[name] for name in ("quick", "default", "full"))
    assert set(quick.sections) < set(default.sections) < set(full.sections) == set(SECTIONS) - {OF_TWO}
    assert set(full.sections) - set(default.sections) == set(FULL_ONLY)
    for name in (
        "images",
        "examples",
        "layer_images",
        "metamer_images",
        "metamer_layers",
        "metamer_steps",
        "metamer_restarts",
    ):
        assert getattr(quick, name) <= getattr(default, name) <= getattr(full, name)
    assert quick.images < default.images < full.images and default.thorough and not quick.thorough


def test_sections_of_presets_are_in_the_order_of_the_page():
    order = list(SECTIONS)
    for settings in PRESETS.values():
        assert sorted(settings.sections, key=order.index) == list(settings.sections)
    assert {TOP, *THIRD, *JUDGED, *FULL_ONLY} <= set(order)


def test_every_section_that_is_made_has_a_template():
    package = files("kinv.reports")
    made = {file.name[:-3] for file in (package / "sections").iterdir() if file.name.endswith(".py")} - {"__init__"}
    shown = {file.name[:-5] for file in (package / "templates/sections").iterdir() if file.name.endswith(".html")}
    assert {"tolerance", "curves"} <= made & set(SECTIONS) <= shown


def test_sections_and_the_number_of_images_can_be_chosen():
    chosen = chosen_settings("quick", ["curves", "tolerance", "curves"], 7)
    assert chosen.sections == ("tolerance", "curves") and chosen.images == 7
    assert chosen.metamer_steps == PRESETS["quick"].metamer_steps
    assert chosen_settings("full", "units").sections == ("units",)
    assert chosen_settings("default") == PRESETS["default"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("fast",), "preset"),
        (("quick", ["tolerence"]), "tolerance"),
        (("quick", []), "at least one section"),
        (("quick", None, 1), "limit must be at least 2, received 1"),
    ],
)
def test_what_can_not_be_chosen_is_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        chosen_settings(*arguments)
