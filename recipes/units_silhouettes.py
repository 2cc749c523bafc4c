"""What units of denoising autoencoders look for, on silhouettes, and what they ignore: `recipes.units_mnist` on others.

    python -m recipes.units_silhouettes                   # default
    python -m recipes.units_silhouettes --preset smoke    # seconds: does it run?

Figures 2 (below) and 7 of Erhan, Courville and Bengio 2010, from the artifact of `recipes.sdae_silhouettes`.
"""

from dataclasses import replace
from functools import partial

from recipes.command_line import main
from recipes.units_mnist import PRESETS as DIGITS
from recipes.units_mnist import run as analyse

NETWORKS = {"data": "silhouettes", "networks": ("sdae_silhouettes",)}
PRESETS = {name: replace(preset, **NETWORKS) for name, preset in DIGITS.items()}
EXPECTED = (
    "Figure 2: a few third-layer units look for whole objects, such as faces; most for parts that are there or not.",
    "Figure 7: as on digits (see `recipes.units_mnist`).",
)
run = partial(analyse, name="units_silhouettes", expected=EXPECTED)


if __name__ == "__main__":
    main(run, PRESETS, __doc__)
