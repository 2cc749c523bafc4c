"""Images that the real filters answer as generated filters answer the original: what a set of filters does, seen."""

from typing import Any

import keras
from keras import ops

from kinv.layers.seeds import seed_of
from kinv.ops.affine import affine_sample
from kinv.precision import Float32

from .codes import held

SIDE = 28  # pixels of a side for each pixel that strokes and blur reach
AFFINE = {"shift across": 0.07, "shift down": 0.07, "widen": 0.12, "slant": 0.12, "slant down": 0.12, "heighten": 0.12}
STROKES = {"strokes across": (0, 1), "strokes down": (1, 0), "strokes falling": (1, 1), "strokes rising": (1, -1)}
STROKE = 0.45  # of the way to the brightest neighbour
BLURS = {"blur across": (0, 1), "blur down": (1, 0)}
START = -0.7  # logarithm of the first lengths, in these units
BLUR, CURVE, GAIN = 0.5, 0.5, 0.8  # of the way to the neighbours' mean; of v (1 - v); of the logarithm


@keras.saving.register_keras_serializable("kinv")
class Counterparts(Float32, keras.layers.Layer):
    """Turns images and codes into counterparts of the images: the inverse `R(x, z)` of a set of generated filters.

    A few changes that a convolution can imitate, since they are alike everywhere: shifts, thicker or thinner strokes
    along four directions, blur or its opposite, a curve and a gain of brightness. Others, which it can imitate in part:
    slant, size, turning. Each has a parameter, a weighted sum of the code with a length that is learned.

    Codes with a root mean square above 1 count as if it were 1, as for filters (`MovingGenerator`).

    Args:
        image_shape: `(H, W, C)`.
        latent_dim: length of the latent code.
        seed: seeds the initial weights; None: any.

    Call arguments:
        images: `(B, H, W, C)` in 0..255.
        z: float tensor `(B, Z)`.
        only: names of parameters, without which all others are 0; default: all count.

    Returns:
        Tensor like `images`, in 0..255. Gradients pass where values are clipped.
    """

    def __init__(self, image_shape: Any, latent_dim: int, seed: int | None = None, **kwargs: Any):
        super().__init__(**kwargs)
        self.image_shape, self.latent_dim, self.seed = tuple(image_shape), latent_dim, seed
        gains = [f"gain {channel}" for channel in range(self.image_shape[2])]
        units = {**AFFINE, **dict.fromkeys(STROKES, STROKE), **dict.fromkeys(BLURS, BLUR), "curve": CURVE}
        self.units = {**units, **dict.fromkeys(gains, GAIN)}

    def build(self, images_shape=None, z_shape=None):
        shape = (self.latent_dim, len(self.units))
        start = keras.initializers.RandomNormal(1.0, seed=seed_of(self.seed, 0))
        self.directions = self.add_weight(shape=shape, initializer=start, name="directions")
        self.log_lengths = self.add_weight(
            shape=shape[1:], initializer=keras.initializers.Constant(START), name="log_lengths"
        )

    def parameters(self, z: Any) -> Any:
        """Parameters `(B, P)` of codes `(B, Z)`, in the order of `units`; normal with standard deviations `lengths`."""
        unit = self.directions / (ops.norm(self.directions, axis=0, keepdims=True) + keras.config.epsilon())
        return ops.matmul(z, unit) * self.lengths()

    def lengths(self) -> Any:
        """Standard deviations of the parameters over codes, `(P,)`."""
        return ops.convert_to_tensor(list(self.units.values()), self.variable_dtype) * ops.exp(self.log_lengths)

    def groups(self) -> dict[str, list[str]]:
        """The parameters by what they change: shift, shape, strokes, sharpness, brightness."""
        affine, names = list(AFFINE), list(self.units)
        return {
            "shift": affine[:2],
            "slant and size": affine[2:],
            "stroke width": list(STROKES),
            "sharpness": list(BLURS),
            "brightness": [name for name in names if name == "curve" or name.startswith("gain")],
        }

    def call(self, images, z, only=None):
        parameters = self.parameters(held(z))
        if only is not None:
            parameters = parameters * ops.convert_to_tensor([float(name in only) for name in self.units], "float32")
        columns = ops.split(parameters[:, :, None, None, None], len(self.units), axis=1)
        by_name = {name: column[:, 0] for name, column in zip(self.units, columns, strict=True)}
        changed, distances = images / 255.0, self._distances()
        for name, (down, across) in STROKES.items():
            wide, narrow, share = changed, changed, by_name[name]
            for far in distances:
                wide = ops.maximum(wide, ops.maximum(*_neighbours(wide, far * down, far * across)))
                narrow = ops.minimum(narrow, ops.minimum(*_neighbours(narrow, far * down, far * across)))
            changed = changed + ops.relu(share) * (wide - changed) + ops.relu(-share) * (narrow - changed)
        for name, (down, across) in BLURS.items():
            blurred = changed
            for far in distances:
                blurred = sum(_neighbours(blurred, far * down, far * across)) / 2
            changed = changed + by_name[name] * (blurred - changed)
        changed = affine_sample(changed, self._matrices(by_name))
        gains = ops.concatenate([by_name[f"gain {channel}"] for channel in range(self.image_shape[2])], axis=-1)
        inside = ops.clip(changed, 0.0, 1.0)
        changed = changed * ops.exp(gains) + by_name["curve"] * inside * (1 - inside)
        return 255.0 * (changed + ops.stop_gradient(ops.clip(changed, 0.0, 1.0) - changed))

    def _distances(self):
        """Of the neighbours that strokes and blur take in, one after the other: 1, and for larger images 2, 4, ..."""
        left, distances = max(1, round(min(self.image_shape[:2]) / SIDE)), []
        while left:
            distances.append(min(2 ** len(distances), left))
            left -= distances[-1]
        return distances

    def _matrices(self, by_name):
        x, y, widen, slant, down, heighten = (by_name[name][:, 0, 0, 0] for name in AFFINE)
        return ops.stack([ops.stack([1 + widen, slant, x], -1), ops.stack([down, 1 + heighten, y], -1)], axis=1)

    def compute_output_shape(self, images_shape, z_shape=None):
        return images_shape

    def get_config(self):
        own = {"image_shape": list(self.image_shape), "latent_dim": self.latent_dim, "seed": self.seed}
        return {**super().get_config(), **own}


def _neighbours(images, down, across):
    """Images moved by so many pixels one way and the other; edges are repeated."""
    rows, columns = abs(down), abs(across)
    padded = images
    for axis, reach in ((1, rows), (2, columns)):
        if reach:
            size = padded.shape[axis]
            first, last = (ops.take(padded, [index], axis=axis) for index in (0, size - 1))
            padded = ops.concatenate([*([first] * reach), padded, *([last] * reach)], axis=axis)
    height, width = images.shape[1:3]

    def at(y: int, x: int) -> Any:
        return padded[:, rows + y : rows + y + height, columns + x : columns + x + width]

    return at(down, across), at(-down, -across)
