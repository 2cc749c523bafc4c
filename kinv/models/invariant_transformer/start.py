"""Where the largest family starts: how far along every generator, and how far altogether.

Shapes: `B` batch, `G` generators.
"""

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
from keras import ops

from kinv.backend import compile
from kinv.farthest import farthest

from .batch import Batch
from .volume import smoothly_right

LEAST = 0.95  # of the smooth share of predictions that stay, at the size that is looked for
FIRST, BISECTIONS = 0.02, 2  # of the sizes that are tried
SMALLEST = FIRST / 4  # where not even the first keeps enough
OF_IT = 0.5  # of those sizes: all generators together change more than each alone
SMALLER, LARGER, HALVINGS = 1 / 16, 4.0, 6  # factors between which the size of all is searched, and how finely
APART = 1.25  # the factor between the sizes from whose shares the multiplier is known
SLOPES = 0.01, 1.0  # of the share, between which its slope is taken to be
FEW = 36  # images for the search along every generator; for that of the scale, chance needs more
AT_A_TIME = 48  # images
DRAWS = 2  # members of the family for each image


def adapt(transformer: Any, classify: Callable[[Any], Any], batch: Batch) -> None:
    """Sets a transformer's reach and its multiplier by what a network ignores in images.

    Args:
        transformer: an `InvariantTransformer` of the largest family.
        classify: images to logits.
        batch: images with their labels and the logits of the originals.
    """
    generators, count = transformer.parts(), batch.images.shape[0]
    rows = np.unique(np.linspace(0, count - 1, min(FEW, count)).astype(int))
    transform = compile(transformer.apply_matrices)
    few = Batch(*(None if part is None else ops.take(part, rows, axis=0) for part in batch))

    def logits(of: Any, *sizes: np.ndarray) -> Any:
        found = []
        for start in range(0, len(sizes[0]), AT_A_TIME):
            some = slice(start, start + AT_A_TIME)
            maps = (generator.at(part[some]) for generator, part in zip(generators, sizes, strict=True))
            seed = ops.convert_to_tensor([0, start], "int32")
            found.append(ops.cast(classify(transform(of[some], *maps, seed=seed)), "float32"))
        return ops.concatenate(found)

    def reached(generator: Any) -> np.ndarray:
        """How far to go along every direction of a part, alone."""
        if generator is transformer.space_generator:
            return np.full(generator.controls, generator.start)

        def along(sizes: np.ndarray) -> float:
            still = (np.zeros((len(rows), other.controls)) for other in generators)
            each = [
                np.repeat(sizes[None], len(rows), axis=0) if other is generator else none
                for other, none in zip(generators, still, strict=True)
            ]
            return float(ops.mean(smoothly_right(logits(few.images, *each), few)))

        return start_sizes(along, generator.controls, generator.limit)

    alone = [reached(generator) for generator in generators]
    members = [[2 * ops.convert_to_numpy(k) - 1 for k in transformer.draw(count)] for _ in range(DRAWS)]

    def scaled(factor: float) -> list[np.ndarray]:
        return [np.minimum(factor * of, generator.limit) for of, generator in zip(alone, generators, strict=True)]

    def moved(factor: float) -> list[Any]:
        of = scaled(factor)
        return [logits(batch.images, *(size * part for size, part in zip(of, parts, strict=True))) for parts in members]

    def right(factor: float) -> float:
        return float(np.mean([batch.accuracy(one) for one in moved(factor)]))

    factor = start_scale(right, transformer.accuracy_threshold * float(batch.own))

    def smoothly(more: float) -> float:
        return float(np.mean([ops.mean(smoothly_right(one, batch)) for one in moved(more * factor)]))

    for generator, of in zip(generators, scaled(factor), strict=True):
        generator.reach.assign(np.diag(of))
        if generator.lean is not None:
            generator.lean.assign(np.zeros(generator.controls))
    if transformer.conditioner is not None:
        transformer.conditioner.forget()
    transformer.multiplier.assign(start_multiplier(smoothly, sum(transformer.controls)))


def start_sizes(share: Callable[[np.ndarray], float], count: int, limit: float) -> np.ndarray:
    """How far the family should reach along every generator at the start of training, `(G,)`.

    Args:
        share: the smooth share of predictions that stay under the maps of one element of the algebra `(G,)`.
        count: `G`.
        limit: no generator reaches farther.
    """
    unmoved = share(np.zeros(count))

    def kept(direction: np.ndarray, size: float) -> float:
        return (share(size * direction) + share(-size * direction)) / 2 / unmoved

    return OF_IT * np.array(
        [
            max(
                SMALLEST, farthest(lambda size, along=along: kept(along, size), LEAST, FIRST, limit / OF_IT, BISECTIONS)
            )
            for along in np.eye(count)
        ]
    )


def start_scale(share: Callable[[float], float], least: float) -> float:
    """The factor by which all sizes are multiplied so that a share of the predictions stays.

    Args:
        share: of the predictions that stay under a factor, 0..1; it falls as the factor grows.
        least: the share to keep.
    """
    low, high = np.log(SMALLER), np.log(LARGER)
    if share(SMALLER) < least:
        warnings.warn(
            f"even {SMALLER:.3g} times as large, the family keeps less than {least:.2f} of the predictions right: "
            "training starts there. Is the network sure of these images?",
            stacklevel=4,
        )
        return SMALLER
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if share(float(np.exp(middle))) >= least else (low, middle)
    return float(np.exp(low))


def start_multiplier(share: Callable[[float], float], generators: int) -> float:
    """The multiplier at which the family neither grows nor shrinks: volume gains as much as the share loses.

    Args:
        share: the smooth share of predictions that stay under a factor of all sizes.
        generators: how many there are: the log-volume's slope along the logarithm of the factor.
    """
    falls = (share(1 / APART) - share(APART)) / (2 * np.log(APART))
    return generators / float(np.clip(falls, *SLOPES))
