"""Makes build/docs/, from which the site is built, of docs/: what Git hosts show by themselves becomes pages.

python -m recipes.experiment.site

Notebooks become pages with their outputs, equations MathML, which browsers draw without a script, and CONTRIBUTING.md a
page of its own. Links to notebooks lead to their pages.
"""

import re
import shutil
from pathlib import Path

from recipes.experiment.command_line import command

ROOT = Path(__file__).parents[2]
DOCS, STAGED = ROOT / "docs", ROOT / "build" / "docs"
DISPLAYED, INLINE = re.compile(r"^\$\$\n(.+?)\n\$\$$", re.DOTALL | re.MULTILINE), re.compile(r"\$`(.+?)`\$")
TO_NOTEBOOK = re.compile(r"(\]\((?!https?:)[^)]*)\.ipynb([)#])")
OUTSIDE = {"CONTRIBUTING.md": "project/contributing.md"}  # of docs/, to where they go


def page(text: str) -> str:
    """A page of docs/ as the site shows it."""
    from latex2mathml.converter import convert

    text = DISPLAYED.sub(lambda found: convert(" ".join(found[1].split()), display="block"), text)
    text = INLINE.sub(lambda found: f"<span>{convert(found[1])}</span>", text)  # else a line that starts so is a block
    return TO_NOTEBOOK.sub(r"\1.md\2", text)


def notebook(path: Path) -> tuple[str, dict[str, bytes]]:
    """A notebook as a page, and its images by file name."""
    import nbformat
    from nbconvert import MarkdownExporter

    read = nbformat.read(path, as_version=4)
    folder = f"{path.stem}_files"
    text, resources = MarkdownExporter().from_notebook_node(read, {"output_files_dir": folder, "unique_key": path.stem})
    text = _described(text)
    link = f"[This page is a notebook: `{path.name}`]({path.name})\n"
    return page(text).rstrip() + f"\n\n---\n\n{link}", resources["outputs"]


def _described(text: str) -> str:
    """Images of outputs say what they are of: the heading above them."""
    heading, lines = "", []
    for line in text.splitlines():
        heading = line.lstrip("# ") if line.startswith("#") else heading
        lines.append(re.sub(r"^!\[png\]", lambda _: f"![Output: {heading}]", line))  # noqa: B023
    return "\n".join(lines)


def run() -> None:
    """Writes build/docs/ anew."""
    shutil.rmtree(STAGED, ignore_errors=True)
    shutil.copytree(DOCS, STAGED, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    for source, place in OUTSIDE.items():
        shutil.copyfile(ROOT / source, STAGED / place)
    for written in STAGED.rglob("*.md"):
        written.write_text(page(written.read_text(encoding="utf-8")), encoding="utf-8")
    for path in STAGED.rglob("*.ipynb"):
        text, images = notebook(path)
        path.with_suffix(".md").write_text(text, encoding="utf-8")
        for name, image in images.items():
            (path.parent / name).parent.mkdir(exist_ok=True)
            (path.parent / name).write_bytes(image)
    print(f"Staged in {STAGED.relative_to(ROOT)}: {len(list(STAGED.rglob('*.md')))} pages")


if __name__ == "__main__":
    command(run, __doc__)
