"""Sampling, colours, hash, screening, matched images and units on JAX and PyTorch: they agree with TensorFlow."""

import functools
import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from filelock import FileLock

from .cases import CASES, run

ROOT = Path(__file__).parents[2]
EXTRAS = {"jax": "test", "torch": "torch"}


@pytest.fixture(scope="session")
def results_on(tmp_path_factory, worker_id):
    """A function of a backend: every case's results on it, from one process whatever the number of pytest's workers."""
    folder = tmp_path_factory.getbasetemp()
    folder = folder if worker_id == "master" else folder.parent  # all workers' parent

    @functools.cache
    def results(backend):
        path = folder / f"{backend}.npz"
        with FileLock(f"{path}.lock"):
            if not path.exists():
                environment = {**os.environ, "KERAS_BACKEND": backend, "JAX_PLATFORMS": "cpu"}
                command = [sys.executable, "-m", "tests.backends.cases", str(path)]
                done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
                assert done.returncode == 0, done.stderr
        with np.load(path) as file:
            return dict(file)

    return results


on_tensorflow = functools.cache(run)


@pytest.mark.long
@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("backend", EXTRAS)
def test_it_comes_out_as_on_tensorflow(backend, case, results_on):
    if importlib.util.find_spec(backend) is None:
        pytest.skip(f"{backend} is not installed (extra `{EXTRAS[backend]}`)")
    results = results_on(backend)
    assert str(results["backend"]) == backend
    if f"{case}/traceback" in results:
        pytest.fail(f"on {backend}:\n{results[f'{case}/traceback']}", pytrace=False)
    found = {key.removeprefix(f"{case}/"): value for key, value in results.items() if key.startswith(f"{case}/")}
    expected = on_tensorflow(case)
    assert found.keys() == expected.keys() and expected
    for name, values in expected.items():
        scale = max(1.0, float(np.abs(values).max()))
        atol, rtol = CASES[case].atol * scale, CASES[case].rtol
        np.testing.assert_allclose(found[name], values, atol=atol, rtol=rtol, err_msg=name)
