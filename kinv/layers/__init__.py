"""Differentiable building blocks; `keras.ops` only. Those of one method are defined with it, and exported here too."""

import kinv.backend  # noqa: F401  (starts the backend quietly, before anything else imports it)
from kinv.public_names import lend

from .corruption import Corruption
from .generated_convolution import GeneratedConvolution
from .local_response_normalization import LocalResponseNormalization

__all__ = ["Corruption", "GeneratedConvolution", "LocalResponseNormalization"]
__getattr__, __dir__ = lend(__name__, __all__)
