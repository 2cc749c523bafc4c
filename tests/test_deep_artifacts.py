"""The committed stacks and the classifier of rotated digits: what they can do."""

import json
from pathlib import Path

import numpy as np
import pytest

import kinv
from kinv import analysis, classifiers, data

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "artifacts"
STACKS = ("dbn_mnist", "sdae_mnist", "dbn_patches", "sdae_patches", "sdae_silhouettes")
NAMES = (*STACKS, "sdae_rotated_mnist")


def read(name):
    return json.loads((FOLDER / name / "metadata.json").read_text())


def test_together_they_are_small():
    sizes = [file["size"] for name in NAMES for file in kinv.verify(FOLDER / name).values()]
    assert sum(sizes) < 25_000_000


@pytest.mark.parametrize("name", STACKS)
def test_stacks_load_and_reconstruct(name):
    stack = kinv.load(FOLDER / name)
    if name.endswith("patches"):
        vectors = data.natural_patches(200, seed=1, held_out=True).vectors
    else:
        vectors = data.as_vectors(data.load("mnist" if name.endswith("mnist") else "silhouettes", "test")[0][::10])
    again = np.asarray(stack.reconstruct(vectors, 1))
    assert np.square(vectors - again).mean() < 0.5 * vectors.var(axis=0).mean()


@pytest.mark.parametrize(("name", "least"), [("sdae_mnist", (0.95, 0.6, 0.95)), ("dbn_mnist", (0.95, 0.8, 0.95))])
def test_units_of_digits_are_on_for_some(name, least):
    """At too high a rate most units of the second layer of autoencoders are off for every digit, for good."""
    stack = kinv.load(FOLDER / name)
    vectors = data.as_vectors(data.load("mnist", "train")[0])
    for layer, share in enumerate(least, 1):
        codes = np.asarray(stack.encode(vectors, layer))
        assert (codes.max(axis=0) > 0.5).mean() > share


def test_samples_are_digits_of_many_kinds():
    _, means = kinv.load(FOLDER / "dbn_mnist").sample(36, 300, seed=5)
    images = 255 * np.asarray(means).reshape(-1, 28, 28, 1)
    classes, surest = analysis.predict(classifiers.load("digit_cnn"), images)
    assert len(set(classes)) >= 7
    assert (surest > 0.9).mean() > 0.5


def test_filters_of_patches_are_edges():
    kernel = np.asarray(kinv.load(FOLDER / "sdae_patches").blocks[0].kernel)[:, ::5]
    fits = analysis.fit_gabors(kernel.T.reshape(-1, 12, 12))
    share = float(fits.edges(12, 0.6).mean())
    assert share > 0.4
    assert share == pytest.approx(read("sdae_patches")["metrics"]["edge_share"], abs=0.2)


def test_the_rotated_digits_classifier_reads_rotated_digits():
    images, labels = data.load("rotated_mnist", "test")
    assert analysis.accuracy(kinv.load(FOLDER / "sdae_rotated_mnist"), images[:2000], labels[:2000]) > 0.85
