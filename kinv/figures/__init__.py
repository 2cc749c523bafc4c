"""Figures: one module per paper; every function takes results and returns a Figure."""

from kinv.public_names import lend

__all__: list[str] = []
__getattr__, __dir__ = lend(__name__, __all__)
