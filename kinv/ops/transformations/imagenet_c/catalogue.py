"""The fifteen corruptions, in the order of the paper."""

from ..base import Transformation
from .blur import defocus_blur, motion_blur, zoom_blur
from .digital import contrast, elastic_transform, pixelate
from .frost import frost
from .glass import glass_blur
from .jpeg import jpeg_compression
from .noise import gaussian_noise, impulse_noise, shot_noise
from .weather import brightness, fog, snow

IMAGENET_C: dict[str, Transformation] = {
    corruption.name: corruption
    for corruption in (
        gaussian_noise,
        shot_noise,
        impulse_noise,
        defocus_blur,
        glass_blur,
        motion_blur,
        zoom_blur,
        snow,
        frost,
        fog,
        brightness,
        contrast,
        elastic_transform,
        pixelate,
        jpeg_compression,
    )
}
