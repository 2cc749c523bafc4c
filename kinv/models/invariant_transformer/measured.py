"""What a trained Invariant Transformer Net can be asked: how much it keeps, and what its images look like."""

from collections.abc import Sequence
from typing import Any

from kinv.classifiers.classes import class_names
from kinv.data.checks import as_images
from kinv.training.frozen import Frozen

from .comparison import InvarianceComparison, compare_with_random


class Measured:
    """Methods of `InvariantTransformer` that need its network, but no training."""

    frozen: Frozen

    def studied_network(self) -> Any:
        """The classifier, or None."""
        return self.frozen.model

    def evaluate_invariance(
        self,
        images: Any,
        labels: Any = None,
        *,
        draws: int = 4,
        batch_size: int = 50,
        seed: int = 0,
        progress: bool = False,
    ) -> InvarianceComparison:
        """How many predictions the learned transformations keep, beside random and hand-made ones as large.

        Args:
            images: held-out images `(N, H, W, C)` in 0..255; a random half is for choosing the hand-made family.
            labels: `(N,)`: only images that the network gets right are used. None: all, with its own predictions.
            draws, batch_size, seed, progress: as in `kinv.analysis.compare_with_random`.

        Returns:
            The comparison; its `summary()` says in sentences whether the family is better than the controls.

        Raises:
            ValueError: images or labels do not fit the network, or it gets fewer than four of them right.
        """
        classifier = self.frozen.require("evaluate_invariance")
        return compare_with_random(self, classifier, images, labels, draws, batch_size, seed, progress, hand_made=True)

    def plot(self, images: Any, names: Sequence[str] | None = None) -> Any:
        """Images beside themselves at the corners of the family (figure 5), with the network's predictions.

        Args:
            images: a few images, `(N, H, W, C)` in 0..255.
            names: of the network's classes; default: those that it has.

        Returns:
            A Matplotlib `Figure`, with a row for every image. Predictions that stay are green, others red.

        Raises:
            ValueError: images do not fit the network.
        """
        from . import figures  # Matplotlib is slow to import

        classifier = self.frozen.require("plot")
        images = as_images(images, shape=classifier.input_shape[1:])
        known = class_names(classifier, names)
        known = [str(index) for index in range(classifier.output_shape[-1])] if known is None else known
        return figures.predicted_images(classifier, images, figures.at_corners(self, images), known)
