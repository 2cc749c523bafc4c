"""Pure functions on pictures; `keras.ops` only."""

import kinv.backend  # noqa: F401  (starts the backend quietly, before anything else imports it)
