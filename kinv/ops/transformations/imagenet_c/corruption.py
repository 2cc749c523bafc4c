"""The base class of ImageNet-C's corruptions.

Hendrycks and Dietterich 2019, "Benchmarking Neural Network Robustness to Common Corruptions and Perturbations"
(arXiv:1903.12261). Shapes: `B` batch, `H` height, `W` width, `C` channels.
"""

from abc import abstractmethod
from collections.abc import Sequence
from typing import Any

import numpy as np
from keras import ops

from ...stateless_random import seed_pair
from ..base import Transformation

PREFIX = "imagenet_c."
SEVERITIES = (0.0, 1.0, 2.0, 3.0, 4.0, 5.0)


class Corruption(Transformation):
    """A corruption of ImageNet-C. Its magnitude is the severity: 0, which changes nothing, or 1, 2, 3, 4 or 5.

    Severities have the parameters that the paper's code has for images of 224 x 224. Lengths in pixels are not scaled
    with the image, so severities mean less than the paper's on larger images, and more on smaller ones. Only the
    elastic transform's lengths are scaled: they are published as shares of the side. `fill` has no effect. Results are
    not rounded to whole grey levels, nor saved as JPEG files, as the images of the published data set were.

    The published parameters do not interpolate, so other numbers are refused. In a tensor whose values are not known
    yet, they are rounded. Height and width must be known.

    Args:
        name: the paper's, such as `"fog"`; the transformation is called `"imagenet_c.fog"`.
        levels: the parameters at severities 1 to 5.
    """

    def __init__(self, name: str, levels: Sequence[Any]):
        super().__init__(PREFIX + name, "severity", SEVERITIES[0], SEVERITIES, least=SEVERITIES[0])
        self.levels = tuple(levels)

    def check(self, magnitudes):
        super().check(magnitudes)
        values = np.asarray(magnitudes, "float64")
        wrong = values[~np.isin(values, SEVERITIES)]
        if wrong.size:
            raise ValueError(f"{self.name}: severities must be whole numbers in 0..5, received {wrong.flat[0]:g}")

    def apply(self, prepared, magnitudes, fill, seed):
        severities = ops.cast(ops.clip(ops.round(magnitudes), SEVERITIES[0], SEVERITIES[-1]), "int32")
        changed = self.corrupted(prepared, ops.maximum(severities, 1) - 1, seed_pair(seed))
        unchanged = ops.reshape(ops.equal(severities, 0), (-1, 1, 1, 1))
        return ops.where(unchanged, prepared, ops.clip(changed, 0.0, 255.0))

    @abstractmethod
    def corrupted(self, images: Any, level: Any, seed: Any) -> Any:
        """The corrupted images, which may leave 0..255.

        Args:
            images: float32 `(B, H, W, C)` in 0..255.
            level: int32 `(B,)`, the severity minus 1.
            seed: int32 `(2,)`.
        """

    def parameters(self, level: Any) -> list[Any]:
        """The parameters of every image, float32 `(B, 1, 1, 1)` each."""
        rows = ops.take(ops.convert_to_tensor(np.array(self.levels, "float32").reshape(len(self.levels), -1)), level, 0)
        return [ops.reshape(column, (-1, 1, 1, 1)) for column in ops.unstack(rows, axis=1)]


def of_level(tables: Any, level: Any) -> Any:
    """The row of every image, `(B, ...)`, in constants for each severity, `(5, ...)`."""
    return ops.take(ops.convert_to_tensor(np.asarray(tables, "float32")), level, axis=0)
