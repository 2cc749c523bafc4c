"""How much of a filter is a Gabor function: a wave under a Gaussian, as in receptive fields of the visual cortex."""

from dataclasses import dataclass

import numpy as np

PADDED = 64  # points of the spectrum in which the wave is first looked for
WIDTHS = (0.8, 1.6)  # of the Gaussian to start from, in standard deviations of the filter's energy


@dataclass(frozen=True)
class GaborFit:
    """The best fit to each of `N` filters; lengths in pixels.

    Attributes:
        explained: `(N,)`, the share of a filter's squared weights that the fit explains, 0..1.
        center: `(N, 2)`, row and column.
        frequency: `(N,)`, cycles a pixel.
        orientation: `(N,)`, the direction in which the wave runs, radians in 0..pi; 0 is to the right.
        width: `(N, 2)`, standard deviations of the Gaussian along the wave and across.
    """

    explained: np.ndarray
    center: np.ndarray
    frequency: np.ndarray
    orientation: np.ndarray
    width: np.ndarray

    def edges(self, side: int, threshold: float = 0.6) -> np.ndarray:
        """Which filters are localised oriented edges, bool `(N,)`.

        A Gabor function explains more than `threshold`, its centre lies inside the patch of `side` pixels, its envelope
        is wider than a pixel (one standard deviation either way) and narrower than the patch, and at least half a cycle
        of the wave lies under it.
        """
        inside = ((self.center >= 0) & (self.center <= side - 1)).all(axis=1)
        sized = (self.width.min(axis=1) >= 0.6) & (2 * self.width.max(axis=1) <= side)
        waves = 4 * self.frequency * self.width[:, 0] >= 0.5  # under two standard deviations either way
        return (self.explained > threshold) & inside & sized & waves


def fit_gabors(filters: np.ndarray) -> GaborFit:
    """Fits a Gabor function to every filter, by least squares from several starts.

    Jones and Palmer 1987: `exp(-u^2 / 2 s^2 - v^2 / 2 t^2) cos(2 pi f u + phase)`, with `u` along the wave and `v`
    across. Amplitude and phase are linear and solved for at every step.

    Args:
        filters: `(N, H, W)`.

    Raises:
        ValueError: another shape, or a filter that is not finite.
    """
    filters = np.asarray(filters, "float64")
    if filters.ndim != 3 or min(filters.shape[1:]) < 4:
        raise ValueError(f"filters must have shape (count, at least 4, at least 4), received {filters.shape}")
    if not np.isfinite(filters).all():
        raise ValueError("filters must be finite.")
    fits = [_fit(image) for image in filters]
    explained, parameters = np.array([fit[0] for fit in fits]), np.array([fit[1] for fit in fits]).reshape(-1, 6)
    return GaborFit(
        explained,
        parameters[:, :2],
        np.abs(parameters[:, 2]),
        np.where(parameters[:, 2] < 0, parameters[:, 3] + np.pi, parameters[:, 3]) % np.pi,
        np.exp(parameters[:, 4:]),
    )


def _fit(image):
    from scipy.optimize import least_squares

    energy = np.square(image)
    if not energy.sum():
        return 0.0, np.zeros(6)
    y, x = np.mgrid[: image.shape[0], : image.shape[1]].astype("float64")
    center = [(energy * axis).sum() / energy.sum() for axis in (y, x)]
    spread = np.sqrt((energy * (np.square(y - center[0]) + np.square(x - center[1]))).sum() / energy.sum() / 2)
    fy, fx = _strongest_wave(image)
    lower = [-2.0, -2.0, 0.0, -np.inf, np.log(0.4), np.log(0.4)]
    largest = np.log(4.0 * max(image.shape))
    upper = [image.shape[0] + 1.0, image.shape[1] + 1.0, 0.6, np.inf, largest, largest]
    best = (np.inf, np.zeros(6))
    for width in WIDTHS:
        start = [*center, np.hypot(fy, fx), np.arctan2(fy, fx), *np.log([max(width * spread, 0.5)] * 2)]
        start = np.clip(start, np.array(lower) + 1e-6, np.array(upper) - 1e-6)
        found = least_squares(lambda p: _missed(p, image, y, x), start, bounds=(lower, upper), max_nfev=200)
        best = min(best, (2 * found.cost, found.x), key=lambda fit: fit[0])
    return float(1 - best[0] / energy.sum()), best[1]


def _missed(parameters, image, y, x):
    """What is left of a filter after the best amplitude and phase for these parameters."""
    row, column, frequency, angle = parameters[:4]
    along = (x - column) * np.cos(angle) + (y - row) * np.sin(angle)
    across = (y - row) * np.cos(angle) - (x - column) * np.sin(angle)
    widths = np.exp(parameters[4:])
    envelope = np.exp(-0.5 * (np.square(along / widths[0]) + np.square(across / widths[1])))
    wave = 2 * np.pi * frequency * along
    parts = np.stack([(envelope * part(wave)).ravel() for part in (np.cos, np.sin)], axis=1)
    amounts, *_ = np.linalg.lstsq(parts, image.ravel(), rcond=1e-9)
    return image.ravel() - parts @ amounts


def _strongest_wave(image):
    """Cycles a pixel, down and to the right."""
    power = np.abs(np.fft.rfft2(image - image.mean(), (PADDED, PADDED)))
    row, column = np.unravel_index(power.argmax(), power.shape)
    return np.fft.fftfreq(PADDED)[row], np.fft.rfftfreq(PADDED)[column]
