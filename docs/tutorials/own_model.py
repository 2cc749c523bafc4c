# %% [markdown]
# # What does your own network ignore?
#
# You have a trained Keras classifier. You know how often it is right. This tutorial asks another question: which
# changes of an image leave its predictions as they are?
#
# You will learn
#
# - to wrap your network, so that kinv can work with it;
# - to check that images, labels and network belong together;
# - to make a report, and to read its sentences, tables and figures.
#
# It needs `pip install "kinv[tensorflow-cpu,offline]"`, and takes less than a minute. Nothing is downloaded.

# %%
import keras
import numpy as np
import pandas as pd

import kinv

# %% [markdown]
# ## A network
#
# Any Functional or Sequential classifier will do. This one is small. It reads handwritten digits in 0..1, and it ends
# with a softmax, as many networks do. The next cell trains it.

# %%
digits, labels = kinv.data.load("mnist", "train")
test_digits, test_labels = kinv.data.load("mnist", "test")
keras.utils.set_random_seed(0)
convolution = {"kernel_size": 3, "strides": 2, "activation": "relu"}
layers = [
    keras.layers.Conv2D(16, **convolution),
    keras.layers.Conv2D(32, **convolution),
    keras.layers.Flatten(),
]
layers = [
    keras.layers.Input((28, 28, 1)),
    *layers,
    keras.layers.Dense(10, activation="softmax"),
]
network = keras.Sequential(layers, name="small_cnn")
network.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
network.fit(digits / 255, labels, epochs=8, verbose=0)
_, accuracy = network.evaluate(test_digits / 255, test_labels, verbose=0)
print(
    f"accuracy on {len(test_digits)} digits that it was not trained with: {accuracy:.1%}"
)

# %% [markdown]
# The first lines name the data: 5,000 digits that come inside a Python package. The network gets most of the others
# right. Ten of them:

# %%
kinv.figures.contact_sheet(
    test_digits[::100],
    [str(label) for label in test_labels[::100]],
    columns=10,
    inches=0.8,
)

# %% [markdown]
# ## Wrap it
#
# kinv works with images in 0..255, and with logits. `kinv.wrap` puts your network between the two. `value_range` is the
# range of images that your network was trained with. The softmax at its end is removed.

# %%
classifier = kinv.wrap(network, value_range=(0, 1))
classifier.summary()

# %% [markdown]
# Is it still the same network? The next cell compares predictions of both, digit by digit.

# %%
own = network.predict(test_digits / 255, verbose=0)
wrapped = keras.ops.softmax(classifier.predict(test_digits, verbose=0))
print(f"largest difference of a softmax output: {np.abs(own - wrapped).max():.1e}")
print(
    f"digits with the same prediction: {np.mean(own.argmax(1) == np.argmax(wrapped, 1)):.0%}"
)

# %% [markdown]
# All predictions are the same, and softmax outputs agree up to rounding. `kinv.wrap` also makes such a comparison by
# itself, on random images, and refuses a network that fails it.
#
# ## Do images and network belong together?
#
# `kinv.preflight` looks at 200 of the images. It knows the usual mistakes: another range of pixels, labels that are off
# by one, classes in another order.

# %%
print(kinv.preflight(classifier, test_digits, test_labels).summary())

# %% [markdown]
# Nothing is wrong. Now we make a mistake on purpose: we forget `value_range`. The network then gets images in 0..255,
# though it was trained with 0..1. `enforce` turns what is wrong into an error.

# %%
forgotten = kinv.wrap(network)
try:
    kinv.preflight(forgotten, test_digits, test_labels).enforce()
except ValueError as error:
    print(error)

# %% [markdown]
# Look at the two accuracies: they are about the same. **A good accuracy does not show that the range is right.** The
# cross-entropy does, and the message says what to write. `kinv.report` and `kinv.screen` ask these questions first.
#
# ## The report
#
# The report changes images more and more, and counts the predictions that stay. We choose three sections, and a second
# network to compare with. `digit_cnn` comes with kinv. It is deeper, and ends with global average pooling.

# %%
other = kinv.classifiers.load("digit_cnn")
sections = ["tolerance", "classes", "layers"]
report = kinv.report(
    classifier,
    test_digits,
    test_labels,
    sections=sections,
    compare=other,
    folder="my_report",
)
print(report.summary())

# %% [markdown]
# The first sentence says what the network ignores, and the second one what it does not. The ranges in the first one are
# how far a change may go while 9 of 10 predictions stay.
#
# Every sentence has a table behind it. The next cell shows the first one. `kept` is the share of predictions that stay,
# averaged over the whole range of a change. `low` and `high` are its 95 % interval.

# %%
tolerance = report.content["sections"]["tolerance"]
print(
    f"{tolerance['images']} digits. By chance, {tolerance['chance']:.0%} of the predictions would stay."
)
pd.DataFrame(tolerance["rows"])[["title", "kept", "low", "high"]].round(2)

# %% [markdown]
# The level of chance is the baseline: so many predictions would stay if each were drawn from all of them. All changes
# are above it. Contrast is at the top. Shifts are near the bottom, though people ignore both.
#
# ## One change, seen closely
#
# The report keeps everything in its folder, also the tables that its sentences are made from. The next cell loads those
# of both networks, and draws what happens while digits move sideways. Below the curves is one of the digits.

# %%
folders = ["screening", "screening_compared"]
screening = kinv.Screening.join(
    [kinv.Screening.load(report.folder / "tables" / folder) for folder in folders]
)
shifts = screening.accuracy.query("transformation == 'translate_x'")[
    "magnitude"
].unique()
strip = kinv.analysis.transformed_strip(kinv.ops.translate_x, test_digits[400], shifts)
kinv.figures.sensitivity.accuracy_curves(
    screening.accuracy, "translate_x", strip, measure="unchanged"
)

# %% [markdown]
# A shift by 0.15 of the width is four pixels. People still read the digit easily. `small_cnn` changes most of its
# predictions there, and `digit_cnn` keeps nearly all. Another table of the report compares the two, digit by digit:

# %%
compared = pd.read_csv(report.folder / "tables" / "compared.csv")
compared[["transformation", "kept", "kept_by_other", "low", "high", "verdict"]].round(2)

# %% [markdown]
# `low` and `high` are the interval of the difference. Each verdict is about `small_cnn`, with `digit_cnn` as its
# control. `digit_cnn` ignores shifts and zooms better; `small_cnn` ignores noise and blur better.
#
# The likely reason for the shifts is the architecture. `small_cnn` flattens its feature maps, so that each weight of
# the last layer belongs to one place. `digit_cnn` averages over all places. The report alone does not prove that.
#
# ## What we have learned
#
# A network with a good accuracy can depend on where a digit is, by a few pixels. A convolutional network does not
# ignore shifts by itself. And neither of the two networks is the more tolerant one: it depends on the change.
#
# Two limits. Only 120 digits were measured, so a difference whose interval holds 0 says nothing. And `digit_cnn` was
# trained with many more digits, perhaps with some of these.
#
# ## Where to go next
#
# - `report.save("folder")` copies the page, `report.html`, and all tables. In a notebook, `report` shows the page.
# - [Read a report, and use it in continuous integration](report.ipynb)
# - [Screen transformations yourself](screening.ipynb)
# - [The guide: your own network](../guides/own_network.md), with folders of images and the command line
