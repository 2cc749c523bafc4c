"""The methods: one `keras.Model` each, trained with `fit`."""

import kinv.backend  # noqa: F401  (starts the backend quietly, before anything else imports it)

from .collapse import CollapseNotice
from .filter_gan import FilterGAN
from .invariant_transformer import InvariantTransformer

__all__ = ["CollapseNotice", "FilterGAN", "InvariantTransformer"]
