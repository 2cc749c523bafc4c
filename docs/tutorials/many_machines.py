# %% [markdown]
# # How do you spread a long measurement over many machines?
#
# A screening of a large network on many images takes hours. kinv has no cluster engine yet: nothing in it starts jobs
# on other machines. But a screening can be split, the parts can be put together, and what was killed goes on. A batch
# system needs no more.
#
# You will learn
#
# - to split a screening by transformation, and to put the tables together;
# - to check that nothing has changed, bit for bit;
# - what cannot be split;
# - to go on with a report that was killed;
# - to write the same for Slurm.
#
# It needs `pip install "kinv[tensorflow-cpu,offline,parquet]"`, and takes about a minute. Two processes on this machine
# stand for two machines, and a small network of digits for a large one.

# %%
import json
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd

import kinv

# %% [markdown]
# ## Split by transformation
#
# Each transformation is screened independently of the others. So we give each job some of them, and a folder of its
# own. The next cell starts two jobs at the same time, and waits for them. A batch system would start the same commands.

# %%
command = Path(sys.executable).with_name("kinv")  # on the command line, simply: kinv
asked = "--classifier digit_cnn --images mnist --limit 100 --every 4 --no-figures --quiet".split()
parts = {"part_0": ["translate_x", "noise"], "part_1": ["rotation", "zoom"]}
jobs = []
for folder, names in parts.items():
    arguments = [
        command,
        "screen",
        *asked,
        "--transformations",
        *names,
        "--output",
        folder,
    ]
    jobs.append(
        subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    )
for job in jobs:
    job.communicate()
print("exit status:", [job.returncode for job in jobs])

# %% [markdown]
# Both jobs ended well. `--every 4` takes every fourth of the default magnitudes, to save time here. `--no-figures` leaves
# the figures to whoever joins the parts.
#
# ## Put the parts together
#
# `kinv.Screening.load` reads a folder, and `kinv.Screening.join` puts the tables below each other.

# %%
joined = kinv.Screening.join(
    [kinv.Screening.load(Path(folder) / "tables") for folder in parts]
)
joined.ranking()[
    ["transformation", "unchanged", "worst", "worst_unchanged", "low", "high"]
].round(2)

# %% [markdown]
# `unchanged` is the share of predictions that stay, averaged over the magnitudes. The ten digits are equally frequent
# here, so a share of 0.1 is what chance leaves. Strong noise leaves no more.
#
# Functions for tables take the joined screening as any other. The next cell draws all moves of the image on one axis.

# %%
kinv.figures.sensitivity.unchanged_by_distance(joined.accuracy)

# %% [markdown]
# The distance says how far the matrix of a move is from doing nothing. At the same distance, predictions stay more or
# less often, depending on the kind of move.
#
# ## Is it the same as in one piece?
#
# The next cell is the control. It screens all four transformations in one process, in this notebook, with the same
# settings. Then it compares all numbers, without any tolerance.

# %%
network = kinv.classifiers.load("digit_cnn")
digits = kinv.data.find("mnist").evenly(100)
names = [name for part in parts.values() for name in part]
magnitudes = {name: kinv.ops.TRANSFORMATIONS[name].thinned(4) for name in names}
whole = kinv.screen(network, digits, transformations=names, magnitudes=magnitudes)
for table in ("accuracy", "classes", "softmax", "critical_points"):
    one, other = getattr(joined, table), getattr(whole, table)
    print(f"{table:16}{len(one):5} rows, the same: {one.equals(other)}")

# %% [markdown]
# All tables are the same, bit for bit, also those under noise: its random numbers depend on the seed and the place of
# the image, and on nothing else.
#
# This holds on one kind of machine. Other processors round differently, so that the last digits of softmax outputs may
# differ, and rarely a prediction. Without `parquet`, tables are CSV files, of which older versions of pandas may round
# the last digit.
#
# ## What cannot be split
#
# Images cannot: two parts with other images of the same transformation are not added up. The next cell tries it.

# %%
first = kinv.Screening.load("part_0/tables")
try:
    kinv.Screening.join([first, first])
except ValueError as error:
    print(error)

# %% [markdown]
# The other use of `join` is for several networks: give each network, or each checkpoint of one, a job and a name of its
# own.
#
# ## A job that is killed
#
# Batch systems kill jobs. A report and a screening keep what they have finished, in their folder. The next cell starts
# a report, waits until three transformations are finished, and kills it.

# %%
asked = "digit_cnn --images mnist --preset quick --sections tolerance --quiet".split()
start = [command, "report", *asked, "--output", "killed_report"]
job = subprocess.Popen(start, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
inside = Path("killed_report/tables/screening/parts")
while job.poll() is None and len(list(inside.glob("*.done"))) < 3:
    time.sleep(0.05)
job.kill()
job.communicate()
finished = json.loads(Path("killed_report/report.json").read_text())["finished"]
print(
    f"exit status {job.returncode}; finished: {finished}; transformations kept: {len(list(inside.glob('*.done')))}"
)

# %% [markdown]
# The report is not finished, and there is no page yet. But the transformations that were done are there. The next cell
# gives the same command again, as a batch system does that starts a killed job anew.

# %%
again = subprocess.run(start, capture_output=True, text=True, check=True)
print(again.stdout)

# %% [markdown]
# It finished. Did the stop change anything? The control is a report that nobody killed. The next cell makes it, and
# compares the numbers of both.

# %%
kinv.report(
    network, "mnist", preset="quick", sections=["tolerance"], folder="whole_report"
)
for table in ("tolerance", "limits"):
    one, other = (
        pd.read_csv(f"{folder}/tables/{table}.csv")
        for folder in ("killed_report", "whole_report")
    )
    print(f"{table:12}{len(one):5} rows, the same: {one.equals(other)}")

# %% [markdown]
# The tables are the same. A screening goes on in the same way; within a transformation, it keeps its sums every half
# minute.
#
# ## On a cluster
#
# The same as an array of jobs for Slurm, one for each transformation. With `--requeue`, a job that had to make room is
# started again later, and goes on, as its folder is the same. A job that ran out of time has to be submitted again.
#
# ```bash
# #!/bin/bash
# #SBATCH --array=0-10
# #SBATCH --cpus-per-task=8
# #SBATCH --requeue
# names=(translate_x translate_y rotation scale_x scale_y zoom brightness contrast greyscale blur noise)
# name=${names[$SLURM_ARRAY_TASK_ID]}
# kinv screen --classifier my_model.keras --value-range 0 1 --images my/photos \
#     --transformations "$name" --no-figures --output "parts/$name"
# ```
#
# Afterwards, `kinv.Screening.join` puts `parts/*/tables` together, as above, and `save_figures` draws them. The folder must be on a file system that
# all machines see. Give each job its own folder: kinv refuses a second one in the same.
#
# ## What we have learned
#
# A screening in parts is the same screening. Split it by transformation or by network, not by images. A report cannot
# be split, but it may be killed, and goes on.
#
# ## Where to go next
#
# - [Screening](screening.ipynb): what the tables say
# - [The report](report.ipynb), and [the command line](../guides/command_line.md)
# - [Performance](../guides/performance.md): how long things take, also on a GPU
