"""Which layer of a greedy stack is trained in which epoch."""

from collections.abc import Sequence

import keras

PER_LAYER = (keras.callbacks.EarlyStopping, keras.callbacks.ReduceLROnPlateau)  # they compare epochs of one layer


class Stages(keras.callbacks.Callback):
    """Selects the layer that every epoch trains.

    `keras.callbacks.EarlyStopping` ends the training of a layer, not of the stack. It starts afresh with the next
    layer, as `ReduceLROnPlateau` does: their errors can't be compared.

    Args:
        counts: the most epochs of every layer.
        callbacks: the other callbacks, which come before this one.
    """

    def __init__(self, counts: Sequence[int], callbacks: Sequence[keras.callbacks.Callback] = ()):
        super().__init__()
        self.per_layer = [callback for callback in callbacks if isinstance(callback, PER_LAYER)]
        self.layers = [layer for layer, count in enumerate(counts) for _ in range(count)]

    @property
    def naming(self) -> keras.callbacks.Callback:
        """A callback that adds the layer to the logs, 1 for the lowest; it comes before those that read logs."""
        return keras.callbacks.LambdaCallback(
            on_epoch_begin=lambda epoch, logs: self.model.select(self.layers[epoch]),
            on_epoch_end=lambda epoch, logs: logs.update(layer=self.layers[epoch] + 1),
        )

    def on_epoch_end(self, epoch, logs=None):
        layer = self.layers[epoch]
        stopped = any(getattr(one, "stopped_epoch", 0) == epoch > 0 for one in self.per_layer)
        if self.model.stop_training and stopped:
            rest = [later for later in self.layers[epoch + 1 :] if later > layer]
            self.layers[epoch + 1 :] = rest
            self.model.stop_training = not rest
        if epoch + 1 >= len(self.layers):
            self.model.stop_training = True
        elif self.layers[epoch + 1] != layer and not self.model.stop_training:
            for callback in self.per_layer:
                callback.on_train_end()  # the best weights of this layer
                callback.on_train_begin()
