"""The networks under study. One contract for all: images in 0..255 in, logits out, a Functional core.

`load` gives a pretrained network, `build` the same with random weights, `wrap` makes anybody's Keras classifier
keep the contract.
"""

import kinv.backend  # noqa: F401  (starts the backend quietly, before anything else imports it)
from kinv.surgery.wrap import wrap

from .registry import CLASSIFIERS, Classifier, build, load

__all__ = ["CLASSIFIERS", "Classifier", "build", "load", "wrap"]
