"""Which transformations does a residual network tolerate? (Bunne, Rahmann and Wolf; figures 3 and 7).

    python -m recipes.screen_resnet                     # default: 6 minutes and 2 GB on two cores
    python -m recipes.screen_resnet --preset smoke
    python -m recipes.screen_resnet --preset paper --download

The same screening as `recipes.screen_alexnet`, of ResNet-101 where its weights are on this machine (or
`--download`), else of EfficientNet-Lite0, whose blocks are residual too and whose weights come inside a Python package.
"""

import dataclasses

from recipes import screen_alexnet
from recipes.command_line import main

RESIDUAL = {"classifier": "resnet101", "fallback": "efficientnet_lite0"}
PRESETS = {name: dataclasses.replace(preset, **RESIDUAL) for name, preset in screen_alexnet.PRESETS.items()}

if __name__ == "__main__":
    main(screen_alexnet.run, PRESETS, __doc__)
