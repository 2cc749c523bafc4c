"""How far one can go along a line until something changes: a search over sizes."""

from collections.abc import Callable


def farthest(kept: Callable[[float], float], least: float, first: float, limit: float, bisections: int) -> float:
    """The largest size that keeps a share: doubled while it does, then bisected.

    Sizes between those that were tried are taken to keep it, too.

    Args:
        kept: the share that a size keeps, 0..1.
        least: the share to keep.
        first: the size that is tried first.
        limit: no size beyond this one is tried.
        bisections: how many.

    Returns:
        A size that keeps the share, or 0. It is the last that is at most `limit` if none failed.
    """
    reached, size = 0.0, first
    while size <= limit and kept(size) >= least:
        reached, size = size, 2 * size
    if size > limit:
        return reached
    beyond = size
    for _ in range(bisections):
        middle = (reached + beyond) / 2
        reached, beyond = (middle, beyond) if kept(middle) >= least else (reached, middle)
    return reached
