"""Where TensorFlow is not installed: analysis works on JAX, and what can't work says what it needs."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SCRIPT = """
import json, sys

class Missing:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("tensorflow", "tensorflow_probability", "tf_keras"):
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Missing())
import keras, numpy as np
import kinv

inputs = keras.Input((8, 8, 3))
x = keras.layers.Conv2D(4, 3, name="conv")(inputs)
network = kinv.wrap(keras.Model(inputs, keras.layers.Dense(5)(keras.layers.GlobalAveragePooling2D()(x))))
images = np.random.default_rng(0).uniform(0, 255, (6, 8, 8, 3)).astype("float32")
rotations = {"transformations": ["rotation"], "magnitudes": {"rotation": [0, 90]}}
print(kinv.screen(network, images, **rotations))

said = {}
for name, ask in {
    "a method": lambda: kinv.models.InvariantTransformer(network),
    "an artifact": lambda: kinv.load("itn_squeezenet"),
    "an export": lambda: kinv.export(network, sys.argv[1]),
    "a stream": lambda: kinv.data.find("photos").stream(32),
}.items():
    try:
        ask()
    except Exception as error:
        said[name] = f"{type(error).__name__}: {error}"
print(json.dumps(said))
"""


CHOICE = """
import sys

class Missing:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in sys.argv[1].split(","):
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Missing())
import kinv.backend, keras
print(keras.backend.backend())
"""


def chosen(missing, **settings):
    environment = {name: value for name, value in os.environ.items() if name != "KERAS_BACKEND"}
    command = [sys.executable, "-c", CHOICE, missing]
    return subprocess.run(command, cwd=ROOT, env=environment | settings, capture_output=True, text=True)


@pytest.mark.long
def test_a_backend_that_is_installed_is_taken_and_named(tmp_path):
    pytest.importorskip("jax")
    home = {"KERAS_HOME": str(tmp_path), "JAX_PLATFORMS": "cpu"}
    done = chosen("tensorflow", **home)
    assert done.stdout == "jax\n", done.stderr
    assert "tensorflow is not installed: using jax (KERAS_BACKEND=jax)." in done.stderr
    done = chosen("tensorflow,jax,torch", **home)
    assert done.returncode == 1 and "kinv needs TensorFlow, JAX or PyTorch, none of which is installed" in done.stderr
    done = chosen("tensorflow", KERAS_BACKEND="jax", **home)
    assert done.stdout == "jax\n" and "not installed" not in done.stderr


@pytest.mark.long
def test_what_cannot_work_says_that_it_needs_tensorflow(tmp_path):
    pytest.importorskip("jax")
    environment = {**os.environ, "KERAS_BACKEND": "jax", "JAX_PLATFORMS": "cpu"}
    command = [sys.executable, "-c", SCRIPT, str(tmp_path / "exported")]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout.splitlines()[-1])
    assert set(said) == {"a method", "an artifact", "an export", "a stream"}
    for what, message in said.items():
        assert message.startswith("MissingPackage: ") and "needs TensorFlow, which is not installed" in message, what
        assert "\n" not in message and "valid" not in message
    assert "Screening(" in done.stdout
