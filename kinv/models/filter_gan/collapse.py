"""Warns during training that a Filter GAN has collapsed, so that the run can be stopped early."""

import logging

import keras

logger = logging.getLogger("kinv.models")
WON = 0.05  # discriminator loss; 2 log 2 = 1.39 if neither side wins
ALIKE = 0.02  # diversity, in standard deviations of the real filters' weights


class CollapseNotice(keras.callbacks.Callback):
    """Warns on the logger `kinv.models`, once each, of two failures that a `FilterGAN` does not recover from.

    The discriminator has won if its loss stays below 0.05 for `patience` epochs: the generator no longer learns.
    The generator has collapsed if its diversity stays below 0.02: its filters hardly depend on the latent code.

    Args:
        patience: number of epochs.
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
            f"the discriminator has won: its loss is {logs['discriminator_loss']:.3f}. Increase the noise, or "
            "lower the learning rate or the width.",
            epoch,
        )
        self._count(
            "alike",
            logs["diversity"] < ALIKE,
            f"the generated filters hardly differ: diversity {logs['diversity']:.3f}. Increase min_diversity, "
            "information_weight or the noise.",
            epoch,
        )

    def _count(self, name, seen, message, epoch):
        self.epochs[name] = self.epochs[name] + 1 if seen else 0
        if self.epochs[name] == self.patience and name not in self.said:
            self.said.add(name)
            logger.warning("Epoch %d: %s", epoch + 1, message)
