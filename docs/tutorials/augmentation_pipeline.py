# %% [markdown]
# # How do you augment images with what a network ignores?
#
# Augmentation changes training images in ways that should not matter. Usually a person chooses these ways. Here a
# trained network, SqueezeNet, has chosen them: they are transformations that it ignores.
#
# You will learn
#
# - to load such a learned augmentation, and to use it on arrays, in a model and in `tf.data`;
# - to control it;
# - to check that the network ignores it, compared with random transformations of the same size.
#
# It needs `pip install "kinv[tensorflow-cpu,offline]"`, and takes less than a minute. Nothing is downloaded.

# %%
import keras
import numpy as np
import tensorflow as tf

import kinv

# %% [markdown]
# ## Augment an array
#
# `itn_squeezenet` comes with kinv. It is an *Invariant Transformer Net*: it turns random numbers into a change of
# position and a change of colour. It was trained so that SqueezeNet's predictions stay, while the changes fill as large
# a space as possible.
#
# The next cell loads it, and 288 crops of nine photographs that it was not trained with. Three of them are augmented
# with two seeds.

# %%
transformer = kinv.load("itn_squeezenet")
photos, _ = kinv.data.find("photos").load(size=227)
few = photos[[32, 160, 224]]
rows = {
    "images": few,
    "seed 1": transformer.augment(few, seed=1),
    "seed 2": transformer.augment(few, seed=2),
}
kinv.figures.labelled_rows(
    {name: np.asarray(images) for name, images in rows.items()}, inches=0.8
)

# %% [markdown]
# Images move and tilt a little, and their colours change. What is left empty is black. The same seed gives the
# same images; without a seed, each call gives others.
#
# ## Control it
#
# Each transformation has eighteen numbers in 0..1: six, `k_space`, for the position, and twelve, `k_color`, for the
# colours. Where all are 0.5, nothing changes; 1 minus them undoes it. `augment` draws them at random. `transform` takes
# yours. Eighteen numbers are many to look at, so the next cell shows two planes, one of position and one of colours, whose
# corners are very different. Under the images are SqueezeNet's predictions: a check mark if they stay, else the new
# class.

# %%
squeezenet = kinv.classifiers.load("squeezenet")
transformer.set_classifier(squeezenet)
transformer.plot(photos[[96, 192]])

# %% [markdown]
# Corners are far out in the family. The network ignores these changes in some images only; we count them below.
#
# The next cell measures how far opposite corners are apart, in pixel values, beside the whole family: pairs of random
# members.

# %%
middle, low, high = np.full((1, 2), 0.5), np.zeros((1, 2)), np.ones((1, 2))
pairs = {
    "space": [(middle, low), (middle, high)],
    "colour": [(low, middle), (high, middle)],
}
for part, points in pairs.items():
    ends = [
        np.asarray(
            transformer.transform(
                few, *(np.asarray(k)[0] for k in transformer.plane(*at))
            )
        )
        for at in points
    ]
    print(f"{part}, corners: {np.abs(ends[1] - ends[0]).mean():.1f} of 255")
members = [np.asarray(transformer.augment(few, seed=seed)) for seed in (1, 2)]
print(f"two members: {np.abs(members[1] - members[0]).mean():.1f} of 255")

# %% [markdown]
# ## Does SqueezeNet ignore it?
#
# We need a control. *Random* transformations of the same size are such a control: if predictions stayed as often under
# these, nothing would have been learned. The size is the distance of the matrix from doing nothing.
#
# Without labels, we use the crops of which SqueezeNet is sure: those with a softmax output of at least 0.5. The next
# cell changes each of them once.

# %%
confidence = tf.nn.softmax(squeezenet.predict(photos, verbose=0)).numpy().max(axis=1)
sure = confidence >= 0.5
comparison = kinv.analysis.compare_with_random(
    transformer, squeezenet, photos[sure], draws=1
)
print(comparison.summary())

# %% [markdown]
# More predictions stay than under random transformations of the same distance. How far is that? A shift by a twentieth of
# the width has about the same distance in space.
#
# The last line says how varied the family is. It has nearly no fixed offset: doing nothing is in its middle.
#
# But the crops come from only nine photographs, and the interval in the second line does not know that. The next cell
# shows the shares for each of them, to see whether one photograph alone makes the difference.

# %%
table = comparison.to_frame()
table["photograph"] = (np.arange(len(photos)) // 32)[sure][table["image"]]
table.groupby("photograph")[["learned_unchanged", "random_unchanged"]].mean().round(2)

# %% [markdown]
# Seven photographs of nine agree, two say the reverse. Now the other crops, of which the network is not sure. The next cell makes the same comparison
# with half of them.

# %%
print(
    kinv.analysis.compare_with_random(
        transformer, squeezenet, photos[~sure][::2], draws=1
    ).summary()
)

# %% [markdown]
# Here fewer predictions stay, under both. **What was learned keeps most predictions only where the network is sure.**
# Keep that in mind for your own images.
#
# ## As a layer of a model
#
# `kinv.layers.LearnedAugmentation` is used as Keras's own layers for augmentation are. `value_range` is the range of
# your images. The next cell puts it in front of a small network, and asks what it does.

# %%
keras.utils.set_random_seed(0)
layer = kinv.layers.LearnedAugmentation("itn_squeezenet", value_range=(0, 1), seed=1)
small = tf.image.resize(photos, (64, 64)).numpy() / 255
features = [
    keras.layers.Conv2D(8, 3, activation="relu"),
    keras.layers.GlobalAveragePooling2D(),
    keras.layers.Dense(9),
]
network = keras.Sequential([keras.layers.Input((64, 64, 3)), layer, *features])
changed = {
    training: np.abs(layer(small[:8], training=training) - small[:8]).mean()
    for training in (True, False)
}
print(
    f"mean change while training: {changed[True]:.2f} of 1; at inference: {changed[False]:.2f}"
)

# %% [markdown]
# At inference the layer does nothing. The next cell trains the network for two epochs, to tell the nine photographs
# apart, and looks whether the layer's own weights have changed.

# %%
before = [weights.numpy() for weights in layer.weights]
network.compile(
    keras.optimizers.Adam(0.02),
    keras.losses.SparseCategoricalCrossentropy(from_logits=True),
)
history = network.fit(small, np.arange(len(small)) // 32, epochs=2, verbose=0).history
print("loss:", [round(loss, 2) for loss in history["loss"]])
same = all(
    np.array_equal(old, new) for old, new in zip(before, layer.weights, strict=True)
)
print("the layer's weights are the same:", same)

# %% [markdown]
# The network trains, and the augmentation stays what it was: its weights are frozen.
#
# ## In tf.data
#
# The same layer maps a data set. Its random numbers go on, so that each epoch is augmented in another way. The next
# cell compares the same images in two epochs, and those of two layers with one seed.


# %%
def two_epochs(layer):
    batches = tf.data.Dataset.from_tensor_slices(small[::8]).batch(16).map(layer)
    return [np.concatenate(list(batches)) for _ in range(2)]  # read to the end


layers = [
    kinv.layers.LearnedAugmentation("itn_squeezenet", value_range=(0, 1), seed=1)
    for _ in range(2)
]
first, second = map(two_epochs, layers)
print(f"mean difference of two epochs: {np.abs(first[0] - first[1]).mean():.2f} of 1")
print("the other layer gives the same:", np.array_equal(first, second))

# %% [markdown]
# ## What we have learned
#
# A network can say how images may change, and these changes are a layer that you can use. Where SqueezeNet is sure, it
# keeps more predictions under them than under random transformations of the same size.
#
# What is **not** shown:
#
# - that training with this augmentation beats usual augmentation. On photographs it does not: see
#   [does it help?](../guides/augmentation.md);
# - that it beats a family chosen by hand: `transformer.evaluate_invariance` compares it with several;
# - that your network ignores the same. Train a transformer for it, with `kinv.models.InvariantTransformer`.
#
# ## Where to go next
#
# - [Invariant Transformer Net](../methods/invariant_transformer.md): the idea, the results, and the limits
# - [The guide to augmentation](../guides/augmentation.md): without kinv, in PyTorch and JAX, and in other programs
# - [Screen transformations](screening.ipynb) that you choose yourself
