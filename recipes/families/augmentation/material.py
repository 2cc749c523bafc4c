"""What an augmentation may learn from before a training: that training's labelled images, and networks of them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np


class Augmentation(Protocol):
    """Anything that changes images, such as a `kinv.models.InvariantTransformer` or an artifact that was loaded."""

    def augment(self, images: Any, seed: Any) -> Any:
        """Images `(B, H, W, C)` in 0..255 to float32 images like them; the same seed gives the same images."""
        ...


@dataclass(frozen=True)
class Material:
    """What one training has.

    Attributes:
        images: float32 `(N, H, W, C)` in 0..255. None where the augmentation is not learned from them.
        labels: int32 `(N,)`, or None.
        seed: of the training.
        fill: what lies outside the frame.
        name: of the network to train, or of the frozen one under it.
        untrained: the network with its first weights.
        network: the network, trained on these images without augmentation.
        trained_with: the network, trained on these images with an augmentation. All three are one object with other
            weights: use it before you ask for the next.
        other: a family that was learned from another network.
        steps: of learning a family of transformations.
    """

    images: np.ndarray | None
    labels: np.ndarray | None
    seed: int
    fill: str
    name: str
    untrained: Callable[[], Any]
    network: Callable[[], Any]
    trained_with: Callable[[Augmentation], Any]
    other: Callable[[], Any]
    steps: int = 0


@dataclass(frozen=True)
class Entry:
    """An augmentation of the table.

    Attributes:
        make: from a training's material and a strength.
        strengths: the candidates, one of which is chosen on validation images; one of them if there is nothing to tune.
        learned: whether it is learned from a network's invariances. The others are baselines.
        version: to be raised when `make` does something else, so that runs that were kept are not taken for new ones.
    """

    make: Callable[[Material, float], Augmentation]
    strengths: tuple[float, ...] = (1.0,)
    learned: bool = False
    version: int = 1
