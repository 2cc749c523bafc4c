"""Each method trains on several replicas (`MirroredStrategy`), and takes the steps that one would take."""

import json
import subprocess
import sys

import pytest

SCRIPT = """
import contextlib, json
import kinv.layers  # leaves TensorFlow's devices as they are
import tensorflow as tf
cpu = tf.config.list_physical_devices("CPU")[0]
tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
import keras, numpy as np
from kinv import models
from tests.models.every_method import IMAGES, LABELS, MODELS, VECTORS

strategy = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
fitted = []
for name, (build, data) in MODELS.items():
    if name == "gallery":  # is not trained
        continue
    with strategy.scope():
        model = build()
        model.compile()
    history = model.fit(steps=2) if data is None else model.fit(*data, batch_size=8, verbose=0)
    assert all(np.isfinite(values).all() for values in history.history.values()), name
    fitted.append(name)

def moved(make, data, scope):
    with scope:
        model = make()
        model.compile(keras.optimizers.SGD(0.1))
    before = [np.asarray(one) for one in model.trainable_variables]
    model.fit(data, batch_size=len(data), verbose=0)
    return [np.asarray(one) - old for one, old in zip(model.trainable_variables, before)]

many = np.tile(VECTORS, (200, 1))
same = {}
for name, make, data in (
    ("sdae", lambda: models.StackedDenoisingAutoencoder((20, 6), rates=0.0), VECTORS),
    ("rbm", lambda: models.RestrictedBoltzmannMachine(20, 6), many),
):
    alone, both = moved(make, data, contextlib.nullcontext()), moved(make, data, strategy.scope())
    same[name] = max(float(np.abs(a - b).max() / np.abs(a).max()) for a, b in zip(alone, both))
print(json.dumps({"fitted": fitted, "differences": same}))
"""


@pytest.mark.release
def test_replicas_take_the_steps_of_one():
    done = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-3000:]
    found = json.loads(done.stdout.splitlines()[-1])
    assert len(found["fitted"]) == 9
    assert found["differences"]["sdae"] < 1e-5
    assert found["differences"]["rbm"] < 0.2  # other samples of 6,400 vectors
