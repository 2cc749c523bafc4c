"""What a user has after `pip install`: run with the Python of an empty environment, outside a checkout.

make test-wheel     # builds the wheel, installs it into build/wheel with tensorflow-cpu, and runs this; then, with the
                    # extra offline, `quick_start`
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

QUICK_START = Path(__file__).parents[1] / "docs" / "quick_start.md"


def run(*command):
    done = subprocess.run([sys.executable, *command], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def refused(wanted, words):
    try:
        wanted()
    except Exception as error:
        assert words in str(error), error
    else:
        raise AssertionError(f"expected an error that says {words!r}")


def quick_start():
    """The docs' first code, with the extra `offline`."""
    exec(QUICK_START.read_text(encoding="utf-8").split("```python\n")[1].split("```")[0], names := {})
    assert names["augmented"].shape == (4, 227, 227, 3) and Path("augmented.png").stat().st_size > 5000
    print(f"the quick start works: images of {names['images'].std():.0f} grey levels' standard deviation")


def report(kinv):
    """A report of a network that kinv does not know, every section of the quick preset."""
    import keras

    layers = [keras.layers.Conv2D(4, 3, activation="relu", name="conv"), keras.layers.GlobalAveragePooling2D()]
    keras.utils.set_random_seed(0)
    network = keras.Sequential([keras.Input((16, 16, 3)), *layers, keras.layers.Dense(3, "softmax")])
    wrapped = kinv.wrap(network, value_range=(0, 1))
    noise = np.random.default_rng(0).uniform(0, 60, (24, 16, 16, 3)).astype("float32")
    noise += 190 * np.eye(3, dtype="float32")[np.arange(24) % 3, None, None]  # one of three colours
    found = kinv.report(wrapped, noise, preset="quick", folder="report", name="colours")
    assert len(found.content["sections"]) >= 5, list(found.content["sections"])
    failed = {name: of["failed"] for name, of in found.content["sections"].items() if of.get("failed")}
    assert not failed, failed
    assert Path("report/report.html").stat().st_size > 100_000, sorted(Path("report").iterdir())


def main():
    kinv_command = str(Path(sys.executable).with_name("kinv"))
    began = time.perf_counter()
    listed = json.loads(subprocess.run([kinv_command, "list", "--json"], capture_output=True, text=True).stdout)
    seconds = time.perf_counter() - began
    rows = {row["artifact"]: row for row in listed["artifacts"]}
    assert rows["itn_squeezenet"]["here"] and not rows["dbn_mnist"]["here"]
    assert "checkout" in rows["dbn_mnist"]["where"] or "hf://" in rows["dbn_mnist"]["where"]
    started = "import sys, kinv, kinv.hub; kinv.hub.list_presets(); print({'tensorflow', 'keras'} & set(sys.modules))"
    assert run("-c", started).strip() == "set()"

    import kinv

    assert "site-packages" in kinv.__file__, kinv.__file__
    images = np.random.default_rng(0).uniform(0, 255, (2, 64, 64, 3)).astype("float32")
    assert kinv.load("itn_squeezenet").augment(images, seed=1).shape == images.shape
    for name, row in rows.items():
        if row["here"]:
            kinv.verify(kinv.hub.find(name))
            assert kinv.load(name) is not None
    network = kinv.classifiers.load("digit_cnn")
    assert network.output_shape == (None, 10)
    report(kinv)
    refused(lambda: kinv.load("dbn_mnist"), "is not on this machine")
    refused(lambda: kinv.classifiers.load("squeezenet"), "pip install 'kinv[offline]'")
    refused(lambda: kinv.data.load("photos"), "pip install 'kinv[offline]'")
    refused(lambda: kinv.load("dbn_patches").sample(2, seed=1), "pip install --no-deps tf-keras")
    python = ".".join(map(str, sys.version_info[:3]))
    print(f"kinv {kinv.__version__} on Python {python}: {len(rows)} presets in {seconds:.1f} s, and those inside load")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        quick_start() if sys.argv[1:] == ["quick_start"] else main()
