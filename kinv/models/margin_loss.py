"""A loss that ends where the prediction is safe."""

import keras
from keras import ops


@keras.saving.register_keras_serializable("kinv")
class MarginLoss(keras.losses.Loss):
    """How far the right class's logit falls short of leading all others by a margin (Crammer and Singer 2001).

    `max(0, margin + max_{j != y} z_j - z_y)`. Cross-entropy goes on rewarding confidence: SqueezeNet, which grows
    more confident with contrast, gets its pictures ever stronger although their predictions are long safe. This loss
    is silent there.

    Args:
        margin: by how much the right logit has to lead.

    Call arguments:
        y_true: int tensor `(B,)`.
        y_pred: logits `(B, classes)`.

    Raises:
        ValueError: a negative margin.
    """

    def __init__(self, margin: float = 1.0, name: str = "margin_loss", **kwargs):
        super().__init__(name=name, **kwargs)
        if not margin >= 0:
            raise ValueError(f"margin must not be negative, received {margin}")
        self.margin = margin

    def call(self, y_true, y_pred):
        right = ops.one_hot(ops.cast(ops.reshape(y_true, (-1,)), "int32"), y_pred.shape[-1], dtype=y_pred.dtype)
        own = ops.sum(y_pred * right, axis=-1)
        others = ops.max(y_pred - 1e9 * right, axis=-1)
        return ops.relu(self.margin + others - own)

    def get_config(self):
        return {**super().get_config(), "margin": self.margin}
