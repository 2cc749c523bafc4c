"""Whitening: of natural images in the frequency domain, and of vectors by their covariance."""

import numpy as np

from kinv.arrays import as_numbers

CUTOFF = 200 / 512  # f0, in cycles a pixel: 200 cycles an image of 512 pixels


def whiten_image(image: np.ndarray, cutoff: float = CUTOFF) -> np.ndarray:
    """Olshausen and Field's filter: frequencies `f` are multiplied by `f exp(-(f / f0)^4)`.

    Olshausen and Field 1996 and 1997: natural images have amplitudes like `1 / f`, so that this flattens the spectrum
    up to `f0`, above which noise and the corners of the square grid dominate.

    Args:
        image: grey values, `(H, W)`.
        cutoff: `f0` in cycles a pixel.

    Returns:
        float64 `(H, W)`, mean 0 and variance 1; zeros for a uniform image.

    Raises:
        ValueError: if the image does not have two axes, or is not finite, or the cutoff is not positive.
    """
    if np.ndim(image) != 2 or cutoff <= 0:
        raise ValueError(
            "expected an image of shape (H, W) and a positive cutoff, received shape "
            f"{np.shape(image)} and cutoff {cutoff}"
        )
    image = as_numbers(image, "image", "float64")
    frequency = np.hypot(np.fft.fftfreq(image.shape[0])[:, None], np.fft.rfftfreq(image.shape[1]))
    spectrum = np.fft.rfft2(image) * frequency * np.exp(-np.power(frequency / cutoff, 4))
    white = np.fft.irfft2(spectrum, image.shape)
    deviation = white.std()
    return white / deviation if deviation > 1e-9 * max(1.0, np.abs(image).max()) else np.zeros_like(white)


class ZcaWhitening:
    """Zero-phase whitening `W = C^(-1/2)` of vectors with covariance `C` (Bell and Sejnowski 1997).

    Args:
        vectors: `(N, D)`.
        regularization: added to the variances along the principal axes, as a share of their mean; without it, axes
            along which the data does not vary could not be whitened.

    Attributes:
        covariance: `C` with regularization, float32 `(D, D)`.
        matrix, inverse: `W` and its inverse, float32 `(D, D)`.

    Raises:
        ValueError: if there are fewer than two vectors, values are not finite, or the data has no variance.
    """

    def __init__(self, vectors: np.ndarray, regularization: float = 1e-2):
        vectors = as_numbers(vectors, "vectors", "float64")
        if vectors.ndim != 2 or len(vectors) < 2 or regularization <= 0:
            raise ValueError(
                "expected at least two vectors (N, D) and a positive regularization, received shape "
                f"{vectors.shape} and regularization {regularization}"
            )
        variances, axes = np.linalg.eigh(np.cov(vectors, rowvar=False).reshape(vectors.shape[1], -1))
        if variances.max() <= 0:
            raise ValueError(
                f"vectors must differ, received {len(vectors)} identical ones: there is no variance to whiten."
            )
        deviations = np.sqrt(np.maximum(variances, 0) + regularization * variances.mean())
        self.covariance, self.matrix, self.inverse = (
            ((axes * np.power(deviations, power)) @ axes.T).astype("float32") for power in (2, -1, 1)
        )
