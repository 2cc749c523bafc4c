"""A name that TensorFlow can't compile is refused when a model is wrapped, not in the middle of its compilation."""

import keras
import numpy as np
import pytest
from keras import layers

import kinv
from kinv.backend import compile_model


def network(layer="logits", model="network", part=None):
    images = keras.Input((4, 4, 3), name="my images")
    x = layers.Flatten()(images)
    if part is not None:
        x = keras.Sequential([keras.Input((48,)), layers.Dense(5, name=part)], name="part")(x)
    return keras.Model(images, layers.Dense(2, name=layer)(x), name=model)


@pytest.fixture
def forget_scopes():
    """Keras stays in a scope whose name TensorFlow refused: all later models would be called after it."""
    yield
    keras.utils.clear_session()


@pytest.mark.usefixtures("forget_scopes")
@pytest.mark.parametrize(
    ("where", "name"),
    [
        *(("layer", name) for name in ("block 1", "größe", "a$b", "a\x1b[31m", "a\nb", "<b>", "a:b", "\u202e", "日本")),
        ("model", "block 1"), ("part", "block 1"), ("part", "a\x1b[31m"),
    ],
)  # fmt: skip
def test_names_that_can_not_be_compiled_are_refused(where, name):
    model = network(**{where: name})
    with pytest.raises(ValueError, match="a name that TensorFlow can't compile: rename it") as refused:
        kinv.wrap(model)
    assert str(refused.value).isprintable() and ascii(name) in str(refused.value)
    with pytest.raises(ValueError, match="scope name"):  # what would come later
        compile_model(model)(np.zeros((2, 4, 4, 3), "float32"))


@pytest.mark.parametrize("name", ["Block_1", "a.b", "a-b", "1", "x" * 3000])
def test_other_names_can(name):
    wrapped = kinv.wrap(network(name, name, name))
    assert compile_model(wrapped)(np.zeros((2, 4, 4, 3), "float32")).shape == (2, 2)
