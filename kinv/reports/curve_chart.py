"""A curve with its interval as SVG geometry, which the page's style sheet colours.

Shapes: `M` points.
"""

from collections.abc import Sequence
from dataclasses import dataclass

WIDTH, HEIGHT = 300, 170
LEFT, RIGHT, TOP, BOTTOM = 50, 10, 10, 26  # margins
LETTER, GAP = 7.4, 6  # the width of a letter in a wide font, and what is left free between two texts


@dataclass(frozen=True)
class CurveChart:
    """Coordinates in a box of `width` by `height`.

    Attributes:
        line: points of the curve.
        band: points of the polygon around it.
        dots: `(x, y)` of each point.
        ticks: `(x, text)` below the axis, x in the middle of the text.
        levels: `(y, text)` beside it, of shares.
        chance: y of the chance line.
        width, height, left, right, bottom: the box and the frame of the axes in it.
    """

    line: str
    band: str
    dots: list[tuple[float, float]]
    ticks: list[tuple[float, str]]
    levels: list[tuple[float, str]]
    chance: float
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    right: int = WIDTH - RIGHT
    bottom: int = HEIGHT - BOTTOM


def curve_chart(
    magnitudes: Sequence[float],
    shares: Sequence[float],
    low: Sequence[float],
    high: Sequence[float],
    chance: float,
    labels: Sequence[str],
    neutral: int,
) -> CurveChart:
    """A curve of shares over magnitudes.

    Args:
        magnitudes: ascending, `(M,)`.
        shares, low, high: in 0..1, `(M,)`.
        chance: share of the chance line.
        labels: the magnitudes in words; those that would touch another one are left out.
        neutral: the place of the magnitude that changes nothing; its label comes before other middle ones.
    """
    first, span = magnitudes[0], (magnitudes[-1] - magnitudes[0]) or 1

    def across(magnitude: float) -> float:
        return round(LEFT + (magnitude - first) / span * (WIDTH - LEFT - RIGHT), 1)

    def up(share: float) -> float:
        return round(TOP + (1 - share) * (HEIGHT - TOP - BOTTOM), 1)

    places = [across(magnitude) for magnitude in magnitudes]
    dots = list(zip(places, map(up, shares), strict=True))
    upper = list(zip(places, map(up, high), strict=True))
    lower = list(zip(places, map(up, low), strict=True))
    return CurveChart(
        _points(dots),
        _points([*upper, *reversed(lower)]),
        dots,
        _spread(list(zip(places, labels, strict=True)), [0, len(places) - 1, neutral]),
        [(up(share), f"{100 * share:.0f} %") for share in (0, 0.5, 1)],
        up(chance),
    )


def _points(pairs):
    return " ".join(f"{x},{y}" for x, y in pairs)


def _spread(ticks, first):
    """Those ticks that do not touch each other: some first, then from the left; all of them inside the box."""
    kept = {}
    for place in dict.fromkeys([*first, *range(len(ticks))]):
        x, text = ticks[place]
        half = LETTER * len(text) / 2
        x = round(min(max(x, half), WIDTH - half), 1)
        if all(abs(x - other) >= half + LETTER * len(known) / 2 + GAP for other, known in kept.values()):
            kept[place] = (x, text)
    return [kept[place] for place in sorted(kept)]
