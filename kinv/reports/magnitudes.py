"""The magnitudes that a report measures at: few, and closer together where predictions begin to change."""

from typing import Any

MAGNITUDES = {  # those of the catalogue span the same ranges; the neutral ones are added by `screen`
    "translate_x": (-0.5, -0.3, -0.15, -0.05, 0.05, 0.15, 0.3, 0.5),
    "translate_y": (-0.5, -0.3, -0.15, -0.05, 0.05, 0.15, 0.3, 0.5),
    "rotation": (-180, -90, -30, -10, 10, 30, 90, 180),
    "scale_x": (0.2, 0.5, 1.5, 3.0),
    "scale_y": (0.2, 0.5, 1.5, 3.0),
    "zoom": (0.2, 0.5, 0.75, 1.5, 3.0),
    "brightness": (-1.0, -0.6, -0.3, 0.3, 0.6, 1.0),
    "contrast": (0.0, 0.2, 0.5, 2.0, 3.0),
    "greyscale": (0.5, 1.0),
    "blur": (1.0, 2.0, 4.0, 10.0),
    "noise": (0.05, 0.15, 0.4, 1.0),
}
FEWER = {
    "translate_x": (-0.5, -0.15, 0.15, 0.5),
    "translate_y": (-0.5, -0.15, 0.15, 0.5),
    "rotation": (-180, -90, -20, 20, 90, 180),
    "scale_x": (0.2, 0.5, 3.0),
    "scale_y": (0.2, 0.5, 3.0),
    "zoom": (0.2, 0.6, 3.0),
    "brightness": (-1.0, -0.4, 0.4, 1.0),
    "contrast": (0.0, 0.3, 3.0),
    "greyscale": (0.5, 1.0),
    "blur": (2.0, 10.0),
    "noise": (0.1, 1.0),
}


def magnitudes_for(network: Any, thorough: bool = False) -> dict[str, tuple[float, ...]]:
    """Those of `MAGNITUDES`, or of `FEWER`, that change a network's images: grey ones have no colours to fade."""
    chosen = MAGNITUDES if thorough else FEWER
    return {name: values for name, values in chosen.items() if name != "greyscale" or network.input_shape[-1] > 1}
