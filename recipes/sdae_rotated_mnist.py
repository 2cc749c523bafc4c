"""Denoising autoencoders on rotated digits, fine-tuned: the network of Erhan, Courville and Bengio 2010, section 5.2.

    python -m recipes.sdae_rotated_mnist                   # default
    python -m recipes.sdae_rotated_mnist --preset smoke    # seconds: does it run?

As `recipes.sdae_mnist`, but the artifact holds the classifier that fine-tuning makes.
"""

from dataclasses import replace
from functools import partial

from recipes.command_line import main
from recipes.sdae_mnist import PRESETS as DIGITS
from recipes.sdae_mnist import run as run_stack

CARD = "sigmoid_network"
LARGE = {"deformed": False, "epochs": 30, "batch_size": 50, "tune_epochs": 60, "tune_batch_size": 50, "tune_rate": 0.05}
SETTINGS = {"default": LARGE, "smoke": {}, "paper": LARGE}
PRESETS = {name: replace(preset, data="rotated_mnist", **SETTINGS[name]) for name, preset in DIGITS.items()}
run = partial(run_stack, keep_classifier=True)


if __name__ == "__main__":
    main(run, PRESETS, __doc__)
