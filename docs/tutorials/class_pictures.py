# %% [markdown]
# # Which image does a class like best, and would another network agree?
#
# A classifier gives every image a score for every class. You will look at the images with the highest scores, and
# learn to judge whether they show the class or only fool the network. Then you will make two such images.
#
# You need `pip install "kinv[tensorflow-cpu,offline]"`, and a checkout of kinv for one artifact of 7 MB: it is too
# large for the package. `kinv list` says where it is. The notebook runs in less than a minute on two cores.

# %%
import keras
import numpy as np

import kinv
from kinv.models import CoupledGenerator, target

# %% [markdown]
# ## A gallery
#
# The artifact `coupled_squeezenet` is a gallery: one image for each of 20 ImageNet classes. A *coupled generator*
# made them: a decoder in front of SqueezeNet, whose inputs were trained until SqueezeNet answered with the class. Of
# photographs, the decoder knows the spectrum and the colours, and nothing else. The next cell shows every second
# image.

# %%
gallery = kinv.load("coupled_squeezenet")
images, names = (
    gallery.images(),
    [label[5:] for label in gallery.labels],
)  # labels are such as "0105 koala"
kinv.figures.contact_sheet(images[::2], names[::2], columns=5, inches=1.15)

# %% [markdown]
# Some images have parts that you can name: ears, legs, fins, a pair of shoes. Others do not. But you have read the
# labels, and labels suggest a lot. So we ask somebody who has not.
#
# ## The judge
#
# The judge is EfficientNet-Lite0, another network with the same 1,000 classes. The images were not made for it. The
# next cell loads both networks and computes the rank of each image's class: 0 means that the class comes first.

# %%
network, judge = (
    kinv.classifiers.load(name) for name in ("squeezenet", "efficientnet_lite0")
)
classes = [int(label[:4]) for label in gallery.labels]
ranks = kinv.analysis.class_ranks(judge, images, classes)
all_names = kinv.classifiers.class_names(judge)
said, sure = kinv.analysis.predict(judge, kinv.analysis.resized_for(judge, images))
for i in range(0, 20, 2):
    print(
        f"{names[i]:25} rank {ranks[i]:3}, the judge says: {all_names[said[i]]} ({sure[i]:.0%})"
    )

# %% [markdown]
# The judge names several classes, with no help. Elsewhere it sees something else, and is sometimes sure of it.
#
# ## The baseline: plain gradient ascent
#
# A well-known way to such images changes the pixels along the gradient of the score. `kinv.maximize_activation` does
# that for all 20 classes, from uniform noise. `box=True` keeps pixels in 0..255.

# %%
ascent = kinv.maximize_activation(
    network, "logits", classes, restarts=1, steps=40, box=True
)
kinv.figures.labelled_rows(
    {"gallery": images[6:12:2], "gradient ascent": ascent.best[6:12:2]}, names[6:12:2]
)

# %% [markdown]
# The lower images look like noise. The next cell compares both with chance. There are two rows for chance: the number
# itself, and the gallery's images with the label of the next image.

# %%
print(f"{'':28} first in SqueezeNet   first five of the judge   median rank")
rows = {
    "gallery": (images, classes),
    "gradient ascent": (ascent.best, classes),
    "gallery with wrong labels": (images, np.roll(classes, 1)),
}
for name, (shown, wanted) in rows.items():
    own, other = (
        kinv.analysis.class_ranks(by, shown, wanted) for by in (network, judge)
    )
    print(
        f"{name:28} {np.mean(own == 0):19.0%} {np.mean(other < 5):25.0%} {np.median(other):13.1f}"
    )
print(f"{'chance':28} {1 / 1000:19.1%} {5 / 1000:25.1%} {499.5:13.1f}")

# %% [markdown]
# SqueezeNet is content with both: it puts the class of the gallery's images first, and that of most of the noise. So
# its own answer says little about an image. The judge tells them apart. It has the class of about half of the gallery
# or more among its first five. The noise and the wrong labels are near chance.
#
# This is one thing that SqueezeNet ignores: that an image is not a photograph at all.
#
# ## How much like photographs?
#
# `kinv.analysis.image_statistics` computes simple properties. The next cell compares them with parts of nine
# photographs. `slope` says how the power falls with the frequency: about -2.5 for photographs, and 0 for white noise.

# %%
photographs, _ = kinv.data.load("photos", size=227, limit=36)  # parts of 9 photographs
for name, shown in {
    "photographs": photographs,
    "gallery": images,
    "gradient ascent": ascent.best,
}.items():
    found = kinv.analysis.image_statistics(shown)
    print(
        f"{name:16} saturation {found.saturation:4.0f}   contrast {found.contrast:3.0f}   slope {found.slope:5.1f}"
    )

# %% [markdown]
# The spectrum differs most. Gradient ascent makes images that are almost as white as noise. The power of the gallery
# falls as that of photographs does, even a little faster. The decoder is the reason: it adds cosine waves with the
# spectrum and the colours of photographs. In contrast, the gallery is weaker than photographs, and gradient ascent
# stronger.
#
# ## Two images of your own
#
# Now we use that decoder for new targets: the class `goldfish`, and `papillon` and `Brabancon griffon` together.
# `smallest_view` shows random parts of the image to the network. Without it, the network is content with details. The
# default settings are those of the paper; these are the recipe's, with fewer steps.

# %%
steps, pair = 70, ("papillon", "Brabancon griffon")
coupled = CoupledGenerator(
    network, [target.classes("goldfish"), target.classes(*pair)], generator=gallery.decoder, loss="both",
    brightness=gallery.brightness, contrast=gallery.contrast, smallest_view=0.3, unit_steps=True, gain=0.01, noise=0.0,
    regularization=0.0, competition=0.0,
)  # fmt: skip
rate = keras.optimizers.schedules.CosineDecay(1.5, steps, alpha=0.1)
coupled.compile(keras.optimizers.SGD(rate, momentum=0.5))
coupled.fit(steps=steps)
goldfish, both = coupled.images()

# %% [markdown]
# ## Between two classes
#
# There are two cheaper ways to an image of two classes. A gallery can mix the features of two images, and anybody can
# mix their pixels. The next cell shows the three ways, and the goldfish.

# %%
first, second = (names.index(name) for name in pair)
features = (gallery.features[first] + gallery.features[second]) / 2
made = {
    pair[0]: images[first],
    pair[1]: images[second],
    "mixed features": gallery.generate(features[None])[0].numpy(),
    "mixed pixels": (images[first] + images[second]) / 2,
    "made for both": both,
    "goldfish": goldfish,
}
kinv.figures.contact_sheet(np.stack(list(made.values())), list(made), columns=6)

# %% [markdown]
# And what do both networks say? The next cell prints the rank of both classes for each of the three, and that of the
# goldfish.

# %%
for name in list(made)[2:5]:
    shown, wanted = np.stack([made[name]] * 2), [classes[first], classes[second]]
    own, other = (
        kinv.analysis.class_ranks(by, shown, wanted) for by in (network, judge)
    )
    print(f"{name:15} ranks of {' and '.join(pair)}: SqueezeNet {own}, judge {other}")
index = all_names.index("goldfish")
print(
    "goldfish: rank",
    *(
        kinv.analysis.class_ranks(by, goldfish[None], [index])[0]
        for by in (network, judge)
    ),
)

# %% [markdown]
# Mixing features is hardly more than mixing pixels: this decoder is almost linear, so that its images fade into each
# other. One of the two classes stays behind. The image that was made for both has both classes near the top, in
# SqueezeNet and in the judge. It shows two animals, not one over the other.
#
# Processors round differently, and small differences grow over the steps. So your two images, and their ranks, may be
# others.
#
# ## What you have learned
#
# - A high score is no evidence: plain gradient ascent gets it with noise. Ask a network that the image was not made
#   for.
# - A decoder with the statistics of photographs gives images that transfer to another network, for many classes.
# - The limits: chance plays a large part. With three seeds, 35 to 60 % of a gallery were among the judge's first
#   five. And a judge is a network too: it may share SqueezeNet's errors.
#
# An image of your own takes some seconds for each class on two cores. In a checkout, a recipe makes a gallery of any
# classes, with 120 steps each:
#
# ```bash
# python -m recipes.coupled_gallery --classes "golden retriever" mosque
# ```
#
# ## Where to go next
#
# - [Coupled generator](../methods/coupled_generator.md): seven ways to such images, compared by the judge; filters
#   and units.
# - [Units](units.ipynb): the same question for single units of a network.
# - [Publishing](publishing.ipynb): what an artifact such as this gallery holds, and how to share one.
