"""Training that is interrupted and goes on: the same bits, and never another run's."""

import keras
import numpy as np
import pytest
from keras import ops

from kinv import training
from kinv.models import InvariantTransformer
from kinv.training.checkpoint import Checkpoint
from tests.models.invariant_transformer.test_model import brightness_blind, colored_images


def train(folder, epochs, stop_after=None):
    """Trains like the recipes do, and stops as a kill would: nothing happens after the epoch's checkpoint."""

    class Stop(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            if stop_after is not None and epoch + 1 == stop_after:
                raise KeyboardInterrupt

    images, labels = colored_images(np.random.default_rng(0), 20)
    transformer = InvariantTransformer(brightness_blind(), accuracy_threshold=0.9, seed=1)
    transformer.compile(keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(1e-2, 30)))
    checkpoint = Checkpoint(folder, run={"seed": 1})
    first = checkpoint.restore(transformer)
    batches = training.shuffled_batches(images, labels, 6, seed=1, first_step=5 * first)
    callbacks = [checkpoint, Stop()]
    try:
        transformer.fit(
            batches,
            epochs=epochs,
            steps_per_epoch=5,
            initial_epoch=first,
            callbacks=callbacks,
            verbose=0,
            shuffle=False,
        )
    except KeyboardInterrupt:
        pass
    return transformer, checkpoint


@pytest.mark.long
def test_interrupted_training_ends_with_the_same_bits(tmp_path):
    whole, whole_checkpoint = train(tmp_path / "whole", 6)
    train(tmp_path / "parts", 6, stop_after=2)
    train(tmp_path / "parts", 6, stop_after=5)
    parts, parts_checkpoint = train(tmp_path / "parts", 6)
    for first, second in zip(whole.weights, parts.weights, strict=True):
        np.testing.assert_array_equal(ops.convert_to_numpy(first), ops.convert_to_numpy(second), err_msg=first.path)
    assert parts_checkpoint.history == whole_checkpoint.history
    assert len(parts_checkpoint.history["accuracy"]) == 6


def test_a_checkpoint_of_another_run_is_not_continued(tmp_path):
    transformer, checkpoint = train(tmp_path, 2)
    with pytest.raises(ValueError, match="seed=1 instead of 2"):
        Checkpoint(tmp_path, run={"seed": 2}).restore(transformer)
    checkpoint.forget()
    assert not tmp_path.exists()
    assert Checkpoint(tmp_path, run={"seed": 2}).restore(transformer) == 0


@pytest.mark.parametrize(
    "state",
    ["", "[]", "{}", '{"run": 1, "weights": 5, "epoch": 1, "history": {}}', '{"epoch": NaN}', "\ud83d", "[" * 9999],
)
def test_a_damaged_state_is_named(tmp_path, state):
    (tmp_path / "checkpoint.json").write_bytes(state.encode("utf-8", "surrogatepass"))
    checkpoint = Checkpoint(tmp_path, run=1)
    with pytest.raises(ValueError, match=r"checkpoint\.json is damaged .*: delete .* to start again"):
        checkpoint.restore(brightness_blind())


def test_what_a_kill_left_is_forgotten_too(tmp_path):
    folder = tmp_path / "run"
    folder.mkdir()
    for name in ("checkpoint.json", ".checkpoint.json", "epoch1.weights.h5", ".epoch2.weights.h5"):
        (folder / name).touch()
    Checkpoint(folder).forget()
    assert not folder.exists()
