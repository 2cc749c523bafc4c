"""What a report measures, and how thoroughly: its presets and its sections."""

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass

from kinv.choices import checked_choice, unknown

SECTIONS = {  # in the order of the page
    "tolerance": "What does it ignore?",
    "compared": "Compared with another network",
    "curves": "How far, and what it says on the way",
    "classes": "Classes",
    "metamers": "Seen directly: what each layer has thrown away",
    "layers": "Where in the network it is ignored",
    "directions": "Mixtures of small changes that it ignores",
    "learned": "Transformations learned from the network",
    "preferred": "What classes look for",
    "units": "Units",
    "manifolds": "What units are invariant to",
    "filters": "Filters",
}
FULL_ONLY = ("units", "manifolds", "filters")
OF_TWO = "compared"  # made only where there is another network
JUDGED = ("metamers", "preferred")  # where another network's opinion is shown


@dataclass(frozen=True)
class Settings:
    """One preset. Numbers are chosen for minutes on two cores, see `PRESETS`.

    Attributes:
        sections: names in `SECTIONS`.
        images: at most so many are measured, evenly spread over all.
        thorough: whether at `MAGNITUDES` or at `FEWER` (`kinv.reports.magnitudes`).
        examples: images that sliders show.
        layers, layer_images: how many layers are measured, and with how many images.
        metamer_images, metamer_layers, metamer_steps, metamer_restarts: of the ladder.
        direction_images, direction_reach_images: images of the quadratic form, and those that are followed until
            predictions change.
        learned_epochs, learned_images: of the short training of an Invariant Transformer Net.
        preferred_classes, preferred_steps: classes of which images are made, and the steps of each.
        unit_images, unit_steps: images at which units fire, and the steps of those that units like best.
    """

    sections: tuple[str, ...] = tuple(name for name in SECTIONS if name not in (*FULL_ONLY, OF_TWO))
    images: int = 120
    thorough: bool = True
    examples: int = 3
    layers: int = 8
    layer_images: int = 20
    metamer_images: int = 4
    metamer_layers: int = 4
    metamer_steps: int = 60
    metamer_restarts: int = 1
    direction_images: int = 24
    direction_reach_images: int = 12
    learned_epochs: int = 4
    learned_images: int = 75
    preferred_classes: int = 4
    preferred_steps: int = 80
    unit_images: int = 150
    unit_steps: int = 60


PRESETS = {
    "quick": Settings(
        sections=("tolerance", "curves", "classes", "metamers", "layers"),
        images=40,
        thorough=False,
        examples=2,
        layers=6,
        layer_images=8,
        metamer_images=3,
        metamer_layers=3,
        metamer_steps=36,
        metamer_restarts=0,
    ),
    "default": Settings(),
    "full": Settings(
        sections=tuple(name for name in SECTIONS if name != OF_TWO),
        images=1000,
        examples=4,
        layer_images=64,
        metamer_images=8,
        metamer_layers=5,
        metamer_steps=150,
        metamer_restarts=3,
        direction_images=100,
        direction_reach_images=32,
        learned_epochs=30,
        learned_images=200,
        preferred_classes=10,
        preferred_steps=250,
    ),
}


def chosen_settings(
    preset: str, sections: Sequence[str] | None = None, limit: int | None = None, compared: bool = False
) -> Settings:
    """The settings of a preset, with other sections or another number of images.

    Args:
        preset: its name.
        sections: these only; default: the preset's.
        limit: at most so many images; default: the preset's.
        compared: whether there is another network, which has a section of its own.

    Raises:
        ValueError: an unknown preset or section, no section, or fewer than two images.
    """
    checked_choice("preset", preset, tuple(PRESETS))
    settings = PRESETS[preset]
    if sections is not None:
        sections = (sections,) if isinstance(sections, str) else tuple(sections)
        for name in sections:
            if name not in SECTIONS:
                raise ValueError(unknown("section", name, tuple(SECTIONS)))
        if not sections:
            raise ValueError("sections must name at least one section, received none")
        settings = dataclasses.replace(settings, sections=tuple(name for name in SECTIONS if name in sections))
    if compared:
        wanted = {*settings.sections, OF_TWO}
        settings = dataclasses.replace(settings, sections=tuple(name for name in SECTIONS if name in wanted))
    if limit is not None:
        if limit < 2:
            raise ValueError(f"limit must be at least 2, received {limit}")
        settings = dataclasses.replace(settings, images=limit)
    return settings
