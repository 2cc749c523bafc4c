"""What units of denoising autoencoders look for, on silhouettes, and what they ignore: `recipes.units_mnist` on others.

    python -m recipes.units_silhouettes                   # default
    python -m recipes.units_silhouettes --preset smoke    # seconds: does it run?

Figures 2 (below) and 7 of Erhan, Courville and Bengio 2010, from the artifact of `recipes.sdae_silhouettes`.
"""

from dataclasses import replace
from typing import Any

from recipes.command_line import main
from recipes.unit_config import UnitConfig as Config
from recipes.units_mnist import PRESETS as DIGITS

NETWORKS = {"data": "silhouettes", "networks": ("sdae_silhouettes",)}
PRESETS = {name: replace(preset, **NETWORKS) for name, preset in DIGITS.items()}
EXPECTED = (
    "Figure 2: a few third-layer units look for whole objects, such as faces; most for parts that are there or not.",
    "Figure 7: as on digits (see `recipes.units_mnist`).",
)


def run(config: Config) -> dict[str, Any]:
    """Analyses the network; returns the numbers."""
    import kinv.backend  # noqa: F401  (starts TensorFlow quietly, before anything else imports it)

    # isort: split
    from recipes.unit_analysis import run_on

    return run_on(config, "units_silhouettes", EXPECTED)


if __name__ == "__main__":
    main(run, PRESETS, __doc__)
