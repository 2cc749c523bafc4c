"""Several optimizers in one model."""

from collections.abc import Callable, Sequence
from typing import Any

import keras


class Optimizers:
    """Several optimizers behind what Keras's callbacks ask of one, such as `LearningRateScheduler`.

    A plain object, so that Keras saves each optimizer once: where the model keeps it.

    Args:
        optimizers: at least one.
        current: gives those that are in use, of which a callback changes the learning rate; default: all.
    """

    built = True  # each is built when the model is compiled

    def __init__(
        self,
        optimizers: Sequence[keras.optimizers.Optimizer],
        current: Callable[[], Sequence[keras.optimizers.Optimizer]] | None = None,
    ):
        self._all = tuple(optimizers)
        self._current = current or (lambda: self._all)

    @property
    def learning_rate(self) -> Any:
        """That of the first optimizer in use. Setting it changes the others in proportion.

        Raises:
            TypeError: on setting, if an optimizer has a schedule.
        """
        return self._current()[0].learning_rate

    @learning_rate.setter
    def learning_rate(self, value: float) -> None:
        optimizers = self._current()
        rates = [float(keras.ops.convert_to_numpy(optimizer.learning_rate)) for optimizer in optimizers]
        for optimizer, rate in zip(optimizers, rates, strict=True):
            optimizer.learning_rate = value * rate / rates[0] if rates[0] else value

    @property
    def iterations(self) -> Any:
        """Steps of the first optimizer in use."""
        return self._current()[0].iterations

    @property
    def variables(self) -> list[Any]:
        """The variables of all."""
        return [variable for optimizer in self._all for variable in optimizer.variables]


def copies(optimizer: Any, count: int) -> list[keras.optimizers.Optimizer]:
    """`count` new optimizers with the settings of this one, an optimizer or a name of Keras's."""
    config = keras.optimizers.serialize(keras.optimizers.get(optimizer))
    return [keras.optimizers.deserialize(config) for _ in range(count)]
