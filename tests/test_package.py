"""What holds for the package as a whole: layers that only look up, a quick and quiet start, a complete wheel."""

import ast
import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import kinv

ROOT = Path(__file__).parents[1]
ORDER = [
    "ops",
    "surgery",
    "data",
    "layers",
    "classifiers",
    "training",
    "figures",
    "models",
    "analysis",
    "artifacts",
    "hub",
]


def imported(path):
    """The parts of kinv (and `recipes`) that a file imports anywhere in it."""
    package = path.relative_to(ROOT).parent.parts
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = ".".join(package[: len(package) - node.level + 1]) if node.level else ""
            module = ".".join(part for part in (base, node.module) if part)
            names = [f"{module}.{alias.name}" for alias in node.names]
        else:
            continue
        for name in names:
            parts = name.split(".")
            if parts[0] == "recipes" or (parts[0] == "kinv" and len(parts) > 1):
                yield parts[0] if parts[0] == "recipes" else parts[1]


@pytest.mark.parametrize("part", ORDER)
def test_imports_only_point_up(part):
    allowed = {*ORDER[: ORDER.index(part) + 1], "backend", "places", "public_names", "__version__"}
    if part == "models":
        allowed -= {"data"}
    for path in (ROOT / "kinv" / part).glob("*.py"):
        assert set(imported(path)) <= allowed, path


def test_nothing_imports_recipes():
    for path in (ROOT / "kinv").rglob("*.py"):
        assert "recipes" not in set(imported(path)), path


def test_no_file_is_called_after_nothing():
    names = {
        path.stem for folder in ("kinv", "recipes", "tests", "benchmarks") for path in (ROOT / folder).rglob("*.py")
    }
    assert not names & {"util", "utils", "helper", "helpers", "common", "misc"}


def run(code, **environment):
    command = [sys.executable, "-c", code]
    return subprocess.run(command, capture_output=True, text=True, env={**os.environ, **environment}, cwd=ROOT)


def test_importing_kinv_imports_nothing_slow():
    done = run("import sys, kinv, json; print(json.dumps(sorted(m.split('.')[0] for m in sys.modules)))")
    assert not {"tensorflow", "keras", "numpy", "matplotlib", "huggingface_hub"} & set(json.loads(done.stdout))


def test_help_imports_nothing_slow():
    code = "import sys\nfrom kinv import cli\ntry: cli.main(['--help'])\nexcept SystemExit: pass\n"
    done = run(code + "print(sorted(m for m in sys.modules if '.' not in m))")
    assert "verify" in done.stdout
    assert "'tensorflow'" not in done.stdout and "'keras'" not in done.stdout


def test_tensorflows_start_up_lines_do_not_reach_the_user():
    done = run("import kinv, numpy as np\nkinv.models.InvariantTransformer().augment(np.zeros((1, 8, 8, 3)), 0)")
    assert done.returncode == 0
    assert done.stderr == ""


def test_a_failing_start_is_not_silenced():
    done = run("import kinv.backend", KERAS_BACKEND="no_such_backend")
    assert done.returncode != 0 and "no_such_backend" in done.stderr


def test_the_public_names_are_there():
    for name in kinv.__all__:
        assert getattr(kinv, name) is not None
    with pytest.raises(AttributeError, match="no_such_name"):
        kinv.no_such_name  # noqa: B018


def test_the_wheel_holds_what_kinv_needs(tmp_path):
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    (wheel,) = tmp_path.glob("*.whl")
    names = set(zipfile.ZipFile(wheel).namelist())
    sources = {
        path.relative_to(ROOT).as_posix() for path in (ROOT / "kinv").rglob("*") if path.suffix in {".py", ".csv"}
    }
    assert sources <= names
    assert not [name for name in names if name.startswith(("tests", "recipes", "artifacts"))]
