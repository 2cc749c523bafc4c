"""The engine: presets, the command line, one run of a recipe, and that every recipe is one."""

import ast
import json
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path

import pytest

from recipes import sdae_mnist
from recipes.experiment.command_line import main
from recipes.experiment.experiment import NUMBERS, Config, of_data, presets, recipe

FOLDER = Path(__file__).parents[3] / "recipes"
RECIPES = sorted(path.stem for path in FOLDER.glob("*.py") if path.stem != "__init__")
SCREEN = 50  # lines


@dataclass(frozen=True)
class Small(Config):
    """A recipe's settings."""

    steps: int = 3
    rate: float = 0.5


PRESETS = presets(default=Small(), smoke=Small(steps=1), paper=Small(steps=9))


@pytest.fixture
def seen():
    """A recipe, and the settings that it was run with."""
    runs = []

    @recipe(PRESETS, data={"cats": of_data(PRESETS, data="cats", rate=2.0)})
    def run(config, experiment):
        runs.append((config, experiment))
        return experiment.name

    return run, runs


def test_presets_know_their_names():
    assert {name: config.preset for name, config in PRESETS.items()} == {name: name for name in PRESETS}


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ([], Small()),
        (["--preset", "paper"], Small("paper", steps=9)),
        (["--preset=smoke", "--rate", "1"], Small("smoke", steps=1, rate=1.0)),
        (["--rate", "1", "--preset", "smoke"], Small("smoke", steps=1, rate=1.0)),
        (["--data", "cats"], Small(data="cats", rate=2.0)),
        (["--data", "cats", "--rate", "0.5"], Small(data="cats", rate=0.5)),  # said, though it is the default elsewhere
        (["--data", "cats", "--preset", "smoke"], Small("smoke", data="cats", steps=1)),
    ],
)
def test_the_command_line_changes_a_preset(seen, arguments, expected):
    run, runs = seen
    main(run, "What it does.", arguments)
    assert runs[0][0] == expected


@pytest.mark.parametrize("arguments", [["--preset", "huge"], ["--no-such-flag", "1"], ["paper"], ["--steps", "many"]])
def test_wrong_flags_end_with_a_clear_word(seen, arguments, capsys):
    with pytest.raises(SystemExit):
        main(seen[0], None, arguments)
    assert "--" in capsys.readouterr().err and not seen[1]


def test_help_says_what_a_recipe_does_and_its_defaults(seen, capsys):
    with pytest.raises(SystemExit):
        main(seen[0], "What it does.", ["--preset", "paper", "--help"])
    out = capsys.readouterr().out
    assert "What it does." in out and "--preset {default,smoke,paper}" in out and "(default: 9)" in out


def test_errors_of_a_recipe_are_one_line():
    @recipe(PRESETS)
    def run(config, experiment):
        raise ValueError("steps must be at least 1, received 0")

    with pytest.raises(SystemExit, match="error: steps must be at least 1"):
        main(run, None, [])


def test_results_are_kept_with_their_settings_and_without_nan(seen, tmp_path):
    run, runs = seen
    run(Small(output=tmp_path, rate=0.25))
    experiment = runs[0][1]
    folder = experiment.keep_results({"a": [1.0, float("nan")], "b": {"c": float("inf")}}, {})
    kept = json.loads((folder / NUMBERS).read_text())
    assert folder.name == experiment.name and folder.name.endswith("_rate0.25")
    assert kept["results"] == {"a": [1.0, None], "b": {"c": None}} and kept["config"]["rate"] == 0.25


def test_parts_are_measured_once_whatever_is_measured_beside_them(seen, tmp_path):
    run, runs = seen
    asked = []
    for seeds in (range(2), range(3)):
        run(Small(output=tmp_path, checkpoints=tmp_path, steps=len(seeds)))
        for seed in seeds:
            part = runs[-1][1].part(seed=seed, steps=0)
            assert part.once(lambda seed=seed: asked.append(seed) or seed, digits="all") == seed
    assert asked == [0, 1, 2]


def test_every_recipe_is_an_experiment_that_is_typed_as_its_docstring_says():
    for name in RECIPES:
        module = import_module(f"recipes.{name}")
        assert set(module.run.presets) == {"default", "smoke", "paper"}, name
        assert all(isinstance(config, Config) for config in module.run.presets.values()), name
        assert f"python -m recipes.{name}" in module.__doc__, name


def test_the_run_of_every_recipe_fits_one_screen():
    for name in RECIPES:
        tree = ast.parse((FOLDER / f"{name}.py").read_text())
        (run,) = (node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == "run")
        assert run.end_lineno - run.lineno < SCREEN, f"{name}: {run.end_lineno - run.lineno + 1} lines"


def test_data_sets_of_one_experiment_are_a_flag():
    silhouettes, rotated = (sdae_mnist.DATA[data]["default"] for data in ("silhouettes", "rotated"))
    assert silhouettes.units == (500, 500, 500) and silhouettes.learning_rate == 0.05 and silhouettes.upper_rate is None
    assert rotated.tune_epochs == 60 and rotated.learning_rate == sdae_mnist.PRESETS["default"].learning_rate
    assert sdae_mnist.DATA["rotated"]["smoke"] == replace(sdae_mnist.PRESETS["smoke"], data="rotated")
