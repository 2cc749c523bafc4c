"""A Keras graph taken apart: a layer tapped, a network cut at one, another layer in its place, a classifier wrapped.

The only user of Keras's private graph.
"""

import kinv.backend  # noqa: F401  (starts the backend quietly, before anything else imports it)
