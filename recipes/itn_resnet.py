"""Invariant Transformer Net on a residual network (the paper's second network is ResNet-101).

    python -m recipes.itn_resnet                        # default: 6 minutes and 3 GB on two cores
    python -m recipes.itn_resnet --preset smoke
    python -m recipes.itn_resnet --preset paper --download

The same experiment as `recipes.itn_alexnet`, on ResNet-101 where its weights are on this machine (or
`--download`), else on EfficientNet-Lite0, whose blocks are residual too and whose weights come inside a Python package.
"""

import dataclasses

from recipes import itn_alexnet
from recipes.command_line import main

CARD = itn_alexnet.CARD
RESIDUAL = {
    "classifier": "resnet101",
    "fallback": "efficientnet_lite0",
    "sure": 0.3,  # it is right on 92 % of such crops, SqueezeNet on 73 %
}
PRESETS = {name: dataclasses.replace(preset, **RESIDUAL) for name, preset in itn_alexnet.PRESETS.items()}

if __name__ == "__main__":
    main(itn_alexnet.run, PRESETS, __doc__)
