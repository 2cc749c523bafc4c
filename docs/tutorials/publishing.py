# %% [markdown]
# # How does somebody else use what you trained, without kinv and without trusting you?
#
# You have trained an augmentation. A colleague wants it in a pipeline that has TensorFlow only. You will learn to
# save it as an artifact, and to hand it over as a SavedModel and as safetensors. You will also learn what is checked
# in an artifact from a stranger.
#
# You need `pip install "kinv[tensorflow-cpu,offline]"`. The notebook runs in less than a minute, and needs no
# network.

# %%
import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import tensorflow as tf
from safetensors.numpy import load_file

import kinv

# %% [markdown]
# ## What you trained
#
# Training takes minutes, so an artifact of kinv stands for yours. `itn_squeezenet` comes inside the package. It holds
# transformations that SqueezeNet ignores. The next cell measures how many predictions they keep, compared with random
# ones of the same size.

# %%
transformer = kinv.load("itn_squeezenet")
squeezenet = kinv.classifiers.load("squeezenet")
images, _ = kinv.data.load("photos", size=227, limit=36)  # parts of 9 photographs
measured = kinv.analysis.compare_with_random(transformer, squeezenet, images, draws=2)
print(measured.summary())

# %% [markdown]
# Such numbers belong to what you publish, together with the control. Parts of nine photographs are a weak test, and
# the interval is too narrow for them, as they are alike. The card of `itn_squeezenet` has a better test.
#
# ## Save it
#
# `kinv.save` writes a folder. Metrics in the metadata will appear on its card. The next cell lists the files.

# %%
found = measured.metrics()
results = {
    "predictions that stay": found["learned_unchanged"],
    "control: random ones": found["random_unchanged"],
}
folder = kinv.save(
    transformer, "my-augmentation", {"name": "my-augmentation", "metrics": results}
)
for path in sorted(path for path in folder.rglob("*") if path.is_file()):
    print(f"{path.stat().st_size:8,} bytes  {path}")

# %% [markdown]
# - `config.json` and `model.weights.h5` are what kinv loads: a name of one of kinv's classes, its settings, and plain
#   arrays.
# - `saved_model` is for programs without kinv.
# - `metadata.json` has your metadata and the versions of the packages.
# - `manifest.json` has the size and the sha256 of every other file.
# - `README.md` is the card, which a hub shows. The next cell prints it.

# %%
print((folder / "README.md").read_text())

# %% [markdown]
# The card has the numbers, the control beside them, and the endpoints. It says nothing about licences or data: add
# that before you publish, or pass `card=` to `kinv.save`.
#
# ## Damage
#
# `kinv.verify` compares every byte with the manifest. The next cell copies the artifact, changes one bit of the
# weights, and verifies both.

# %%
print(len(kinv.verify(folder)), "files are as the manifest says")
damaged = Path(shutil.copytree(folder, "copy"))
content = bytearray((damaged / "model.weights.h5").read_bytes())
content[5000] ^= 1
(damaged / "model.weights.h5").write_bytes(content)
try:
    kinv.verify(damaged)
except kinv.ArtifactError as error:
    print(f"ArtifactError: {error}")

# %% [markdown]
# One bit is enough. `kinv.load` does the same checks before it reads anything, so a damaged artifact never gets as
# far as a wrong prediction.
#
# ## Malice
#
# A checksum protects against accidents, not against the author. The next cell plays a stranger. It replaces the
# SavedModel by one that writes a file when it is called, and then makes a valid manifest for it.


# %%
class Trojan(tf.Module):
    @tf.function(
        input_signature=[
            tf.TensorSpec((None, None, None, 3)),
            tf.TensorSpec((2,), tf.int32),
        ]
    )
    def augment(self, images, seed):
        tf.io.write_file("surprise.txt", "I can write files.")
        return images


trojan = Path(shutil.copytree(folder, "trojan"))
shutil.rmtree(trojan / "saved_model")
tf.saved_model.save(Trojan(), str(trojan / "saved_model"))

# %%
files = [
    path
    for path in trojan.rglob("*")
    if path.is_file() and path.name != "manifest.json"
]
sums = {
    path.relative_to(trojan).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
    for path in files
}
entries = {
    name: {"sha256": value, "size": (trojan / name).stat().st_size}
    for name, value in sums.items()
}
manifest = json.dumps({"format": 1, "files": entries}, indent=1, sort_keys=True) + "\n"
(trojan / "manifest.json").write_text(manifest)
try:
    kinv.verify(trojan)
except kinv.ArtifactError as error:
    print(f"ArtifactError: {error}")
print("surprise.txt exists:", Path("surprise.txt").exists())

# %% [markdown]
# All checksums were right, and the artifact is refused all the same. `kinv.verify` reads the graph of the SavedModel
# without running it, and accepts only operations that models need.
#
# The limit: TensorFlow alone does none of these checks. Somebody with kinv should verify an artifact before it is
# handed to somebody without.
#
# ## For a program with TensorFlow alone
#
# The artifact has a SavedModel already. `kinv.export` writes one for any model of kinv, and other formats: `onnx`,
# `litert` and `safetensors`.

# %%
endpoints = kinv.export(transformer, "for_tensorflow", "saved_model")
weights = kinv.export(transformer, "for_others", "safetensors")
print("endpoints:", ", ".join(endpoints))
print("weights:  ", *weights.values())

# %% [markdown]
# Now the colleague. The next cell writes a program that imports TensorFlow and not kinv, and runs it in a process of
# its own. It augments eight photographs inside `tf.data`.

# %%
program = """
import sys
import numpy as np
import tensorflow as tf
transformer = tf.saved_model.load("for_tensorflow")
images = tf.data.Dataset.from_tensor_slices(np.load("images.npy")).batch(8)
augmented = images.map(lambda batch: transformer.augment(batch, tf.constant([0, 1])))
np.save("augmented.npy", next(iter(augmented)).numpy())
print("kinv was imported:", "kinv" in sys.modules)
"""
np.save("images.npy", images[::5])
print(
    subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    ).stdout
)

# %% [markdown]
# Did it compute the same? The next cell compares its images with those of kinv for the same seed, and for another one
# as the control.

# %%
elsewhere = np.load("augmented.npy")
for seed in ([0, 1], [0, 2]):
    here = transformer.augment(images[::5], seed=seed).numpy()
    print(
        f"seed {seed}: largest difference {np.abs(here - elsewhere).max():.4f} of 255"
    )
kinv.figures.labelled_rows(
    {"photographs": images[::5], "augmented": elsewhere}, inches=0.9
)

# %% [markdown]
# With the same seed, both give the same images. With another seed, the images are others, as they should be. For
# training, draw a new pair of numbers for each batch: see [augmentation](../guides/augmentation.md).
#
# ## For a program without TensorFlow
#
# The safetensors file has the weights alone: plain arrays by name. The next cell reads it with the package
# `safetensors` and NumPy.

# %%
arrays = load_file(weights["weights"])
for name, array in arrays.items():
    print(f"{name:40} {array.dtype} {array.shape}")

# %% [markdown]
# The file has no code, so whoever reads it writes the network anew: here two small networks that turn two random
# numbers into the matrix of a transformation. `onnx` and `litert` files have the network as well.
#
# ## On a hub
#
# A hub with the interface of Hugging Face keeps artifacts with versions. These lines are not run here, as they need
# an account and a network:
#
# ```python
# kinv.push("my-augmentation", "hf://my-organisation/my-augmentation", private=True, tag="v1")
# transformer = kinv.load("hf://my-organisation/my-augmentation@v1")  # from the cache, if the hub is out of reach
# folder = kinv.pull("hf://my-organisation/my-augmentation@v1", "my_models/my-augmentation")
# ```
#
# A push refuses what `kinv.verify` refuses, and adds safetensors. A pull verifies every file that it has downloaded.
#
# What happens without a network? The next cell forbids all requests with `HF_HUB_OFFLINE`. It does so in a new
# process, because the client of the hub reads that variable once. An unplugged cable has the same effect.

# %%
offline = os.environ | {"HF_HUB_OFFLINE": "1"}
program = "import kinv; kinv.load('hf://my-organisation/my-augmentation@v1')"
done = subprocess.run(
    [sys.executable, "-c", program], capture_output=True, text=True, env=offline
)
print(done.stderr.strip().splitlines()[-1])

# %% [markdown]
# The error says that neither the hub nor the cache has it, and what to check. What was pulled once still loads.
#
# ## What you have learned
#
# - An artifact is a folder with a manifest. `kinv.verify` finds a changed bit, and refuses code in a SavedModel.
# - A SavedModel augments images with TensorFlow alone, and gives the same images for the same seed.
# - The limits: `kinv.verify` says that an artifact is whole and does only what models do. It does not say that it is
#   good: a stranger's weights may be useless. Look at the card, and measure it yourself.
#
# ## Where to go next
#
# - [Publishing](../guides/publishing.md): presets, organisations, and what a push and a pull do.
# - [Security](../guides/security.md): everything that is checked.
# - [Augmentation](../guides/augmentation.md): as a Keras layer, in `tf.data`, ONNX and LiteRT; and the tutorial
#   [augmentation_pipeline](augmentation_pipeline.ipynb).
# - [Class pictures](class_pictures.ipynb): another kind of artifact, a gallery.
