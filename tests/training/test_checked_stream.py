"""Every batch of a stream is checked: what is wrong in a later one is an error of one line."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from kinv.models import InvariantTransformer, RestrictedBoltzmannMachine
from kinv.training.checked_data import checked_data, checked_vector_data
from kinv.training.checked_stream import batches_said, first_batch, is_watched, watched

GOOD = np.full((8, 4, 4, 3), 100, "float32")
LABELS = np.arange(8, dtype="int32") % 2


class Batches(keras.utils.PyDataset):
    """Two rows of arrays at a time."""

    def __init__(self, *parts, **settings):
        super().__init__(**settings)
        self.parts, self.ended = parts, 0

    def __len__(self):
        return len(self.parts[0]) // 2

    def __getitem__(self, index):
        rows = tuple(part[2 * index : 2 * index + 2] for part in self.parts)
        return rows if len(rows) > 1 else rows[0]

    def on_epoch_end(self):
        self.ended += 1


def dataset(*parts):
    return tf.data.Dataset.from_tensor_slices(parts if len(parts) > 1 else parts[0]).batch(2)


def generator(*parts):
    yield from (Batches(*parts)[index] for index in range(len(parts[0]) // 2))


STREAMS = pytest.mark.parametrize("stream", [dataset, Batches, generator])


def classifier():
    inputs = keras.Input((4, 4, 3))
    return keras.Model(inputs, keras.layers.Dense(2)(keras.layers.GlobalAveragePooling2D()(inputs)))


def read(stream):
    """As Keras reads it."""
    model = keras.Sequential([keras.layers.Rescaling(1)])
    model.compile(loss=lambda labels, values: keras.ops.sum(values))
    with batches_said():
        model.predict(stream, verbose=0)


def with_value(value):
    images = GOOD.copy()
    images[5, 2, 3, 0] = value
    return images


@STREAMS
@pytest.mark.parametrize(
    ("images", "labels", "said"),
    [
        (with_value(np.nan), LABELS, "a batch of images must be finite, received NaN or infinity"),
        (with_value(300), LABELS, r"a batch of images must lie in 0\.\.255, received 100\.\.300"),
        (GOOD, np.where(np.arange(8) == 5, 2, LABELS), r"labels of a batch of images must lie in 0\.\.1, received 2"),
    ],
)
def test_what_is_wrong_in_a_later_batch(stream, images, labels, said):
    checked, _, _ = checked_data(classifier(), stream(images, labels), None, preflight=False)
    with pytest.raises(ValueError, match=said) as raised:
        read(checked)
    assert "\n" not in str(raised.value)


@STREAMS
def test_what_is_right_passes_with_its_first_batch(stream):
    dark = GOOD.copy()
    dark[4:] = 1  # a later batch may be
    checked, _, _ = checked_data(classifier(), stream(dark, LABELS), None, preflight=False)
    batches = list(checked) if stream is not Batches else [checked[index] for index in range(checked.num_batches)]
    np.testing.assert_array_equal(np.concatenate([images for images, _ in batches]), dark)
    assert is_watched(checked) and checked_data(classifier(), checked, None, preflight=False)[0] is checked


@STREAMS
def test_the_first_batch_is_said_at_once(stream):
    with pytest.raises(ValueError, match=r"images must lie in 0\.\.255, received 0\.\.1: multiply them by 255"):
        checked_data(classifier(), stream(GOOD / 255, LABELS), None, preflight=False)
    with pytest.raises(ValueError, match="must hold at least one batch"):
        checked_data(classifier(), stream(GOOD[:0], LABELS[:0]), None, preflight=False)
    with pytest.raises(ValueError, match=r"the first batch of x must have shape \(count, 3\)"):
        checked_vector_data(stream(GOOD[:, 0, 0, :2]), None, 3, True)


def test_streams_of_other_things_are_left_to_keras():
    ragged = tf.data.Dataset.from_tensors(({"a": GOOD}, LABELS))
    assert next(iter(watched(ragged, lambda values, labels: pytest.fail("checked"))))[0]["a"].shape == GOOD.shape
    assert first_batch(generator(GOOD))[0].shape == (2, 4, 4, 3)


def test_training_says_it_too_and_validation():
    machine = RestrictedBoltzmannMachine(3, 2)
    machine.compile(run_eagerly=True)
    good, bad = GOOD[:, 0, 0] / 255, with_value(300)[:, 2, 3] / 255
    with pytest.raises(ValueError, match=r"a batch of x must lie in 0\.\.1"):
        machine.fit(dataset(bad), verbose=0)
    own = Batches(good)
    with pytest.raises(ValueError, match=r"a batch of validation_data must lie in 0\.\.1"):
        machine.fit(own, validation_data=((batch,) for batch in generator(bad)), verbose=0)
    assert own.ended  # what Keras calls reaches the user's own


def test_a_generator_trains_for_several_epochs_and_validates_with_one():
    transformer = InvariantTransformer(classifier(), family="paper", hidden_units=(4,))
    transformer.compile(run_eagerly=True)
    history = transformer.fit(
        (batch for _ in range(2) for batch in generator(GOOD, LABELS)),
        validation_data=generator(GOOD, LABELS),
        validation_steps=2,
        steps_per_epoch=4,
        epochs=2,
        verbose=0,
        preflight=False,
    )
    assert len(history.epoch) == 2
