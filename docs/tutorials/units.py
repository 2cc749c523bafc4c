# %% [markdown]
# # What does a unit of a deep network look for, and what does it ignore?
#
# You will learn three things: to make the image that a unit answers to most, to change it as far as the unit allows,
# and to name what the unit ignores. The network is a deep belief net of handwritten digits. It learned without
# labels.
#
# You need `pip install "kinv[tensorflow-cpu,offline]"`, and a checkout of kinv for two networks of 6 MB each: they
# are too large for the package. `kinv list` says where each one is. The notebook runs in less than a minute.

# %%
import numpy as np

import kinv

# %% [markdown]
# ## A network and its digits
#
# The next cell loads the network and some digits. The network takes vectors in 0..1, not images. It has three hidden
# layers of 1,000 units.
#
# Images of larger norm give larger activations, so we compare images of one norm: the mean norm of the digits.

# %%
net = kinv.load("dbn_mnist")
digits, labels = kinv.data.load("mnist", "test")
vectors = kinv.data.as_vectors(digits)
norm = float(np.linalg.norm(vectors, axis=1).mean())
print(f"{len(vectors)} digits of {vectors.shape[1]} pixels, mean norm {norm:.1f}")

# %% [markdown]
# ## What eight units of each layer look for
#
# `kinv.maximize_activation` starts from noise and follows the gradient of a unit's activation. After every step, it
# scales the image back to the norm. The activation is the *pre-activation*: the value before the sigmoid. We take
# eight units of each layer, and five starts for each unit.

# %%
layers, units = ["hidden1", "hidden2", "hidden3"], range(50, 1000, 120)
maxima = {
    layer: kinv.maximize_activation(net, layer, units, norm, restarts=5)
    for layer in layers
}


def grey(x):
    """Vectors as images: grey is 0, white is positive, black is negative."""
    return (127.5 + 127.5 * x / np.abs(x).max(axis=-1, keepdims=True)).reshape(
        *x.shape[:-1], 28, 28, 1
    )


shown = {"digits, for comparison": digits[::125]} | {
    layer: grey(found.best) for layer, found in maxima.items()
}
kinv.figures.labelled_rows(shown, inches=0.8)

# %% [markdown]
# White is where the unit wants ink; black is where it wants none. In the first layer, patterns are scattered strokes
# and dots. In the third layer, they are smooth and as large as a digit, and some resemble digits.
#
# Values may be negative, so these are not images that exist. They are directions in the space of images. The first
# row is for comparison.
#
# ## Do they find more than a digit, or than noise?
#
# Two questions decide whether such images mean anything. Do all starts end at the same image? And is the activation
# higher than that of real digits and of noise of the same norm? `kinv.analysis.tap` computes the activations.

# %%
noise = np.random.default_rng(0).uniform(size=vectors.shape).astype("float32")
of_norm = [
    norm * x / np.linalg.norm(x, axis=1, keepdims=True) for x in (vectors, noise)
]
print(
    "layer    cosine of starts   maximum   best digit   best noise   (medians over units)"
)
for layer, found in maxima.items():
    tapped = kinv.analysis.tap(net, layer, units)
    digit, noisy = (
        np.median(tapped.activations(x).numpy().max(axis=0)) for x in of_norm
    )
    maximum, cosine = np.median(found.best_activations), np.median(found.agreement)
    print(f"{layer}  {cosine:16.3f} {maximum:9.1f} {digit:12.1f} {noisy:12.1f}")

# %% [markdown]
# The starts agree: a cosine of 1 is the same image. The made image has a clearly higher activation than the best of
# all digits, and the best noise image is far below both. So a unit of the third layer prefers its pattern to every
# digit here.
#
# ## Walking away from the maximum
#
# Now the second question: how can the image change, while the activation stays high? `kinv.trace_manifold` moves away
# from the maximum in steps. At each distance it looks for the image, of the same norm, that costs the unit least. The
# distance `epsilon` is relative to the norm; at 1.4 the image is orthogonal to the maximum.

# %%
epsilons = np.linspace(0, 1.4, 8)
ways = [
    kinv.trace_manifold(
        net, layer, list(units)[:2], maxima[layer].best[:2], epsilons, starts=1
    )
    for layer in ("hidden1", "hidden3")
]
seen = np.concatenate([way.inputs[:, 0] for way in ways])
kept = np.concatenate([way.activations[:, 0] for way in ways])
names = [f"{way.layer} unit {unit}" for way in ways for unit in way.units]
print("linear unit:", "  ".join(f"{1 - epsilon**2 / 2:.2f}" for epsilon in epsilons))
kinv.figures.units.manifold_rows(
    grey(seen), epsilons, kept, "Walks from the maxima of four units", names
)

# %% [markdown]
# The printed line is the baseline. Whatever the filter of a linear unit is, it keeps `1 - epsilon² / 2` of its
# activation. The units of the first layer are linear and keep just that. No direction is better than another, so the
# walk stays in the random direction in which it started: the pattern fades into noise.
#
# The units of the third layer keep more than a linear unit at every distance, so they ignore something. Farther out,
# their images turn into other patterns that the unit still accepts.
#
# ## Whole layers
#
# Two units are an anecdote. `kinv.measure_invariance` does both steps for 30 units of every layer. The area under the
# curve of kept activation is one number for each layer, with an interval over units.

# %%
grid = np.linspace(0, 2, 11)
curves = kinv.measure_invariance(net, layers, norm, units=30, epsilons=grid, restarts=3)
print(f"linear unit: area {np.trapezoid(np.maximum(1 - grid**2 / 2, 0), grid):.2f}")
for curve in curves:
    print(
        f"{curve.layer}: area {curve.area:.2f} (95 % interval {curve.low:.2f} to {curve.high:.2f})"
    )
kinv.figures.units.invariance_curves({"deep belief net": curves})

# %% [markdown]
# The lower plot shows the share of the activation that is kept. The first layer follows the dotted line of a linear
# unit; the small rest is its bias. The interval of the second layer includes the linear unit, so 30 units cannot tell
# them apart. The third layer is clearly above.
#
# ## Does it ignore rotations, shifts, sizes or stroke widths?
#
# A person would expect a digit detector to ignore these. `kinv.decompose_invariance` asks: it transforms the maximum
# by each family, and keeps the best at each distance. A `tolerance` of 1 means that nothing is lost. At zero the unit
# loses as much as a linear unit, and below zero it loses more.

# %%
known = kinv.decompose_invariance(
    net,
    "hidden3",
    units,
    maxima["hidden3"].best,
    grid,
    shape=(28, 28),
    samples=32,
    proposals=4,
)
for family, tolerance in zip(
    known.families, np.median(known.tolerances, axis=0), strict=True
):
    print(f"{family:13} {tolerance:+.2f}")

# %% [markdown]
# All numbers are below zero: in the median unit, each family costs more than it costs a linear unit. So these units
# ignore something, but none of these transformations.
#
# ## The control: would we have seen it?
#
# A negative result needs a case where the method finds something. `sdae_rotated_mnist` is a classifier that was
# trained with digits at all angles. If `decompose_invariance` works, rotations must stand out in its ten outputs.

# %%
rotated = kinv.load("sdae_rotated_mnist")
size = float(
    np.linalg.norm(digits.reshape(len(digits), -1), axis=1).mean()
)  # this one takes images in 0..255
optima = kinv.maximize_activation(rotated, "logits", norm=size, restarts=5)
control = kinv.decompose_invariance(
    rotated, "logits", None, optima.best, grid, samples=32, proposals=4
)
for family, tolerance in zip(
    control.families, np.median(control.tolerances, axis=0), strict=True
):
    print(f"{family:13} {tolerance:+.2f}")
kinv.figures.units.tolerance_map(
    {"deep belief net": known, "trained with rotated digits": control}
)

# %% [markdown]
# Each row of the figure is one unit, and the colours are its tolerances. The labels beside the rows count the units
# by what they ignore most. On the right, rotations stand out: no other family has a higher tolerance. On the left, no
# family is clearly above zero. So the method finds rotations where they must be, and the negative result stands.
#
# ## What you have learned
#
# - Deep units look for large patterns, and ignore more than a linear unit does. First-layer units are linear.
# - What they ignore need not be a transformation with a name. Networks can ignore rotations, but this one does not.
# - The limits: few units of one net, and maxima that are not digits. The two networks differ in more than their data:
#   the second one had labels. So it is a control of the method, not an experiment about data.
#
# ## Where to go next
#
# - [Units](../methods/units.md): the paper, results for 100 units a layer, and a network of photographs.
# - [Your own network](../guides/own_network.md): the same functions take any Keras model, see
#   [own_model](own_model.ipynb).
# - [Filters](filters.ipynb): what a layer ignores when its weights change.
