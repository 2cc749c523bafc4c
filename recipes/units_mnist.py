"""What units of a deep belief net and of denoising autoencoders look for, on digits, and what they ignore.

    python -m recipes.units_mnist                   # default
    python -m recipes.units_mnist --preset smoke    # seconds: does it run?

Figures 1, 3, 4 and 7 of Erhan, Courville and Bengio 2010, from the artifacts of `recipes.dbn_mnist` and
`recipes.sdae_mnist`: maxima of the activation in all layers and from several starts, samples of clamped units, three
ways to look at a unit, and how the activation falls along invariance manifolds. Then what the paper dismisses, or
leaves to future work: great circles of least curvature beside the manifolds, and the part of the invariance that is one
to rotation, translation, scaling or stroke width.
"""

from collections.abc import Sequence
from typing import Any

from recipes.command_line import main
from recipes.unit_config import UnitConfig as Config

SMOKE = Config(
    preset="smoke", limit=100, shown=4, restarts=2, sampled=2, samples=2, gibbs_steps=2, measured=12, distances=3,
    paths=1, transformations=8,
)  # fmt: skip
PRESETS = {"default": Config(), "smoke": SMOKE, "paper": Config(measured=1000, distances=21, gibbs_steps=20_000)}
EXPECTED = (
    "Figure 1: third-layer units of both networks look for complicated patterns, some for pseudo-digits.",
    "Figure 1: most starts give roughly the same picture, and activations close to each other.",
    "Figure 3: samples of a clamped unit look like digits, with one or two modes for each unit.",
    "Figure 4: linear combinations and maxima are alike, and show parts; maxima are sharper. The mean of samples looks "
    "like a digit or a superposition of two.",
    "Figure 7: the claim is that the activation falls more slowly in upper layers. The text says the opposite of it: "
    "slopes smaller for the first layer than for the second, and, on MNIST, for the second than for the third.",
)


def run(config: Config, name: str = "units_mnist", expected: Sequence[str] = EXPECTED) -> dict[str, Any]:
    """Analyses the networks; returns the numbers."""
    import kinv.backend  # noqa: F401  (starts TensorFlow quietly, before anything else imports it)

    # isort: split
    from recipes.unit_analysis import run_on

    return run_on(config, name, expected)


if __name__ == "__main__":
    main(run, PRESETS, __doc__)
