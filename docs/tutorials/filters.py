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
# The next cell draws codes and generates a set of filters for each. How far do they move what the layer says? That is
# measured in standard deviations between images: at 1, a digit's output is as far from its own as that of another
# digit. Outputs are linear in filters, so that second moments of what the layer sees are enough.
#
# A code's length says how far: the code 0 is the real filters, and drawn codes go all the way. The control is noise
# that moves outputs as far. It is shaped so that most of it lies where the layer sees least.

# %%
conv4, random = network.get_layer("conv4"), np.random.default_rng(0)
real = conv4.kernel.numpy()
codes = gan.draw_codes(20, random)
generated = gan.generate_filters(codes).numpy()

moments = kinv.free_filters(network, "conv4", digits).moments
values, vectors = np.linalg.eigh(moments.second[0])
whitening = vectors / np.sqrt(values + 0.01 * values[-1]) @ vectors.T
noise = whitening @ random.normal(size=(20, *whitening.shape[:1], real.shape[-1]))
noise = noise.reshape(generated.shape) * moments.deviation()
far = moments.movements(generated)
noise *= (far / moments.movements(real + noise))[:, None, None, None, None]
print(f"generated filters and noise move outputs by {far.mean():.2f}")
sets = {
    "real": real,
    "code 1": generated[0],
    "code 2": generated[1],
    "real + noise": real + noise[0],
}
kinv.figures.filter_gan.filters_as_colors(sets, shown=14)

# %% [markdown]
# ## Does the network notice?
#
# A layer of Keras can simply get other weights. The next cell puts sets of filters into `conv4` and measures the
# accuracy on 250 digits, at four distances from the real filters. Nothing is retrained. Afterwards `conv4` gets its
# real filters back.


# %%
def accuracies(sets):
    found = []
    for filters in sets:
        conv4.kernel.assign(filters)
        found.append(kinv.analysis.accuracy(network, digits[::4], labels[::4]))
    conv4.kernel.assign(real)
    return np.array(found)


print("movement   generated   noise   (mean accuracy)")
for share in (0.25, 0.5, 0.8, 1.0):
    ours = accuracies(gan.generate_filters(share * codes[:8]))
    noisy = accuracies(real + share * noise[:8])
    print(f"{share * far.mean():8.2f} {ours.mean():11.1%} {noisy.mean():7.1%}")

# %% [markdown]
# Near the real filters, noise of this shape is as good. Farther out it is not: where outputs are as far from their own
# as those of other digits, the network still reads almost all digits with generated filters, and far fewer with noise.
#
# For a result to publish, `kinv.analysis.filter_quality` does the same with intervals and more baselines, one of which
# is better: noise that knows what moves logits. It also retrains the layers above.
#
# ## What do other filters do to a digit?
#
# The GAN also learned *counterparts* of images. With its real filters, the layer answers a counterpart as it answers
# the digit itself with the filters of a code. So a counterpart shows what these filters do, as a digit.

# %%
shown = digits[[300, 550, 800]].astype("float32")
rows = [
    np.concatenate(
        [digit[None], gan.counterpart(np.repeat(digit[None], 10, 0), codes[:10])]
    )
    for digit in shown
]
kinv.figures.filter_gan.rows_of_images(np.stack(rows))

# %% [markdown]
# The frames mark the digits themselves. Each column is one code: the same filters for every digit, and the same change
# of it. Strokes become thicker, thinner, brighter, darker and softer, and stay the same digits.
#
# Does the network say so as well, and how much of what the filters do is in these pictures?

# %%
many = gan.draw_codes(250, random)
seen = gan.counterpart(digits[::4], many)
before, after = (
    network.predict(images, verbose=0).argmax(axis=1) for images in (digits[::4], seen)
)
print(f"still the same digit to the network: {np.mean(before == after):.0%}")
print(f"change of pixels: {np.abs(seen - digits[::4]).mean():.0f} of 255 on average")

# %% [markdown]
# ## Digits that other filters see alike
#
# The paper behind this method does it without counterparts. `kinv.match_activations` takes a digit and filters of
# another code. It changes the digit by gradient descent, until the layer has the output that it had before, for the
# digit itself with the first filters. It does that for a grid of codes. Here the middle is the code 0, the network's
# own filters, and descents start at counterparts.

# %%
own = np.zeros((2, gan.latent_dim))
matches = kinv.match_activations(
    gan,
    shown[:2],
    z=own,
    extent=3.0,
    cells=5,
    steps=40,
    smoothing=1.0,
    from_counterparts=True,
    seed=4,
)
found = kinv.analysis.summarise_matches(matches, shown[:2], network)
print(f"difference at `conv4`: falls by {found['fall']:.0%} (median of the cells)")
print(f"still the same digit to the network: {found['unchanged']:.0%} of the cells")
print(f"change of pixels in the corners: {found['corner_change']:.1f} of 255")
kinv.figures.filter_gan.activation_grids(matches.images, ["three", "five"])

# %% [markdown]
# The frame marks the digit itself. Around it, strokes are thicker, thinner or elsewhere, and it stays the same digit.
# Part of the difference is left: not all that filters can do is the work of an image.
#
# ## Is the average better?
#
# The paper averages several sets of filters, as a pooling over what they ignore. That sounds like a better network.
# `pooled_classifier` makes it, and it is an ordinary Keras model.

# %%
pooled = gan.pooled_classifier(draws=10)
print(type(pooled.get_layer("conv4")).__name__)
print(
    f"with the average of ten sets: {kinv.analysis.accuracy(pooled, digits, labels):.1%}"
)

# %% [markdown]
# It is not better than the network itself. The page of the method has the experiment with the layers above retrained.
#
# ## What you have learned
#
# - A layer has many sets of filters with which its outputs are quite different, and the network's answers are not.
# - Noise that moves outputs as far is noticed.
# - As digits, these filters change strokes and brightness: what this layer's readers ignore.
# - The limits: one layer of one small network, and digits that it was trained with.
#
# ## Where to go next
#
# - [Filter GAN](../methods/filter_gan.md): results on MNIST's test set, other layers, and how to train one.
# - [Units](units.ipynb): what single units of a network look for and ignore.
# - [Your own network](../guides/own_network.md): `kinv layers` says for which layers a Filter GAN can be trained.
