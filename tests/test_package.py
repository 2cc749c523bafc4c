"""What holds for the package as a whole: imports that only look up, a quick and quiet start, a complete wheel."""

import ast
import graphlib
import importlib
import json
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import kinv
from kinv.public_names import PUBLIC_NAMES

ROOT = Path(__file__).parents[1]
# The later may import the earlier, never the other way. `kinv/__init__.py` and the recipes see everything.
ORDER = (
    *("requirements", "printable", "choices", "known_names", "public_names", "registration", "progress_bar"),
    *("results", "json_values", "places", "intervals", "verdicts", "farthest", "halves", "quiet", "backend"),
    *("precision", "arrays", "locks", "whole_file", "figures", "ops", "surgery", "layers", "data"),
    *("classifiers", "training", "models", "analysis", "artifacts", "hub", "reports", "cli", "__main__"),
)
PRIVATE_GRAPH = re.compile(
    r"\b(_keras_history|_inbound_nodes|_outbound_nodes|_nodes_by_depth|_flatten_layers|_deferred_initialize|keras\.src)\b"
)


def modules():
    """Path and dotted name of every module of kinv."""
    for path in sorted((ROOT / "kinv").rglob("*.py")):
        yield path, ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


FILES = list(modules())
NAMES = {name for _, name in FILES}


def nodes(tree):
    """All below a node of a syntax tree, but for what only type checkers read."""
    for node in ast.iter_child_nodes(tree):
        if not (isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"):
            yield node
            yield from nodes(node)


def imports(text, package):
    """The modules that a file of a package imports anywhere in it; `kinv` by a bare import, or by a name of it."""
    for node in nodes(ast.parse(text)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.Name) and node.id == "kinv":  # bound by `import kinv.backend`, too
            yield "kinv"
        elif isinstance(node, ast.ImportFrom):
            base = package.split(".")[: len(package.split(".")) + 1 - node.level] if node.level else []
            module = ".".join([*base, *([node.module] if node.module else [])])
            for alias in node.names:
                if (module, alias.name) != ("kinv", "__version__"):
                    yield defined_in(module, alias.name)


def defined_in(module, name):
    """The module that `from module import name` is about: a public name's is where it is defined."""
    shown = PUBLIC_NAMES.get(module, {}).get(name)
    return shown.removesuffix(":") if shown else f"{module}.{name}" if f"{module}.{name}" in NAMES else module


def imports_of(path, name):
    """What a module of kinv imports, of kinv and the recipes."""
    package = name if path.name == "__init__.py" else name.rpartition(".")[0]
    found = imports(path.read_text(encoding="utf-8"), package)
    return {module for module in found if module.split(".")[0] in ("kinv", "recipes")} - {name}


def part(name):
    return name.split(".")[1] if "." in name else name


@pytest.mark.parametrize(("path", "name"), FILES, ids=[name for _, name in FILES])
def test_the_later_imports_the_earlier(path, name):
    if name != "kinv":
        allowed = ORDER[: ORDER.index(part(name)) + 1]
        assert not {module for module in imports_of(path, name) if part(module) not in allowed}


def test_a_bare_import_and_a_public_name_are_seen():
    found = list(
        imports("def f():\n import kinv\n from kinv import load, hub\n from ..layers import FeatureGain", "kinv.ops")
    )
    layer = "kinv.models.coupled_generator.feature_gain"
    assert found == ["kinv", "kinv.hub.resolve", "kinv.hub", layer] and part("kinv") not in ORDER


def test_a_method_never_imports_another_one():
    for path, name in FILES:
        method = name.split(".")[2:3]
        if name.startswith("kinv.models.") and method:
            others = {module for module in imports_of(path, name) if module.startswith("kinv.models")}
            assert {tuple(module.split(".")[2:3]) for module in others} <= {tuple(method)}, name


def test_there_is_no_circle_of_imports():
    """A module imports the packages that another one lies in as well, but for those that it lies in itself."""

    def packages(name):
        return {name.rsplit(".", count)[0] for count in range(1, name.count(".") + 1)}

    graph = {}
    for path, name in FILES:
        found = imports_of(path, name)
        around = set().union(*map(packages, found)) - packages(name) - {"kinv"}
        graph[name] = (found | around) - {name}
    graphlib.TopologicalSorter(graph).prepare()  # CycleError has the circle


def test_only_surgery_touches_keras_private_graph():
    for path, name in FILES:
        if part(name) != "surgery":
            assert not PRIVATE_GRAPH.search(path.read_text(encoding="utf-8")), name


def test_nothing_imports_recipes():
    for path, name in FILES:
        assert "recipes" not in {module.split(".")[0] for module in imports_of(path, name)}, name


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


@pytest.mark.long
def test_tensorflows_start_up_lines_do_not_reach_the_user():
    done = run("import kinv, numpy as np\nkinv.models.InvariantTransformer().augment(np.zeros((1, 8, 8, 3)), 0)")
    assert done.returncode == 0
    assert done.stderr == ""


def test_a_failing_start_is_not_silenced():
    done = run("import kinv.backend", KERAS_BACKEND="no_such_backend")
    assert done.returncode != 0 and "no_such_backend" in done.stderr


PUBLIC = {
    "kinv": """
        ArtifactError Screening analysis classifiers combine_filters data decompose_invariance figures free_filters
        hub invariant_directions layers load match_activations maximize_activation measure_invariance measure_layers
        metamers models ops pull push report sample_unit save screen trace_manifold training verify wrap
    """.split(),
    "kinv.analysis": """
        ActivationMatches ActivationMaxima Directions FilterQuality FreeFilters GaborFit InvarianceComparison
        InvarianceDecomposition InvarianceManifold InvariantDirections LayerInvariance LayerMovement
        LearnedTransformation LogPartition ImageStatistics Metamers Screening Tap UnitSamples accuracy
        accuracy_of_sets averaged_and_control class_examples class_ranks combine_filters compare_with_random
        decompose_invariance estimate_log_partition exact_log_partition filter_quality fit_gabors
        follow_great_circles log_likelihood match_activations maximize_activation invariant_directions
        measure_invariance measure_layers image_statistics predict predict_classes predictions_along_k resized_for
        retrain_above sample_unit screen shape_share summarise_manifold summarise_matches tap trace_manifold
        transformed_strip
    """.split(),
    "kinv.classifiers": """
        CLASSIFIERS Classifier build load wrap
    """.split(),
    "kinv.data": """
        Problem Source UnreadableImage as_vectors deformed_mnist find imagenet_class_names imagenet_index load
        natural_patches stream
    """.split(),
    "kinv.figures": """
        directions invariant_transformer layers metamers sensitivity
    """.split(),
    "kinv.hub": """
        ArtifactError artifact_folders check_new export export_litert export_onnx find load pull push read_metadata
        save verify
    """.split(),
    "kinv.layers": """
        ActivationDiscriminator ColorTransformer Conditioner Corruption FeatureGain FilterGenerator FlowGenerator
        GeneratedConvolution InvariancePooling LearnedAugmentation LieGenerator LocalResponseNormalization
        MatrixGenerator RandomViews SpatialTransformer SpectralDecoder TiedAutoencoder
    """.split(),
    "kinv.models": """
        CollapseNotice CoupledGenerator DeepBeliefNetwork DenoisingAutoencoder FilterGAN FreeEnergyGap Gallery
        InvariantTransformer RestrictedBoltzmannMachine StackedDenoisingAutoencoder coupled_generator filter_gan
        invariant_transformer layerwise target
    """.split(),
    "kinv.ops": """
        Custom TRANSFORMATIONS Transformation blur brightness compose contrast find greyscale noise rotation scale_x
        scale_y translate_x translate_y zoom
    """.split(),
    "kinv.training": """
        Checkpoint Progress fit shuffled_batches steps_at_a_time
    """.split(),
}


@pytest.mark.parametrize("package", PUBLIC)
def test_the_public_names_are_there(package):
    module = importlib.import_module(package)
    assert set(PUBLIC[package]) <= set(module.__all__)  # names may be added
    shown = {}
    exec(f"from {package} import *", shown)
    for name in PUBLIC[package]:
        assert getattr(module, name) is shown[name] is not None
        assert name in dir(module)
    with pytest.raises(AttributeError, match=f"module '{package}' has no attribute 'no_such_name'"):
        module.no_such_name  # noqa: B018


def test_what_type_checkers_and_editors_read_is_what_there_is():
    tree = ast.parse((ROOT / "kinv" / "__init__.py").read_text(encoding="utf-8"))
    checked = next(node for node in tree.body if isinstance(node, ast.If))
    imported = [alias.name for node in checked.body if isinstance(node, ast.ImportFrom) for alias in node.names]
    assert sorted(imported) == sorted(PUBLIC_NAMES["kinv"])
    written = next(node for node in tree.body if isinstance(node, ast.Assign) and "__all__" in ast.unparse(node))
    assert ast.literal_eval(written.value) == sorted(PUBLIC_NAMES["kinv"])


def test_lent_names_are_what_the_table_says():
    for package, names in PUBLIC_NAMES.items():
        for name, place in names.items():
            module, shown = importlib.import_module(place.removesuffix(":")), getattr(sys.modules[package], name)
            assert shown is (module if place.endswith(":") else getattr(module, name)), (package, name)


def test_the_wheel_holds_what_kinv_needs(tmp_path):
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    (wheel,) = tmp_path.glob("*.whl")
    names = set(zipfile.ZipFile(wheel).namelist())
    files = [path for path in (ROOT / "kinv").rglob("*") if path.suffix in {".py", ".csv", ".json"}]
    sources = {path.relative_to(ROOT).as_posix() for path in files}
    assert sources <= names
    assert not [name for name in names if name.startswith(("tests", "recipes", "artifacts"))]
    zipfile.ZipFile(wheel).extractall(tmp_path / "installed")
    zoo = tmp_path / "installed" / "kinv" / "zoo"
    assert {folder.name for folder in zoo.iterdir()} >= {
        *("itn_squeezenet", "itn_efficientnet_lite0", "digit_cnn", "sdae_patches", "dbn_patches"),
    }
    for folder in zoo.iterdir():
        kinv.verify(folder)
        assert not (folder / "figures").exists()
    assert wheel.stat().st_size < 10_000_000


def test_artifacts_are_looked_at_without_starting_keras():
    """`kinv list` and programs that move artifacts start at once."""
    commands = "['list'], ['show', 'itn_squeezenet'], ['show', 'sdae_patches'], ['verify', 'itn_squeezenet']"
    code = (
        "import sys, kinv.artifacts.atomic, kinv.hub.listing\nfrom kinv.cli import main\n"
        f"for command in ({commands}):\n    main(command)\n"
        "print({'keras', 'tensorflow'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.splitlines()[-1] == "set()"
