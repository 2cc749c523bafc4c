# %% [markdown]
# # How do you read the report of a network?
#
# `kinv.report` writes one page about a network: which changes of an image it ignores, and which not. This tutorial
# makes the report of SqueezeNet, and reads it part by part.
#
# You will learn
#
# - what the sentences say, and which numbers they come from;
# - where the tables and images are;
# - to go on with a report that was stopped;
# - to set limits that let continuous integration fail.
#
# It needs `pip install "kinv[tensorflow-cpu,offline]"`, and takes about a minute. Nothing is downloaded.

# %%
import time

import numpy as np
import pandas as pd
from IPython.display import Image
from PIL import Image as Pixels

import kinv

# %% [markdown]
# ## A network and images
#
# SqueezeNet knows 1,000 classes of ImageNet. The images are crops of nine photographs that come inside Python packages.
# They have no labels. The next cell shows one crop of each photograph, under what SqueezeNet says.

# %%
squeezenet = kinv.classifiers.load("squeezenet")
names = kinv.classifiers.class_names(squeezenet)
photos, _ = kinv.data.find("photos").evenly(9).load(size=227)
says = squeezenet.predict(photos, verbose=0).argmax(axis=1)
kinv.figures.contact_sheet(
    photos, [names[index] for index in says], columns=9, inches=0.85
)

# %% [markdown]
# Some answers are right, others are not. A report without labels does not ask whether the network is right. It asks
# **whether its prediction stays** when the image changes.
#
# ## Make it
#
# The next cell measures two sections on 27 crops, three of each photograph. The whole page takes minutes. `limits` is
# for later: what the network must reach.

# %%
limits = ["greyscale:unchanged@1=0.7", "rotation:unchanged@20=0.8"]
asked = {
    "preset": "quick",
    "limit": 27,
    "fail_under": limits,
    "folder": "squeezenet_report",
}
report = kinv.report(squeezenet, "photos", sections=["tolerance", "curves"], **asked)
print(report.summary())

# %% [markdown]
# ## Two sentences
#
# The first sentence names what the network ignores most. The ranges are how far a change may go while 9 of 10
# predictions stay. The second one says what changes half of the predictions: a little noise, and a blur of one or two
# pixels. People would still see the same. The page begins with these sentences.
#
# ## The numbers behind them
#
# `report.content` holds every number of the page. The next cell makes a table of the first section. `kept` is the share
# of predictions that stay, averaged over the whole range of a change, with its 95 % interval. The last column is kinv's
# own measurement of SqueezeNet, on 200 photographs of ImageNet.

# %%
tolerance = report.content["sections"]["tolerance"]
print(
    f"{tolerance['images']} images. By chance, {tolerance['chance']:.0%} of the predictions would stay."
)
table = pd.DataFrame(tolerance["rows"])[["title", "kept", "low", "high"]]
table["ImageNet"] = [row["landmarks"]["SqueezeNet"] for row in tolerance["rows"]]
table.round(2)

# %% [markdown]
# The level of chance is the baseline: so many predictions would stay if each were drawn from all of them. Noise hardly
# leaves more than that.
#
# The last column is a control of another kind. Nine photographs are few, and crops of one photograph are alike. Yet
# they tell nearly the same as 200 others: compare the column with the intervals.
#
# ## What it says on the way
#
# The page has sliders: drag one, and an image changes, with the network's answer under it. The next cell shows the
# images of one slider side by side. The man with the camera turns.

# %%
(turned,) = [
    card
    for card in report.content["sections"]["curves"]["cards"]
    if card["transformation"] == "rotation"
]
shown = [(point["label"], point["images"][1]) for point in turned["points"]]
pixels = np.stack(
    [
        np.asarray(Pixels.open(report.folder / image["file"]).convert("RGB"))
        for _, image in shown
    ]
)
kinv.figures.contact_sheet(
    pixels, [f"{angle} {image['says']}" for angle, image in shown], inches=1.1
)

# %% [markdown]
# A small turn leaves the answer, a large one changes it. The black corners are part of the change. A network could be
# disturbed by them as well as by the angle.
#
# ## Go on after a stop
#
# The report is kept in its folder, section by section. So a report that was killed goes on if you ask again with the
# same folder. You can also ask for more sections. The next cell asks for two more, and shows how long each one took.

# %%
since = time.monotonic()
report = kinv.report(
    squeezenet, "photos", sections=["tolerance", "curves", "classes", "layers"], **asked
)
print(f"this call took {time.monotonic() - since:.1f} s")
pd.Series(
    {name: section["seconds"] for name, section in report.content["sections"].items()},
    name="seconds",
)

# %% [markdown]
# The call took about as long as its two new sections: the others were read from the folder. With another seed, other
# images or a limit at another magnitude, kinv refuses the folder, and asks for a new one.
#
# ## Which images change first?
#
# The section `classes` ends with the images that keep the fewest predictions. The next cell shows four of them before
# and after a mild change. The titles say what the network says, and how sure it was before.

# %%
worst = report.content["sections"]["classes"]["worst"][:4]
files = {
    when: [report.folder / one[when]["file"] for one in worst]
    for when in ("before", "after")
}
rows = {
    when: np.stack(
        [np.asarray(Pixels.open(file).convert("RGB")) for file in files[when]]
    )
    for when in files
}
titles = [
    f"{one['before']['says']} ({one['before']['confidence']:.0%}) to {one['after']['says']}"
    for one in worst
]
print(", ".join(f"{one['title']} {one['amount']}" for one in worst))
kinv.figures.labelled_rows(rows, titles)

# %% [markdown]
# The network was not sure of these before. That is how to read this part: it shows where a network is fragile, not
# what is typical.
#
# ## Where in the network?
#
# The section `layers` says how far each layer's output moves. 1 is as far as the output for another image. The report
# kept a figure of it.

# %%
Image(report.folder / report.content["sections"]["layers"]["figures"][0])

# %% [markdown]
# Read it from top to bottom. Noise moves the first layers further than another image would. Later layers ignore some of
# it, but not enough. Loss of colour moves every layer least, and rotation moves all of them far.
#
# ## What is in the folder
#
# The page is one HTML file that needs nothing else. In a notebook, `report` as the last line of a cell shows it. The
# next cell lists the rest.

# %%
for place in sorted(report.folder.glob("*")) + sorted(
    (report.folder / "tables").glob("*")
):
    files = len(list(place.rglob("*.*"))) if place.is_dir() else 1
    print(
        f"{place.relative_to(report.folder).as_posix():28}{f'{files} files' if place.is_dir() else ''}"
    )

# %% [markdown]
# The tables open in any spreadsheet. `tables/screening` is what `kinv.Screening.load` reads.
#
# ## Limits for continuous integration
#
# We asked for two limits. `rotation:unchanged@20=0.8` means: at 20 degrees, at least 80 % of the predictions must stay.
# The next cell shows what was measured.

# %%
print("\n".join(report.broken()))
pd.DataFrame(report.content["limits"])[
    ["limit", "measured", "low", "high", "passed"]
].round(2)

# %% [markdown]
# One limit is broken. It lies above the whole interval, so that chance is no excuse. The other one is reached, but with
# few images its interval is wide. Set limits with a margin, or measure more images.
#
# The same on the command line. It ends with status 3 and a line for each broken limit, so that the job fails:
#
# ```bash
# kinv report my_model.keras --images my/photos --preset quick --output ci_report \
#     --fail-under rotation:unchanged@20=0.8 greyscale:unchanged@1=0.7
# ```
#
# ## What we have learned
#
# SqueezeNet ignores loss of colour more than the other changes that were tried. It does not ignore noise and blur that
# people hardly notice. A report says such things with intervals, the level of chance, and numbers of a known network.
#
# It cannot say whether your network will meet such noise. That depends on where you use it.
#
# ## Where to go next
#
# - [Your own network](own_model.ipynb): wrap it, check it, and compare it with another one
# - [Screen transformations yourself](screening.ipynb), with your own ranges
# - [A report on many machines](many_machines.ipynb), also one that is killed
# - [The guide: your own network](../guides/own_network.md), and [metamers and layers](../methods/metamers.md)
