"""What a network ignores, as images: the two ends of the directions that are ignored most and least."""

from typing import Any

import numpy as np
from keras import ops
from matplotlib.figure import Figure

from kinv.arrays import check_drawn
from kinv.figures.labels import fitted, labels
from kinv.figures.style import ACCENT, QUIET, headline, new_figure, note_below, show_image

from .parts import PARTS, SPACE, Part
from .result import TITLES, UNITS, InvariantDirections

INCHES, BESIDE, ABOVE = 1.38, 0.95, 0.62  # of an image, of what stands beside a row, and of the lines over an image
MOST, LEAST = 3, 2  # ignored directions of each part


def strips(found: InvariantDirections, image: Any, fill: str = "zeros") -> Figure:
    """An image at both ends of the three most and the two least ignored directions, of space and of colour.

    Over each end stands what one sees there, and how far it is: in space, how far pixels move on average; in colour,
    how far values of pixels change. Between the ends is the image as it is.

    Args:
        found: the result of `kinv.invariant_directions`.
        image: `(H, W, 1 or 3)` in 0..255.
        fill: what lies outside the frame.

    Raises:
        ValueError: how far directions go was not measured, or the image has another shape or range.
    """
    image = check_drawn(np.asarray(image)[None], "image")
    chosen = [ends_shown(len(found[part])) for part in PARTS]
    count = max(map(len, chosen))
    width, height = 6 * INCHES + 2 * BESIDE, count * (INCHES + ABOVE) + 1.2
    figure, axes = new_figure(width, height, count, 6)
    for block, (part, places) in enumerate(zip(PARTS, chosen, strict=True)):
        directions = found[part]
        for row in range(count):
            three = axes[row, 3 * block : 3 * block + 3]
            if row >= len(places):
                for axis in three:
                    axis.set_axis_off()
                continue
            index = places[row]
            back, ahead = changed(directions.maps(index), part, image, fill)
            words = [
                f"{amount} {said}"
                for amount, said in zip(amounts(directions, index), directions.seen(index), strict=True)
            ]
            for axis, shown, text in zip(three, (back, image[0], ahead), (words[0], "as it is", words[1]), strict=True):
                show_image(axis, shown)
                axis.set_title(fitted(text, 0.97 * INCHES, lines=3), fontsize=10, pad=3)
            share = directions.movement[index] / directions.random
            kind = "most" if row < count - LEAST or index < len(directions) - LEAST else "least"
            three[0].set_ylabel(f"{TITLES[part]}\n{kind} ignored\n{share:.2f}", rotation=0, ha="right", va="center")
    headline(figure, f"{found.network}: what moves its predictions least, and most")
    note_below(
        figure,
        f"At each end, {found.share:.0%} of predictions are still the same. Numbers beside rows: how far predictions "
        "move for a small step, relative to a random direction.",
    )
    return figure


def bars(found: InvariantDirections) -> Figure:
    """How far each direction moves predictions, with 95 % intervals, beside a random direction.

    Args:
        found: the result of `kinv.invariant_directions`.
    """
    counts = [len(found[part]) for part in PARTS]
    figure, axes = new_figure(9.5, 0.3 * sum(counts) + 2.8, 2, 1, height_ratios=counts)
    for axis, part in zip(axes[:, 0], PARTS, strict=True):
        directions, rows = found[part], np.arange(len(found[part]))
        errors = np.abs(directions.interval - directions.movement[:, None]).T
        axis.barh(rows, directions.movement, color=ACCENT, height=0.6, xerr=errors, error_kw={"ecolor": QUIET})
        axis.axvline(directions.random, color=QUIET, linestyle="--")
        axis.set_yticks(rows, labels(directions.names))
        axis.invert_yaxis()
        axis.set_title(TITLES[part], fontsize=10, loc="left")
        axis.set_xlabel(f"movement per {UNITS[part]}")
    headline(figure, f"{found.network}: how far predictions move in directions, the most ignored first")
    note_below(figure, "Dashed: along a random direction. Thin lines: 95 % intervals over images.")
    return figure


def ends_shown(count: int) -> list[int]:
    """Places of the three most and the two least ignored of so many directions."""
    return sorted({*range(min(MOST, count)), *range(max(count - LEAST, 0), count)})


def amounts(directions: Any, index: int) -> list[str]:
    """How far the ends of a direction are, such as `2.5 %:`."""
    return [f"{100 * amount:.{int(amount < 0.0995)}f} %:" for amount in directions.amounts(index)]


def changed(maps: np.ndarray, part: str, image: np.ndarray, fill: str = "zeros") -> np.ndarray:
    """What maps of a part, `(B, R, R + 1)`, make of an image `(1, H, W, C)`: float32 `(B, H, W, C)`."""
    one = Part(part, image.shape[-1], fill if part == SPACE else "zeros")
    repeated = ops.convert_to_tensor(np.repeat(image, len(maps), axis=0).astype("float32"))
    return ops.convert_to_numpy(one.changed(one.prepare(repeated), maps))
