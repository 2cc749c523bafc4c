"""The networks under study. One contract for all: images in 0..255 in, logits out, a Functional core.

`load` returns a pretrained network and `build` the same network with random weights. `wrap` adapts any Keras
classifier to the contract.
"""

import kinv.backend  # noqa: F401  (starts the backend quietly, before anything else imports it)
from kinv.choices import class_index
from kinv.surgery.wrap import wrap

from .classes import class_names
from .registry import CLASSIFIERS, Classifier, build, load

__all__ = ["CLASSIFIERS", "Classifier", "build", "class_index", "class_names", "load", "wrap"]
