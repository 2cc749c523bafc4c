"""Invariant Transformer Net on a network of digits, whose invariances people know.

    python -m recipes.itn_digits                     # default: minutes on two cores
    python -m recipes.itn_digits --preset smoke
    python -m recipes.itn_digits --beyond            # affine maps alone

The same experiment as `recipes.itn_alexnet`: one can say beforehand what such a network should ignore (small shifts,
shear, the width of strokes) and what it should not (a 6 turned upside down is a 9).
"""

from dataclasses import replace
from typing import Any

from recipes import itn_alexnet
from recipes.experiment.command_line import main
from recipes.experiment.experiment import Experiment, presets, recipe

DIGITS: dict[str, Any] = {
    "classifier": "digit_cnn",
    "fallback": "digit_cnn",
    "data": "mnist",
    "crops": False,  # they stand in the middle, and none is a mirror image
    "adapted_on": 500,
    "batch_size": 128,
    "learning_rate": 0.05,  # a batch's gradient has less noise than one of photographs
    "beyond": ("warp", "tone", "kernels"),  # shapes and strokes
    "symmetric": False,  # it takes ten times the contrast, but not a tenth
    "keep": 0.9,
    "at_share": 0.9,
}
SETTINGS: dict[str, dict[str, Any]] = {
    "default": {"limit": 5000},
    "smoke": {"adapted_on": 0, "batch_size": 16, "at_share": 0.0},
    "paper": {"family": "largest"},
}
PRESETS = presets(**{name: replace(itn_alexnet.PRESETS[name], **{**DIGITS, **own}) for name, own in SETTINGS.items()})


@recipe(PRESETS, card="invariant_transformer")
def run(config: itn_alexnet.Config, experiment: Experiment) -> dict[str, float]:
    """As `recipes.itn_alexnet`."""
    return itn_alexnet.run.within(config, experiment)


if __name__ == "__main__":
    main(run, __doc__)
