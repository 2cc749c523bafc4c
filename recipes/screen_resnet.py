"""Which transformations does a residual network tolerate? (Bunne, Rahmann and Wolf; figures 3 and 7).

    python -m recipes.screen_resnet                     # default: 6 minutes and 2 GB on two cores
    python -m recipes.screen_resnet --preset smoke
    python -m recipes.screen_resnet --preset paper --download

The same screening as `recipes.screen_alexnet`, of ResNet-101 where its weights are on this machine (or
`--download`), else of EfficientNet-Lite0, whose blocks are residual too and whose weights come inside a Python package.
"""

from dataclasses import replace

from recipes import screen_alexnet
from recipes.experiment.command_line import main
from recipes.experiment.experiment import Experiment, presets, recipe
from recipes.families.screening import RESIDUAL, ScreeningConfig

PRESETS = presets(**{name: replace(preset, **RESIDUAL) for name, preset in screen_alexnet.PRESETS.items()})


@recipe(PRESETS)
def run(config: ScreeningConfig, experiment: Experiment) -> dict[str, float]:
    """As `recipes.screen_alexnet`."""
    return screen_alexnet.run.within(config, experiment)


if __name__ == "__main__":
    main(run, __doc__)
