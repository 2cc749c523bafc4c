"""Names that a stranger chose: in a line of text, in a figure, in a card."""

import pytest

from kinv.analysis.screening.tables import Screening
from kinv.figures import images as figures
from kinv.figures.labels import class_label, fitted, label
from kinv.figures.style import new_figure
from kinv.printable import file_stem, printable

NAMES = [
    *("$", "$$", r"$\frac", "a$b$c", r"\$x$", r"\\$x\$", r"\frac{$", "{$}", "%s {} $^", "aaaaaaaaaaaaaaa$b$c"),
    *("\x1b[31mred", "two\nlines", "\u202eabc", "\ud800", "\0", "\u2028", "", " ", "_hidden", "[bold]", "ä" * 100),
    "many" * 1_000_000,
]


@pytest.mark.parametrize("name", NAMES, ids=lambda name: ascii(name)[:40])
def test_any_name_is_one_short_line_that_nothing_obeys(name):
    shown = printable(name)
    assert len(shown) <= 200 and (shown.isprintable() or not shown) and "\n" not in shown
    assert "/" not in file_stem(f"../{name}") and len(file_stem(name)) <= 80
    assert printable(shown) == shown


def test_any_name_can_be_drawn():
    figure, ((axis,),) = new_figure(20, 20)
    for name in NAMES:
        axis.plot([0, 1], label=class_label(name))
    legend = axis.legend()
    axis.set_xticks(range(len(NAMES)), [label(name) for name in NAMES])
    axis.set_title(label(NAMES[2]))
    axis.set_xlabel(fitted(NAMES[9], 2.0))
    figure.canvas.draw()
    assert len(legend.get_texts()) == len(NAMES)  # none is hidden
    assert all(text.get_text() and "\n" not in text.get_text() for text in legend.get_texts())


def test_dollars_are_drawn_as_dollars():
    figure, ((axis,),) = new_figure(2, 2)
    drawn, expected = axis.text(0, 0, label("a$b$")), axis.text(0, 0, "a$b$", parse_math=False)
    figure.canvas.draw()
    assert drawn.get_window_extent().width == expected.get_window_extent().width


def test_figures_take_any_name(random):
    images = random.uniform(0, 255, (len(NAMES), 4, 4, 3))
    figures.contact_sheet(images, NAMES).canvas.draw()
    figures.labelled_rows({name: images[:1] for name in NAMES[:3]}, NAMES[:1]).canvas.draw()


def test_what_a_screening_says_is_short_and_plain():
    import pandas as pd

    from kinv.analysis.screening.tables import TABLES

    row = dict.fromkeys(TABLES["accuracy"], 0.5)
    row |= {"network": NAMES[-1], "transformation": "\x1b[31m", "magnitude_2": None, "images": 50}
    row |= {"turned_into_name": NAMES[-1], "turned_into_share": 0.9}
    other = {**row, "magnitude": 1.0, "unchanged": 0.1}
    found = Screening(pd.DataFrame([row, other]), pd.DataFrame(), pd.DataFrame())
    for text in (found.summary(), repr(found)):
        assert len(text) < 1000 and "\x1b" not in text
