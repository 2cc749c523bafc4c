"""Table 2: as many parameters as the paper counts, and images of any size."""

import keras
import numpy as np
import pytest

from kinv.layers import FeatureGain
from kinv.models import CoupledGenerator, target
from kinv.models.coupled_generator.generators import build_generator, first_side


def trainable(model):
    return sum(int(np.prod(weights.shape)) for weights in model.trainable_variables)


def test_the_untrained_variant_has_the_papers_parameters():
    generator = build_generator()
    gains = FeatureGain()
    gains.build((None, generator.input_shape[-1]))
    assert generator.output_shape == (None, 224, 224, 3)
    assert trainable(generator) + int(np.prod(gains.gain.shape)) == 5_240_841  # Table 1
    maps = [layer.output.shape[1] for layer in generator.layers if layer.name.endswith(("_first", "_second"))]
    assert maps == [9, 9, 16, 16, 30, 30, 58, 58, 113, 113]


def test_of_the_pretrained_variant_the_gains_alone_are_trained():
    generator = build_generator(refined=True)
    refined = [layer for layer in generator.layers if layer.name in ("refined1", "refined2")]
    assert generator.output_shape == (None, 224, 224, 3) and [layer.filters for layer in refined] == [64, 64]
    images = keras.Input((32, 32, 3))
    network = keras.Model(images, keras.layers.GlobalAveragePooling2D()(images))
    coupled = CoupledGenerator(network, target.classes(0), generator=generator)
    assert trainable(coupled) == 3200  # Table 1


@pytest.mark.parametrize("options", [{}, {"refined": True}, {"skips": True}])
@pytest.mark.parametrize(("size", "channels"), [(28, 1), (96, 3), (227, 3)])
def test_other_sizes_and_greyscale(random, size, channels, options):
    generator = build_generator(size, channels, width=0.05, **options)
    assert generator.output_shape == (None, size, size, channels)
    images = np.asarray(generator(random.normal(size=(2, generator.input_shape[-1])), training=True))
    assert images.shape == (2, size, size, channels) and np.isfinite(images).all()
    if options.get("skips"):
        assert (images == 0).all()  # grey at the start
    else:
        assert 0.3 < images.std() < 1.5  # as the last batch norm leaves it


def test_the_side_of_the_first_map():
    assert [first_side(64 * side - 96) for side in (2, 3, 5, 9)] == [2, 3, 5, 9]


def test_weights_come_from_the_seed():
    first, same, other = (build_generator(28, 1, width=0.05, seed=seed).get_weights() for seed in (1, 1, 2))
    assert all((one == two).all() for one, two in zip(first, same, strict=True))
    assert any((one != two).any() for one, two in zip(first, other, strict=True))


@pytest.mark.parametrize(
    ("settings", "received"), [({"size": 8}, "8, 3 and 1.0"), ({"channels": 2}, "224, 2"), ({"width": 0.0}, "and 0.0")]
)
def test_wrong_settings(settings, received):
    with pytest.raises(ValueError, match=received):
        build_generator(**settings)
