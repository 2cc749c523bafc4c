"""The tutorials: each is a source and a notebook that came out of it, and runs from start to end."""

import base64
import io
import time

import numpy as np
import pytest
from PIL import Image

from recipes.experiment import notebooks

nbformat = pytest.importorskip("nbformat", reason="needs Jupyter's formats: pip install 'kinv[docs]'")
NAMES = notebooks.names()
AT_EACH_CHANGE = ("augmentation_pipeline",)  # the others take minutes together: before a release
LARGEST, FEWEST_IMAGES = 800_000, 1  # bytes of a notebook, and images in it


def read(name):
    return nbformat.read(notebooks.TUTORIALS / f"{name}.ipynb", as_version=4)


def pictures(notebook):
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    return [
        Image.open(io.BytesIO(base64.b64decode(output.data["image/png"])))
        for output in outputs
        if "data" in output and "image/png" in output.data
    ]


@pytest.mark.parametrize("name", NAMES)
def test_a_notebook_is_what_came_out_of_its_source(name):
    """`python -m recipes.experiment.notebooks --names NAME` runs it again."""
    source, kept = notebooks.sourced(name), read(name)
    assert [(cell.cell_type, cell.source) for cell in kept.cells] == [
        (cell.cell_type, cell.source) for cell in source.cells
    ]
    code = [cell for cell in kept.cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in code] == list(range(1, len(code) + 1))
    assert all(output.output_type != "error" for cell in code for output in cell.outputs)
    assert (notebooks.TUTORIALS / f"{name}.ipynb").stat().st_size < LARGEST


@pytest.mark.parametrize("name", NAMES)
def test_images_are_not_blank(name):
    shown = pictures(read(name))
    assert len(shown) >= FEWEST_IMAGES
    assert all(np.asarray(image.convert("L")).std() > 5 for image in shown)


def test_a_script_keeps_its_first_line():
    assert "#!/bin/bash" in "".join(cell.source for cell in read("many_machines").cells)


def test_the_index_names_all():
    index = (notebooks.TUTORIALS / "index.md").read_text(encoding="utf-8")
    assert all(f"({name}.ipynb)" in index for name in NAMES) and index.count(".ipynb)") == len(NAMES) == 9


@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=pytest.mark.long if name in AT_EACH_CHANGE else pytest.mark.release) for name in NAMES],
)
def test_it_runs(name):
    start = time.monotonic()
    made = notebooks.executed(name)
    assert time.monotonic() - start < notebooks.SECONDS
    assert len(pictures(made)) == len(pictures(read(name)))
