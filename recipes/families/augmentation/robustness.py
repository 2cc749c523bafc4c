"""Test images under the eleven transformations of the screening, once for all networks."""

from collections.abc import Mapping

import numpy as np
from keras import ops

from kinv.ops import TRANSFORMATIONS
from recipes.families.augmentation.trivial import magnitude

SHARES = (0.25, 0.5)  # of the way from the neutral magnitude to either end of the range


def changed_images(images: np.ndarray, fill: str) -> dict[str, np.ndarray]:
    """The images `(N, H, W, C)`, transformed: `"rotation at 45"` to float32 images like them."""
    changed = {}
    for name, transformation in TRANSFORMATIONS.items():
        for value in dict.fromkeys(magnitude(name, share, up) for share in SHARES for up in (False, True)):
            moved = transformation(np.asarray(images, "float32"), value, fill, 0)
            changed[f"{name} at {value:.3g}"] = ops.convert_to_numpy(moved)
    return changed


def mean_by_name(changed: Mapping[str, np.ndarray], accuracies: np.ndarray) -> dict[str, float]:
    """The mean accuracy under every transformation, of those at all magnitudes, in the order of `changed`."""
    names = [label.partition(" at ")[0] for label in changed]
    return {
        name: float(np.mean([value for one, value in zip(names, accuracies, strict=True) if one == name]))
        for name in dict.fromkeys(names)
    }
