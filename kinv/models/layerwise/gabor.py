"""Fits Gabor functions to filters: a wave under a Gaussian, as in receptive fields of the visual cortex."""

from dataclasses import dataclass

import numpy as np

from kinv.arrays import as_numbers
from kinv.progress_bar import progress_bar
from kinv.results import TableResult

PADDED = 64  # size of the padded spectrum in which the wave is first located
WIDTHS = (0.8, 1.6)  # initial widths of the Gaussian, in standard deviations of the filter's energy


@dataclass(frozen=True, repr=False)
class GaborFit(TableResult):
    """The best fit to each of `N` filters; lengths in pixels.

    Attributes:
        explained: `(N,)`, share of a filter's squared weights that the fit explains, 0..1.
        center: `(N, 2)`, row and column.
        frequency: `(N,)`, cycles per pixel.
        orientation: `(N,)`, direction of the wave, radians in 0..pi; 0 points right.
        width: `(N, 2)`, standard deviations of the Gaussian along and across the wave.
    """

    explained: np.ndarray
    center: np.ndarray
    frequency: np.ndarray
    orientation: np.ndarray
    width: np.ndarray

    def _numbers(self):
        return {"median_explained": np.median(self.explained)}

    def _columns(self):
        return {
            "explained": self.explained,
            "row": self.center[:, 0],
            "column": self.center[:, 1],
            "frequency": self.frequency,
            "orientation": self.orientation,
            "width_along": self.width[:, 0],
            "width_across": self.width[:, 1],
        }

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


def fit_gabors(filters: np.ndarray, progress: bool = False) -> GaborFit:
    """Fits a Gabor function to every filter by least squares, with several starting points.

    Jones and Palmer 1987: `exp(-u^2 / 2 s^2 - v^2 / 2 t^2) cos(2 pi f u + phase)`, with `u` along the wave and `v`
    across. Amplitude and phase enter linearly and are solved for at every step.

    Args:
        filters: `(N, H, W)`.
        progress: whether to show a bar on stderr.

    Raises:
        ValueError: `filters` has another shape, or is not finite.
    """
    filters = as_numbers(filters, "filters", "float64")
    if filters.ndim != 3 or min(filters.shape[1:]) < 4:
        raise ValueError(
            f"filters must have shape (N, H, W) with H and W at least 4, received {filters.shape}: "
            "reshape a kernel (V, N) with kernel.T.reshape(N, H, W)"
        )
    fits = []
    with progress_bar("fitting Gabor functions", len(filters), progress) as advance:
        for image in filters:
            fits.append(_fit(image))
            advance(1)
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
    std = np.sqrt((energy * (np.square(y - center[0]) + np.square(x - center[1]))).sum() / energy.sum() / 2)
    fy, fx = _strongest_wave(image)
    lower = [-2.0, -2.0, 0.0, -np.inf, np.log(0.4), np.log(0.4)]
    largest = np.log(4.0 * max(image.shape))
    upper = [image.shape[0] + 1.0, image.shape[1] + 1.0, 0.6, np.inf, largest, largest]
    best = (np.inf, np.zeros(6))
    for width in WIDTHS:
        start = [*center, np.hypot(fy, fx), np.arctan2(fy, fx), *np.log([max(width * std, 0.5)] * 2)]
        start = np.clip(start, np.array(lower) + 1e-6, np.array(upper) - 1e-6)
        found = least_squares(lambda p: _residual(p, image, y, x), start, bounds=(lower, upper), max_nfev=200)
        best = min(best, (2 * found.cost, found.x), key=lambda fit: fit[0])
    return float(1 - best[0] / energy.sum()), best[1]


def _residual(parameters, image, y, x):
    """The residual of a filter with the best amplitude and phase for these parameters."""
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
    """Frequency of the strongest wave, in cycles per pixel, down and to the right."""
    power = np.abs(np.fft.rfft2(image - image.mean(), (PADDED, PADDED)))
    row, column = np.unravel_index(power.argmax(), power.shape)
    return np.fft.fftfreq(PADDED)[row], np.fft.rfftfreq(PADDED)[column]
