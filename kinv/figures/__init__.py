"""What a person looks at: one module for each paper; every function takes results and returns a Figure."""

from . import invariant_transformer, sensitivity

__all__ = ["invariant_transformer", "sensitivity"]
