"""Ten views of every training picture: a few hundred pictures are soon learned by heart, ten views of each are not."""

from typing import Any

import numpy as np

VIEWS = 10


class TenCrops:
    """Corners and middle of every picture, and their mirror images (Krizhevsky et al. 2012, section 4.1).

    Like an array that takes slices and lists of indices: all pictures' first view, then their second and so on.
    They are cut when they are asked for: ten crops take ten times the memory of their pictures.

    Args:
        pictures: `(N, H, H, C)`.
        size: height and width of the crops, at most `H`.
    """

    def __init__(self, pictures: np.ndarray, size: int):
        end = pictures.shape[1] - size
        self.pictures, self.size = pictures, size
        self.corners = [(0, 0), (0, end), (end, 0), (end, end), (end // 2, end // 2)]
        self.chosen = np.arange(VIEWS * len(pictures))

    @property
    def shape(self) -> tuple[int, ...]:
        return len(self), self.size, self.size, self.pictures.shape[-1]

    def __len__(self) -> int:
        return len(self.chosen)

    def __getitem__(self, indices: Any) -> np.ndarray:
        return np.stack([self._cut(number) for number in self.chosen[indices]])

    def only(self, mask: np.ndarray) -> "TenCrops":
        """The crops where `mask`, bool `(len,)`, is true."""
        part = TenCrops(self.pictures, self.size)
        part.chosen = self.chosen[mask]
        return part

    def of_pictures(self, values: np.ndarray) -> np.ndarray:
        """For every crop the value of its picture, from `(N,)`, such as its label."""
        return values[self.chosen % len(self.pictures)]

    def _cut(self, number: int) -> np.ndarray:
        view, index = divmod(int(number), len(self.pictures))
        top, left = self.corners[view % len(self.corners)]
        crop = self.pictures[index, top : top + self.size, left : left + self.size]
        return crop[:, ::-1] if view >= len(self.corners) else crop
