"""Operations on Keras graphs: tap a layer, cut a network at a layer, replace a layer, wrap a classifier.

Only this package uses Keras's private graph.
"""

import kinv.backend  # noqa: F401  (starts the backend quietly, before anything else imports it)
