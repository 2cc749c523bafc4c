"""Invariant Transformer Net on a residual network (the paper's second network is ResNet-101).

    python -m recipes.itn_resnet                        # default: 25 minutes and 3 GB on two cores
    python -m recipes.itn_resnet --preset smoke
    python -m recipes.itn_resnet --preset paper --download
    python -m recipes.itn_resnet --family paper --keep 0.93 --at-share 0  # the paper's own, 8 minutes

The same experiment as `recipes.itn_alexnet` on ResNet-101 where its weights are on this
machine (or `--download`), else on EfficientNet-Lite0, whose blocks are residual too and whose weights come inside a
Python package.
"""

from dataclasses import replace
from typing import Any

from recipes import itn_alexnet
from recipes.experiment.command_line import main
from recipes.experiment.experiment import Experiment, presets, recipe

RESIDUAL: dict[str, Any] = {
    "classifier": "resnet101",
    "fallback": "efficientnet_lite0",
    "sure": 0.3,  # it is right on 92 % of such crops, SqueezeNet on 73 %
}
LARGEST: dict[str, Any] = {"keep": 0.89, "at_share": 0.88}
PRESETS = presets(
    default=replace(itn_alexnet.PRESETS["default"], **RESIDUAL, **LARGEST),
    smoke=replace(itn_alexnet.PRESETS["smoke"], **RESIDUAL),
    paper=replace(itn_alexnet.PRESETS["paper"], **RESIDUAL),
)


@recipe(PRESETS, card="invariant_transformer")
def run(config: itn_alexnet.Config, experiment: Experiment) -> dict[str, float]:
    """As `recipes.itn_alexnet`."""
    return itn_alexnet.run.within(config, experiment)


if __name__ == "__main__":
    main(run, __doc__)
