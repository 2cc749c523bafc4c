"""The control of a latent space: a linear code whose filters move outputs as far."""

import numpy as np

from kinv import match_activations
from kinv.analysis.filters.linear_code import LinearCode
from kinv.classifiers.patch_moments import patch_moments
from kinv.models import FilterGAN
from tests.models.filter_gan.test_moving_generator import codes, network, shown


def test_it_moves_outputs_as_far_code_by_code_and_is_linear_up_to_that():
    gan = FilterGAN(network(), "cut", latent_dim=3, width=8, hidden_units=(8,), movement=None, centered=True)
    moments = patch_moments(gan.cut.model, shown(32))
    control, z = LinearCode(gan, moments, seed=1), codes(6)
    ours, theirs = (np.asarray(of.generate_filters(z), "float64") for of in (control, gan))
    np.testing.assert_allclose(moments.movements(ours), moments.movements(theirs), rtol=1e-3)
    added = ours - moments.kernel
    opposite = np.asarray(control.generate_filters(-z), "float64") - moments.kernel
    for one, other in zip(added, opposite, strict=True):
        assert np.corrcoef(one.ravel(), other.ravel())[0, 1] < -0.999
    assert np.abs(np.corrcoef(added.reshape(6, -1), theirs.reshape(6, -1) - moments.kernel.ravel())[:6, 6:]).max() < 0.5


def test_it_can_take_the_place_of_a_gan_in_grids():
    gan = FilterGAN(network(), "cut", latent_dim=3, width=8, hidden_units=(8,), movement=0.6)
    gan.adapt(shown(32))
    control = LinearCode(gan, patch_moments(gan.cut.model, shown(32)))
    found = match_activations(control, shown(1), cells=3, steps=3)
    assert found.images.shape == (1, 3, 3, 12, 10, 3) and (found.after <= found.before).all()
