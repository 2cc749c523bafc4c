"""What every figure must be: readable at the size it is shown."""

from itertools import combinations

from matplotlib.text import Text

SMALLEST = 10  # points
TOUCHING = 2  # pixels that two texts may share: their boxes are a little larger than the letters


def check(figure):
    """Letters of ten points and more at 150 dots an inch, inside the figure, none on another; no empty axes.

    A number inside the cell of a map may stand on the map: texts are compared with each other only.
    """
    assert figure.dpi == 150
    figure.canvas.draw()
    renderer, whole = figure.canvas.get_renderer(), figure.bbox
    boxes, hidden = {}, set(_hidden(figure))
    for text in figure.findobj(Text):
        if text.get_text().strip() and text.get_visible() and text not in hidden:
            assert text.get_fontsize() >= SMALLEST, f"{text.get_text()!r} has {text.get_fontsize()} points"
            boxes[text] = text.get_window_extent(renderer)
    for text, box in boxes.items():
        inside = box.x0 > -1 and box.y0 > -1 and box.x1 < whole.x1 + 1 and box.y1 < whole.y1 + 1
        assert inside, f"{text.get_text()!r} is outside of the figure"
    for (first, one), (second, other) in combinations(boxes.items(), 2):
        wide = min(one.x1, other.x1) - max(one.x0, other.x0)
        high = min(one.y1, other.y1) - max(one.y0, other.y0)
        assert min(wide, high) <= TOUCHING, f"{first.get_text()!r} and {second.get_text()!r} are on each other"


def _hidden(figure):
    """Texts that are not drawn: labels of ticks outside the limits, and all that belongs to axes that are off."""
    for axes in figure.axes:
        for axis in (axes.xaxis, axes.yaxis):
            low, high = sorted(axis.get_view_interval())
            for tick in (*axis.get_major_ticks(), *axis.get_minor_ticks()):
                if not axes.axison or not low <= tick.get_loc() <= high:
                    yield from (tick.label1, tick.label2)
            if not axes.axison:
                yield axis.label
