"""The generator of what lies beyond affine maps: from control parameters to sizes of smooth warps and the like."""

from collections.abc import Sequence
from typing import Any

import keras

from kinv.choices import checked_choice
from kinv.ops.flows import FLOWS

from .reach_generator import ReachGenerator

START, LIMIT = 0.06, 1.0  # of a mode's size, in its own unit: see `kinv.ops.flows`
BEFORE = ("warp",)  # the affine maps; the others are applied after them, in the order of the catalogue
SEEDED = ("noise",)


@keras.saving.register_keras_serializable("kinv")
class FlowGenerator(ReachGenerator):
    """Maps `k` to sizes of the modes of flows, as many as control parameters, as `ReachGenerator` says.

    Flows are smooth warps (8 modes), tone curves (3), small kernels (4) and noise (1), see `kinv.ops.flows`. With one
    of them alone, opposite sizes undo each other but for interpolation and clipping; noise has no inverse.

    Args:
        flows: names in `kinv.ops.flows.FLOWS`; they are applied in its order.
        symmetric: whether it reaches as far on both sides of every direction.

    Call arguments:
        k: float tensor `(B, G)` in 0..1.

    Returns:
        Tensor `(B, G)`.

    Raises:
        ValueError: no flow, an unknown one, or one twice.
    """

    def __init__(self, flows: Sequence[str], symmetric: bool = True, **kwargs):
        for name in flows:
            checked_choice("beyond", name, FLOWS)
        if not flows or len(set(flows)) < len(flows):
            raise ValueError(f"flows must be different names, at least one, received {tuple(flows)}")
        names = [name for name in FLOWS if name in flows]
        modes = [mode for name in names for mode in FLOWS[name].modes]
        super().__init__(len(modes), START, LIMIT, symmetric, **kwargs)
        self.flows, self.modes = names, modes

    def at(self, sizes):
        """The sizes themselves, `(B, G)`."""
        return sizes

    def before(self, images: Any, sizes: Any) -> Any:
        """Applies the flows that come before the affine maps: images `(B, H, W, C)` in 0..255, sizes `(B, G)`."""
        return self._applied(images, sizes, True, None)

    def after(self, images: Any, sizes: Any, seed: Any) -> Any:
        """Applies the flows that come after the affine maps; the seed is of the noise."""
        return self._applied(images, sizes, False, seed)

    def _applied(self, images, sizes, before, seed):
        first = 0
        for name in self.flows:
            flow = FLOWS[name]
            own = sizes[:, first : first + len(flow.modes)]
            first += len(flow.modes)
            if (name in BEFORE) == before:
                images = flow.apply(images, own, seed) if name in SEEDED else flow.apply(images, own)
        return images

    def compute_output_shape(self, k_shape):
        return k_shape[0], self.controls

    def get_config(self):
        return {**super().get_config(), "flows": list(self.flows), "symmetric": self.symmetric}
