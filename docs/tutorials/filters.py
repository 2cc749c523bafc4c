# %% [markdown]
# # Could a layer have other filters, and the network would not notice?
#
# A trained layer has one set of filters. You will learn to draw other sets for the same layer, to measure what they
# cost, and to see which images they treat alike. This shows what the layer ignores, from the side of its weights.
#
# You need `pip install "kinv[tensorflow-cpu,offline]"`, and a checkout of kinv for one model of 6 MB: it is too large
# for the package. `kinv list` says where it is. The notebook runs in less than a minute.

# %%
import numpy as np

import kinv

# %% [markdown]
# ## The network and its Filter GAN
#
# `digit_cnn` reads digits with five convolutions. A *Filter GAN* was trained for its fourth one, `conv4`. Its
# generator turns a code of 16 normal random numbers into a set of filters for that layer.
#
# The GAN does not contain the network, so the next cell hands it over. Then it measures the accuracy of the network.

# %%
network = kinv.classifiers.load("digit_cnn")
gan = kinv.load("filter_gan_mnist_conv4")
gan.set_classifier(network)
digits, labels = kinv.data.load("mnist", "test")
print(
    f"accuracy on {len(digits)} digits: {kinv.analysis.accuracy(network, digits, labels):.1%}"
)

# %% [markdown]
# These digits come from MNIST's training set, which the network has seen. On MNIST's test set it has 99.45 %. Here we
# only compare filters with each other, so that the same digits are fair for all of them.
#
# ## Other filters for `conv4`
#
# The next cell draws codes and generates a set of filters for each. For the control, it adds noise to the real
# filters: Gaussian, with the same standard deviation for each filter as the generated ones. Then it draws 14 of the
# 32 filters as colours.

# %%
conv4, random = network.get_layer("conv4"), np.random.default_rng(0)
real = conv4.kernel.numpy()
codes = random.normal(size=(20, gan.latent_dim)).astype("float32")
generated = gan.generate_filters(codes).numpy()
size = (generated - real).std(axis=(0, 1, 2, 3))  # of each of the 32 filters
noisy = real + size * random.normal(size=generated.shape)
print(
    f"change: {np.mean(size / real.std(axis=(0, 1, 2))):.2f} of the real filters' standard deviation"
)
sets = {
    "real": real,
    "code 1": generated[0],
    "code 2": generated[1],
    "real + noise": noisy[0],
}
kinv.figures.filter_gan.filters_as_colors(sets, shown=14)

# %% [markdown]
# The generated filters are visibly different from the real ones: the change is about half of the weights' own
# standard deviation. The filters with noise have a change of the same size.
#
# ## Does the network notice?
#
# A layer of Keras can simply get other weights. The next cell puts each set into `conv4` and measures the accuracy on
# 250 digits. Nothing is retrained. Afterwards `conv4` gets its real filters back.


# %%
def accuracies(sets):
    found = []
    for filters in sets:
        conv4.kernel.assign(filters)
        found.append(kinv.analysis.accuracy(network, digits[::4], labels[::4]))
    conv4.kernel.assign(real)
    return np.array(found)


for name, found in {
    "generated": accuracies(generated),
    "real + noise": accuracies(noisy),
}.items():
    print(f"{name:13} mean {found.mean():.1%}, worst {found.min():.1%}")

# %% [markdown]
# With generated filters, the network stays about as accurate as it was. The same amount of noise costs it several
# points, and some sets of noise cost it much more. So the GAN has found directions in the space of weights that the
# network ignores.
#
# For a result to publish, `kinv.analysis.filter_quality` does the same with intervals, and retrains the layers above.
#
# ## How far can filters go?
#
# A larger code moves the filters farther from the real ones. The next cell multiplies the codes, and measures eight
# sets at each distance, with noise of the same size as the control.

# %%
print("distance   generated   real + noise   (mean accuracy)")
for factor in (0.5, 1, 2, 4):
    far = gan.generate_filters(factor * codes[:8]).numpy()
    size = (far - real).std(axis=(0, 1, 2, 3))
    control = real + size * random.normal(size=far.shape)
    distance = np.mean(size / real.std(axis=(0, 1, 2)))
    print(
        f"{distance:8.2f} {accuracies(far).mean():11.1%} {accuracies(control).mean():14.1%}"
    )

# %% [markdown]
# The second row is what the GAN was trained for. In the third row, the change is as large as the filters themselves:
# with generated ones the network still works, with noise it mostly fails. Still farther out, generated filters fail
# too.
#
# ## Digits that other filters see alike
#
# What do these filters ignore in images? `kinv.match_activations` takes a digit and filters of another code. It
# changes the digit until the layer `pool` has the output that it had before, for the digit itself with the first
# filters. It does that for a grid of codes.
#
# `extent=5` goes far out, so that changes become visible. `smoothing=1` blurs them, so that strokes change rather
# than single pixels.

# %%
shown = digits[[300, 550]]
matches = kinv.match_activations(
    gan, shown, compare_at="pool", smoothing=1.0, extent=5.0, cells=5, steps=40, seed=4
)
found = kinv.analysis.summarise_matches(matches, shown, network)
print(
    f"difference at the layer `pool`: falls by {found['fall']:.0%} (median of the cells)"
)
print(f"still the same digit to the network: {found['unchanged']:.0%} of the cells")
print(
    f"change of pixels: {found['change']:.1f} of 255; with the filters of the middle: {found['middle_change']:.1f}"
)
kinv.figures.filter_gan.activation_grids(matches.images, ["three", "five"])

# %% [markdown]
# The frame marks the digit itself. Around it, each cell is what filters of another code take for that digit. To a
# person and to the network, the cells are the same digit.
#
# The middle cell is the control: it has the original filters, so nothing should change, and almost nothing does. The
# next cell shows the change of the other cells, made larger.

# %%
kinv.figures.filter_gan.grid_differences(matches.images, ["three", "five"])

# %% [markdown]
# Grey is no change, white is brighter and black is darker. The changes follow the strokes: parts of them become
# darker, and some pixels beside them brighter. They grow towards the corners, where the codes are farthest.
#
# ## Is the average better?
#
# The paper behind this method averages several sets of filters, as a pooling over what they ignore. That sounds like
# a better network. `pooled_classifier` makes it, and it is an ordinary Keras model.

# %%
pooled = gan.pooled_classifier(draws=10)
print(type(pooled.get_layer("conv4")).__name__)
print(
    f"with the average of ten sets: {kinv.analysis.accuracy(pooled, digits, labels):.1%}"
)

# %% [markdown]
# The accuracy is that of the network. It must be: this GAN is trained so that the mean of all its sets is the real
# filters. It also does not help where labels are few; the page of the method has that experiment.
#
# ## What you have learned
#
# - A layer has many sets of filters that the network hardly notices. Random sets at the same distance are noticed.
# - In images, these filters ignore small changes along the strokes.
# - The limits: one layer of one small network, and digits that it was trained with. On photographs the effect is
#   smaller.
#
# ## Where to go next
#
# - [Filter GAN](../methods/filter_gan.md): results on MNIST's test set, other layers, photographs, and how to train
#   one.
# - [Units](units.ipynb): what single units of a network look for and ignore.
# - [Your own network](../guides/own_network.md): `kinv layers` says for which layers a Filter GAN can be trained.
