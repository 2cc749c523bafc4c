"""What units of a deep belief net and of denoising autoencoders look for in natural images, and what they ignore.

    python -m recipes.units_patches                   # default
    python -m recipes.units_patches --preset smoke    # seconds: does it run?

Figures 2, 3, 4 and 7 of Erhan, Courville and Bengio 2010, from the artifacts of `recipes.dbn_patches` and
`recipes.sdae_patches`: `recipes.units_mnist` on others.
"""

from dataclasses import replace
from functools import partial

from recipes.command_line import main
from recipes.units_mnist import PRESETS as DIGITS
from recipes.units_mnist import run as analyse

NETWORKS = {"data": "patches", "networks": ("dbn_patches", "sdae_patches")}
PRESETS = {name: replace(preset, **NETWORKS) for name, preset in DIGITS.items()}
EXPECTED = (
    "Figure 2: first-layer filters of autoencoders are like Gabor functions, those of the deep belief net are not.",
    "Figure 2: second-layer units of the deep belief net are gratings and Gabor functions; upper units of autoencoders "
    "find corners, among others.",
    "Figure 3: samples of a clamped unit have all the same pattern.",
    "Figure 7: as on digits, for the first two layers (see `recipes.units_mnist`).",
)
run = partial(analyse, name="units_patches", expected=EXPECTED)


if __name__ == "__main__":
    main(run, PRESETS, __doc__)
