"""Seeds of a layer's parts."""


def seed_of(seed: int | None, number: int) -> int | None:
    """The seed of part `number` of a layer with this seed; None, for random ones, stays None."""
    return None if seed is None else seed + number
