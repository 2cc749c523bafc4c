"""Transformations and their magnitudes in words that need no explanation."""

import math

TITLES = {
    "translate_x": "Shift sideways",
    "translate_y": "Shift up or down",
    "rotation": "Rotation",
    "scale_x": "Stretch or squeeze in width",
    "scale_y": "Stretch or squeeze in height",
    "zoom": "Zoom in or out",
    "brightness": "Darker or brighter",
    "contrast": "Less or more contrast",
    "greyscale": "Loss of colour",
    "blur": "Blur",
    "noise": "Noise",
}
TIMES, MINUS = "\N{MULTIPLICATION SIGN}", "\N{MINUS SIGN}"
OF_WHAT = {
    "translate_x": "of the width",
    "translate_y": "of the height",
    "brightness": "of the range of pixels",
    "noise": "of the range of pixels",
}
PERCENT = ("translate_x", "translate_y", "brightness", "greyscale", "noise")


def title_of(transformation: str) -> str:
    """The name of a transformation as people say it; others than kinv's keep their own."""
    return TITLES.get(transformation, transformation)


def amount(transformation: str, magnitude: float, sign: bool = False) -> str:
    """A magnitude with its unit: `"15 %"`, `"10°"`, `"x 0.5"` (with a multiplication sign), `"2 px"`.

    Args:
        transformation: its name.
        magnitude: the magnitude.
        sign: whether to keep the sign, for transformations that have a direction.
    """
    if not math.isfinite(magnitude):
        return "?"
    value = magnitude if sign else abs(magnitude)
    shown = "+" if sign and value > 0 else MINUS if value < 0 else ""
    if transformation in PERCENT:
        plus = shown if transformation not in ("greyscale", "noise") else ""
        return f"{plus}{_short(100 * abs(value))} %"
    if transformation == "rotation":
        return f"{shown}{_short(abs(value))}°"
    if transformation in ("scale_x", "scale_y", "zoom"):  # 2 shows twice as much of the scene, at half the size
        return f"{TIMES}{_short(1 / value)}" if value > 0 else "?"
    if transformation == "contrast":
        return f"{TIMES}{_short(value)}"
    if transformation == "blur":
        return f"{_short(value)} px"
    return f"{shown}{_short(abs(value))}"


def full_amount(transformation: str, magnitude: float) -> str:
    """The same, and of what: `"15 % of the width"`, `"10°"`."""
    return " ".join(filter(None, (amount(transformation, magnitude), OF_WHAT.get(transformation))))


def listed(parts: list[str]) -> str:
    """`"a, b and c"`."""
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def _short(value: float) -> str:
    """At most two digits after the point, and no more than are of use."""
    digits = 0 if abs(value) >= 10 else 1 if abs(value) >= 2 else 2
    text = f"{value:.{digits}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
