"""Image files to be read, and what folders of them give."""

import numpy as np
from PIL import Image

from kinv import data


def write(path, mode="RGB", size=(30, 20), **options):
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.random.default_rng(len(path.name)).integers(0, 256, (size[1], size[0], 3), "uint8")
    Image.fromarray(pixels).convert(mode).save(path, **options)


def labels_of(folder, **settings):
    problems = []
    source = data.find(str(folder), **settings)
    labels = source.load(8, on_problem=problems.append)[1]
    return None if labels is None else labels.tolist(), {problem.file: problem.found for problem in problems}
