"""What matrices of space and of colour do to images, in words: shifts, turns, stretches, brightness and contrast.

Shapes: `B` matrices, `C` channels.
"""

import numpy as np

from .words import amount, title_of


def described(space: np.ndarray, color: np.ndarray, aspect: float) -> list[dict[str, str]]:
    """For each simple transformation, its title and its smallest and largest amount in the matrices.

    Args:
        space: `(B, 2, 3)`, from output positions to input positions.
        color: `(B, C, C + 1)`.
        aspect: width / height of the images.
    """
    magnitudes = {**space_magnitudes(space, aspect), **color_magnitudes(color)}
    rows = []
    for name, values in magnitudes.items():
        ends = [amount(name, value, sign=True) for value in (np.min(values), np.max(values))]
        if name in ("scale_x", "scale_y"):  # shown the other way round: 2 is half the size
            ends.reverse()
        rows.append({"title": title_of(name), "low": ends[0], "high": ends[1]})
    return rows


def space_magnitudes(space: np.ndarray, aspect: float) -> dict[str, np.ndarray]:
    """Magnitudes of kinv's transformations, each `(B,)`, into which spatial matrices `(B, 2, 3)` come apart.

    A matrix is a turn after a stretch (its polar decomposition), and a shift of the middle of the image.
    """
    linear, shift = space[:, :, :2].astype("float64"), space[:, :, 2:].astype("float64")
    middle = -np.linalg.pinv(linear) @ shift / 2  # where the middle is shown, in widths and heights
    pixels = linear * np.array([[1, aspect], [1 / aspect, 1]])
    angle = np.arctan2(pixels[:, 0, 1] - pixels[:, 1, 0], pixels[:, 0, 0] + pixels[:, 1, 1])
    cos, sin = np.cos(angle), np.sin(angle)
    back = np.stack([np.stack([cos, -sin], axis=-1), np.stack([sin, cos], axis=-1)], axis=1)
    stretch = back @ pixels
    return {
        "translate_x": middle[:, 0, 0],
        "translate_y": middle[:, 1, 0],
        "rotation": np.degrees(angle),
        "scale_x": stretch[:, 0, 0],
        "scale_y": stretch[:, 1, 1],
    }


def color_magnitudes(color: np.ndarray) -> dict[str, np.ndarray]:
    """What colour matrices `(B, C, C + 1)` do to grey on average over channels: a factor and a shift, each `(B,)`."""
    return {"contrast": color[:, :, :-1].sum(axis=2).mean(axis=1), "brightness": color[:, :, -1].mean(axis=1)}
