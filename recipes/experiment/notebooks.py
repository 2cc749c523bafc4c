"""Runs the tutorials in docs/tutorials/ and keeps them as notebooks with their outputs.

python -m recipes.experiment.notebooks                    # all, some minutes
python -m recipes.experiment.notebooks --names units      # one

Each tutorial is a pair: NAME.py is written by hand (jupytext's percent format), NAME.ipynb is what came out. They run
in an empty folder, without a folder of data sets, as on a machine that has nothing but the packages.
"""

import base64
import io
import os
import re
import tempfile
from pathlib import Path
from typing import Any

import jupytext
import nbformat
import numpy as np
from nbclient import NotebookClient
from PIL import Image

from recipes.experiment.command_line import command

ROOT = Path(__file__).parents[2]
TUTORIALS = ROOT / "docs" / "tutorials"
SECONDS = 180  # at most, for a tutorial
HIDDEN = ("KINV_DATA_DIR", "KERAS_BACKEND", "MPLBACKEND")  # of the environment, which tutorials do not see
COLORS = 256
NEWLINE = "\n"
FORMAT = {"extension": ".py", "format_name": "percent", "comment_magics": False}  # `#!/bin/bash` stays as it is
PNG = "image/png"
ADDRESS = re.compile(r" at 0x[0-9a-f]+")
REMARKS = re.compile(r"^(WARNING: All log messages before absl|[IWE]0000 |To enable the following).*\n?", re.MULTILINE)


def names() -> list[str]:
    """The tutorials' names."""
    return sorted(source.stem for source in TUTORIALS.glob("*.py"))


def sourced(name: str) -> Any:
    """A tutorial as a notebook without outputs; its cells have the same ids every time."""
    read = jupytext.read(TUTORIALS / f"{name}.py", fmt=FORMAT)
    for index, cell in enumerate(read.cells):
        cell.id = f"cell-{index}"
        cell.metadata = nbformat.NotebookNode()
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    read.metadata = nbformat.from_dict({"kernelspec": kernel, "language_info": {"name": "python"}})
    return read


def executed(name: str) -> Any:
    """A tutorial as a notebook with its outputs.

    Raises:
        nbclient.exceptions.CellExecutionError: a cell failed.
        nbclient.exceptions.CellTimeoutError: a cell took too long.
    """
    notebook = sourced(name)
    seen = {name: value for name, value in os.environ.items() if name not in HIDDEN}
    with tempfile.TemporaryDirectory() as folder:
        place = {"metadata": {"path": folder}}
        client = NotebookClient(notebook, timeout=SECONDS, resources=place, coalesce_streams=True)
        client.execute(env={**seen, "PYTHONPATH": str(ROOT)})
        for cell in notebook.cells:
            cell.metadata = nbformat.NotebookNode()
            if "outputs" in cell:
                cell.outputs = [output for output in cell.outputs if _cleaned(output, folder)]
    return notebook


def _cleaned(output: Any, folder: str) -> bool:
    """Takes out what differs from run to run: this machine's places, addresses in memory, TensorFlow's remarks about
    the processor. Returns whether anything is left."""
    for holder in (output, output.get("data", {})):
        for kind in ("text", "text/plain"):
            if kind in holder:
                cleaned = REMARKS.sub("", ADDRESS.sub("", holder[kind].replace(folder, ".")))
                holder[kind] = f"{cleaned.strip(NEWLINE)}{NEWLINE}" if cleaned.strip() else ""
    images = output.get("data", {})
    if PNG in images:
        images[PNG] = _smaller(images[PNG])
    return output.get("text") != ""


def _smaller(image: str) -> str:
    """A PNG in base64 with 256 colours, which takes a third."""
    kept = io.BytesIO()
    read = Image.open(io.BytesIO(base64.b64decode(image)))
    whole = read.convert("RGB")
    few = whole.quantize(palette=whole.quantize(COLORS - 1), dither=Image.Dither.FLOYDSTEINBERG)
    numbers = np.where((np.asarray(whole) == 255).all(axis=-1), COLORS - 1, np.asarray(few)).astype("uint8")
    palette = [*(few.getpalette() or [])[: 3 * (COLORS - 1)]]
    few = Image.fromarray(numbers, "P")
    few.putpalette([*palette, *[255] * (3 * COLORS - len(palette))])  # white stays white
    few.save(kept, "png", optimize=True, dpi=read.info.get("dpi"))
    return base64.b64encode(kept.getvalue()).decode()


def run(names: tuple[str, ...] = ()) -> None:
    """Runs tutorials and writes their notebooks.

    Args:
        names: of the tutorials; default: all.
    """
    for name in names or globals()["names"]():
        nbformat.write(executed(name), TUTORIALS / f"{name}.ipynb")
        print(f"{name}.ipynb", flush=True)


if __name__ == "__main__":
    command(run, __doc__)
