"""The natural image prior, beside plain NumPy, and its gradients."""

import numpy as np
import pytest
from keras import ops

from kinv import backend
from kinv.ops.image_priors import alpha_norm, total_variation


def test_the_alpha_norm_is_around_the_mean(random):
    images = random.uniform(size=(3, 5, 4, 2))
    expected = [np.sum(np.abs(image - image.mean()) ** 6) for image in images]
    np.testing.assert_allclose(alpha_norm(images), expected, rtol=1e-6)
    np.testing.assert_allclose(alpha_norm(images + 3), expected, rtol=1e-6)


@pytest.mark.parametrize("beta", [1.0, 2.0, 3.0])
def test_total_variation_by_hand(random, beta):
    images = random.uniform(size=(2, 4, 5, 3))
    expected = np.zeros(2)
    for n in range(2):
        for c in range(3):
            for i in range(4):
                for j in range(5):
                    here = images[n, i, j, c]
                    down = images[n, i + 1, j, c] - here if i < 3 else 0
                    right = images[n, i, j + 1, c] - here if j < 4 else 0
                    expected[n] += (down**2 + right**2) ** (beta / 2)
    np.testing.assert_allclose(total_variation(images, beta), expected, rtol=1e-5)
    assert float(total_variation(np.full((1, 3, 3, 1), 7.0))[0]) == 0


@pytest.mark.parametrize("prior", [alpha_norm, total_variation, lambda x: total_variation(x, 1.5)])
def test_gradients_agree_with_finite_differences(random, prior):
    images, direction = random.uniform(size=(2, 4, 3, 1)), random.normal(size=(2, 4, 3, 1))
    _, (gradient,) = backend.value_and_grad(lambda x: ops.sum(prior(x)))(images)
    slope = (np.sum(prior(images + 1e-6 * direction)) - np.sum(prior(images - 1e-6 * direction))) / 2e-6
    np.testing.assert_allclose(np.sum(np.asarray(gradient) * direction), slope, rtol=1e-5)
    _, (flat,) = backend.value_and_grad(lambda x: ops.sum(prior(x)))(np.full((1, 3, 3, 1), 0.5))
    assert np.isfinite(np.asarray(flat)).all()
