"""Says while a Filter GAN trains that it has collapsed, so that nobody waits for the end."""

import logging

import keras

logger = logging.getLogger("kinv.models")
WON = 0.05  # discriminator loss; where neither wins it is 2 log 2 = 1.39
ALIKE = 0.02  # diversity, in deviations of the real filters


class CollapseNotice(keras.callbacks.Callback):
    """Warns on the logger `kinv.models`, once, of each of two ends that a `FilterGAN` does not come back from.

    The discriminator has won when its loss stays below 0.05 for `patience` epochs: the generator then learns
    nothing more. The generator has collapsed when its filters hardly differ between latent codes.

    Args:
        patience: epochs.
    """

    def __init__(self, patience: int = 2):
        super().__init__()
        if patience < 1:
            raise ValueError(f"patience must be at least 1, received {patience}")
        self.patience = patience

    def on_train_begin(self, logs=None):
        self.epochs, self.said = {"won": 0, "alike": 0}, set()

    def on_epoch_end(self, epoch, logs=None):
        logs = logs or {}
        self._count(
            "won",
            logs["discriminator_loss"] < WON,
            f"the discriminator has won: its loss is {logs['discriminator_loss']:.3f}. More noise, a lower rate or a "
            "smaller width hold it back.",
            epoch,
        )
        self._count(
            "alike",
            logs["diversity"] < ALIKE,
            f"the generated filters hardly differ: diversity {logs['diversity']:.3f}. A larger min_diversity, "
            "information_weight or more noise drives them apart.",
            epoch,
        )

    def _count(self, name, seen, message, epoch):
        self.epochs[name] = self.epochs[name] + 1 if seen else 0
        if self.epochs[name] == self.patience and name not in self.said:
            self.said.add(name)
            logger.warning("Epoch %d: %s", epoch + 1, message)
