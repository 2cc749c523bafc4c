"""A collapse is said once, when it has lasted, and not where there is none."""

import pytest

from kinv.models import CollapseNotice

WELL = {"discriminator_loss": 1.0, "diversity": 0.3}


def said(caplog, epochs, patience=2):
    notice = CollapseNotice(patience)
    notice.on_train_begin()
    for epoch, logs in enumerate(epochs):
        notice.on_epoch_end(epoch, logs)
    return [record.getMessage() for record in caplog.records]


def test_nothing_is_said_of_a_healthy_training(caplog):
    assert said(caplog, [WELL, {**WELL, "discriminator_loss": 0.01}, WELL, {**WELL, "diversity": 0.0}, WELL]) == []


def test_a_discriminator_that_has_won_is_said_once(caplog):
    lost = {**WELL, "discriminator_loss": 0.01}
    (message,) = said(caplog, [WELL, lost, lost, lost, WELL, lost, lost])
    assert message.startswith("Epoch 3: the discriminator has won: its loss is 0.010.")


def test_filters_that_are_all_alike_are_said(caplog):
    (message,) = said(caplog, 3 * [{**WELL, "diversity": 0.011}], patience=3)
    assert message.startswith("Epoch 3: the generated filters hardly differ: diversity 0.011.")
    with pytest.raises(ValueError, match="patience"):
        CollapseNotice(0)
