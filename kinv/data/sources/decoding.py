"""Turns one image file into an RGB array, and says what was wrong with it."""

import contextlib
import math
import os
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError
from PIL.JpegImagePlugin import JpegImageFile

from ..refusal import reason
from .jpeg_scans import count_scans
from .pixel_budget import LARGE, PixelBudget

FORMATS = ("JPEG", "PNG", "BMP", "GIF", "WEBP", "TIFF", "PPM")  # others may start programs: EPS, Ghostscript
DEPTHS = (8, 10, 12, 14, 16)  # bits that cameras and scanners keep in 16
Size = int | tuple[int, int]  # of a square, or height and width
MAX_PIXELS = 64_000_000  # an image of 8,000 x 8,000; what is larger is taken for a mistake or an attack
MOST_UNSEEN, PER_BYTE = 25_000_000, 100  # pixels of any image, and for each byte of a larger one: photographs have ten
TILE_WIDTH, TILE_LENGTH = 322, 323  # tags of TIFF
PIXELS = PixelBudget(MAX_PIXELS)
ROWS = 256  # converted at a time
GAP = 4  # times the size that is asked for: averaging pixels down to this does not show after the bicubic scaling
LEAST_SEEN = 0.25  # of an image that is cropped, without a word
GREY = "greyscale"


@dataclass(frozen=True)
class Problem:
    """A problem with one file, and what was done about it."""

    file: str
    found: str
    action: str = "skipped"

    def __str__(self):
        return f"{self.file}: {self.found}, {self.action}"


class UnreadableImage(ValueError):
    """An image that can't be used; `problem` says which and why."""

    def __init__(self, problem: Problem):
        super().__init__(str(problem))
        self.problem = problem


def read_image(path: Path, size: Size | None = None, name: str | None = None) -> tuple[np.ndarray, list[Problem]]:
    """Reads one image file as RGB.

    Args:
        path: the file.
        size: height and width of the result, or one number for both: the image is scaled so that it just covers
            them (bicubic), and the middle is cut out; `None` keeps the image as it is.
        name: what to call the file in reports.

    Returns:
        The image, uint8 of shape `(height, width, 3)`, and what had to be converted.

    Raises:
        UnreadableImage: missing, not permitted, empty, damaged, larger than 64 million pixels, larger than 25 million
            with over 100 for each byte of the file, or no image at all.
    """
    name = name or str(path)
    try:
        if path.stat().st_size == 0:
            raise UnreadableImage(Problem(name, "empty file"))
        file = open(path, "rb")
    except OSError as error:
        dead = path.is_symlink() and isinstance(error, FileNotFoundError)
        raise UnreadableImage(Problem(name, "a dead link" if dead else f"can't be read ({error.strerror})")) from None
    with file:
        return decode_image(file, size, name)


def decode_image(file: BinaryIO, size: Size | None, name: str) -> tuple[np.ndarray, list[Problem]]:
    """Like `read_image`, for an image in an open file. All threads together hold at most 64 million pixels."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow's own warnings do not name the file, ours do
            image = Image.open(file, formats=FORMATS)
        with image:
            whole = image.width * image.height
            _check_size(image, file, name)
            scans = count_scans(file) if isinstance(image, JpegImageFile) else 0
            if size is not None and scans:  # decodes at a fraction of the size where that is enough
                image.draft(None, (2 * max(sides(size)), 2 * max(sides(size))))
            held = whole if scans > 1 else _pixels(image)  # all pixels are kept from one scan to the next
            with PIXELS.held(held), contextlib.closing(image):
                return _decoded(image, size, name)
    except UnreadableImage:
        raise
    except UnidentifiedImageError:
        raise UnreadableImage(Problem(name, "damaged or not an image of a format that is read")) from None
    except Image.DecompressionBombError:
        raise UnreadableImage(Problem(name, f"huge: more than {MAX_PIXELS:,} pixels")) from None
    except Exception as error:  # Pillow's decoders raise many kinds
        raise UnreadableImage(Problem(name, f"damaged or not an image ({reason(error)})")) from None


def _check_size(image: Image.Image, file: BinaryIO, name: str) -> None:
    """Refuses an image that takes far longer to decode than its file is long."""
    whole, size = image.width * image.height, f"{image.width} x {image.height} pixels"
    if whole > MAX_PIXELS:
        raise UnreadableImage(Problem(name, f"huge: {size}"))
    place, length = file.tell(), file.seek(0, os.SEEK_END)
    file.seek(place)
    if whole > max(MOST_UNSEEN, PER_BYTE * length):
        raise UnreadableImage(Problem(name, f"huge and almost empty: {size} in {length:,} bytes"))


def _pixels(image: Image.Image) -> int:
    """How many pixels decoding holds: of a TIFF its tiles, which may be larger."""
    tags = getattr(image, "tag_v2", {})
    return max(image.width * image.height, math.prod(tags.get(tag, 1) for tag in (TILE_WIDTH, TILE_LENGTH)))


def _decoded(image: Image.Image, size: Size | None, name: str) -> tuple[np.ndarray, list[Problem]]:
    problems = _oddities(image, name)
    image.load()
    ImageOps.exif_transpose(image, in_place=True)
    converted, said = _to_rgb(image if size is None else _averaged(image, max(sides(size))), name)
    if size is None:
        return np.asarray(converted), problems + said
    return np.asarray(fit(converted, size)), problems + said + _cropped(image, size, name)


def _averaged(image: Image.Image, side: int) -> Image.Image:
    """A large image with fewer pixels, each the mean of a square of them, but far more than are asked for."""
    factor = min(image.size) // (GAP * side)
    plain = image.mode in ("RGB", "RGBA", "L", "LA") and "transparency" not in image.info
    return image.reduce(factor) if plain and factor > 1 and image.width * image.height > LARGE else image


def _oddities(image: Image.Image, name: str) -> list[Problem]:
    problems = []
    frames = getattr(image, "n_frames", 1)
    if frames > 1:
        problems.append(Problem(name, f"animated ({frames} frames)", "first frame used"))
    if image.mode in ("1", "L", "LA", "F") or image.mode.startswith("I"):
        problems.append(Problem(name, GREY, "repeated as RGB"))
    elif image.mode == "CMYK":
        problems.append(Problem(name, "CMYK", "converted to RGB"))
    return problems


def _cropped(image: Image.Image, size: Size, name: str) -> list[Problem]:
    """Of an image that is far wider or taller than what is cut out of it."""
    height, width = sides(size)
    aspect = image.width / image.height / (width / height)
    if min(aspect, 1 / aspect) >= LEAST_SEEN:
        return []
    return [Problem(name, "far wider or taller than what is cut out of it", "only the middle used")]


def _to_rgb(image: Image.Image, name: str) -> tuple[Image.Image, list[Problem]]:
    """The image in RGB with 8 bits per channel, and what had to be decided for that."""
    if image.mode.startswith("I") or image.mode == "F":
        values = np.asarray(image)
        low, factor, said = _full_range(float(values.min()), float(values.max()), image.mode == "F")
        grey = np.empty(values.shape, "uint8")
        for top in range(0, len(values), ROWS):  # doubles of all rows would take eight times the memory
            grey[top : top + ROWS] = ((values[top : top + ROWS].astype("float64") - low) * factor).round()
        problems = [] if said is None else [Problem(name, said, "scaled to 0..255")]
        return Image.fromarray(grey).convert("RGB"), problems
    if not image.has_transparency_data:
        return image.convert("RGB"), []
    composed, transparent = Image.new("RGB", image.size), False
    for top in range(0, image.height, ROWS):
        box = (0, top, image.width, min(top + ROWS, image.height))
        layers = image.crop(box).convert("RGBA")
        transparent = transparent or layers.getextrema()[3][0] < 255
        white = Image.new("RGBA", layers.size, "white")
        composed.paste(Image.alpha_composite(white, layers).convert("RGB"), box)
    return composed, [Problem(name, "transparent", "composited on white")] if transparent else []


def _full_range(low: float, high: float, floats: bool) -> tuple[float, float, str | None]:
    """What to subtract from numbers of more than 8 bits and to multiply them with, to have them in 0..255.

    The third value is what their range was taken for; None if it is certain.
    """
    if not np.isfinite([low, high]).all():
        raise ValueError("its numbers are NaN or infinite")
    if floats and low >= 0 and high <= 1:
        return 0, 255, "floating-point numbers in 0..1"
    if floats and low >= 0 and high <= 255:
        return 0, 1, "floating-point numbers in 0..255"
    depth = next((bits for bits in DEPTHS if high < 2**bits), None)
    if floats or low < 0 or depth is None:
        return low, 255 / max(high - low, 1e-12), f"numbers in {low:.6g}..{high:.6g}"
    return 0, 255 / (2**depth - 1), None if depth == 16 else f"numbers up to {high:.0f}, {depth} bits of 16"


def fit(image: Image.Image, size: Size) -> Image.Image:
    """Scales an image so that it just covers the size, and cuts out the middle."""
    height, width = sides(size)
    return ImageOps.fit(image, (width, height), Image.Resampling.BICUBIC)


def sides(size: Size) -> tuple[int, int]:
    """Height and width."""
    return (size, size) if isinstance(size, int) else (size[0], size[1])
