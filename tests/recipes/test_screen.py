"""The screening's recipes, as a user types them."""

import json

import numpy as np
import pytest
from PIL import Image

from kinv import Screening
from recipes import screen_alexnet, screen_resnet
from recipes.families.screening import PAPERS
from tests.recipes.test_itn_alexnet import finish, start

SMOKE = ("--preset", "smoke")


@pytest.mark.release
def test_compare_offline_from_nothing_then_again_from_what_is_there(tmp_path):
    out = finish(start(*SMOKE, "--output", tmp_path, module="recipes.screen_compare"))
    assert "Using squeezenet instead" in out and "Using efficientnet_lite0 instead" in out
    assert "rank correlation" in out and "most tolerant" in out
    for network in ("squeezenet", "efficientnet_lite0"):
        folder = tmp_path / f"screen_{network}_photos_smoke"
        accuracy = Screening.load(folder / "tables").accuracy
        neutral = accuracy.query("transformation == 'rotation' and magnitude == 0")
        assert neutral["unchanged"].item() == 1 and set(accuracy["network"]) == {network}
        figures = {path.stem: np.asarray(Image.open(path).convert("L")) for path in (folder / "figures").glob("*.png")}
        assert {"accuracy_rotation", "critical_noise", "map_translate_x+translate_y", "distance"} <= set(figures)
        assert all(figure.std() > 10 for figure in figures.values())
    assert "rank_correlation" in json.loads((tmp_path / "screen_compare_smoke" / "numbers.json").read_text())["results"]
    again = start(*SMOKE, "--output", tmp_path, module="recipes.screen_alexnet")
    _, progress = again.communicate(timeout=300)
    assert not again.returncode and "rotation: done before" in progress


@pytest.mark.parametrize("recipe", [screen_alexnet, screen_resnet])
def test_presets_have_their_names_and_the_papers_transformations(recipe):
    assert recipe.PRESETS["default"].transformations == recipe.PRESETS["paper"].transformations == PAPERS
    assert len(PAPERS) == 12
