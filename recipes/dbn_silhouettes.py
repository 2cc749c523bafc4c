"""A deep belief net on silhouettes: `recipes.dbn_mnist` on Caltech-101's (Marlin et al. 2010), or on animals.

    python -m recipes.dbn_silhouettes                   # default
    python -m recipes.dbn_silhouettes --preset smoke    # seconds: does it run?

A data set of Erhan, Courville and Bengio 2010, section 4.4, where `KINV_DATA_DIR` holds it; else the animals inside the
package animal-mnist.
"""

from dataclasses import replace

from recipes.command_line import main
from recipes.dbn_mnist import PRESETS as DIGITS
from recipes.dbn_mnist import run
from recipes.deep_config import SILHOUETTES

CARD = "silhouettes"
SETTINGS = {"default": SILHOUETTES, "smoke": {"data": "silhouettes"}, "paper": SILHOUETTES}
PRESETS = {name: replace(preset, **SETTINGS[name]) for name, preset in DIGITS.items()}


if __name__ == "__main__":
    main(run, PRESETS, __doc__)
