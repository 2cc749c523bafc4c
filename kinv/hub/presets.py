"""Presets: the artifacts that come with kinv or are published by its makers, known by name."""

import functools
import hashlib
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from kinv.artifacts.errors import ArtifactError
from kinv.artifacts.layout import MANIFEST
from kinv.places import artifact_folders

from .handle import SCHEME

if TYPE_CHECKING:
    import pandas as pd

TABLE = Path(__file__).parent / "presets.json"  # written by `python -m recipes.experiment.presets`


@dataclass(frozen=True)
class Preset:
    """One of kinv's own artifacts.

    Attributes:
        name: what `kinv.load` takes.
        kind: its class.
        about: what it is, in a line.
        result, control: what was measured, and the baseline beside it, in words; empty if there is none.
        bytes: size without figures.
        license: of what it holds.
        recipe: the module that trains it.
        endpoints: of the SavedModel that `kinv export` makes: name to inputs.
        manifest_sha256: of the manifest in kinv's own copy.
        commit, published_sha256: the pinned commit on the hub and its manifest's sha256; None until it is published.
    """

    name: str
    kind: str
    about: str
    result: str
    control: str
    bytes: int
    license: str
    recipe: str
    endpoints: dict[str, str]
    manifest_sha256: str
    commit: str | None = None
    published_sha256: str | None = None

    @property
    def handle(self) -> str | None:
        """Where it is published: `hf://organisation/name@commit`, or None."""
        return f"{SCHEME}{organisation()}/{self.name}@{self.commit}" if self.commit else None

    @property
    def how_to_get(self) -> str:
        """What to type where it is not on this machine."""
        if self.handle:
            return f"kinv pull {self.handle} ({self.bytes / 1e6:.1f} MB)"
        return f"it comes with a checkout of kinv (artifacts/{self.name}), or python -m {self.recipe} trains it"

    def is_at(self, folder: Path) -> bool:
        """Whether this folder holds it, according to its manifest."""
        return manifest_sha256(folder) in (self.manifest_sha256, self.published_sha256)

    def check(self, folder: Path) -> None:
        """Refuses a pulled artifact that only has this one's name.

        Raises:
            ArtifactError: its manifest is another one.
        """
        if not self.is_at(folder):
            raise ArtifactError(
                f"{folder} is called {self.name}, but is not kinv's own artifact of this name: its manifest differs. "
                "To load it all the same, pass its full handle or its folder."
            )


def organisation() -> str:
    """Where presets are published: `KINV_HUB_ORGANISATION`, or `kinv`."""
    return os.environ.get("KINV_HUB_ORGANISATION") or "kinv"


@functools.cache
def presets() -> dict[str, Preset]:
    """All presets by name."""
    return {name: Preset(name, **known) for name, known in json.loads(TABLE.read_text(encoding="utf-8")).items()}


def manifest_sha256(folder: Path) -> str:
    """The sha256 of an artifact's manifest."""
    return hashlib.sha256((folder / MANIFEST).read_bytes()).hexdigest()


def list_presets() -> "pd.DataFrame":
    """kinv's own artifacts: `preset`, `about`, `class`, `result`, `control`, `bytes`, `license`, `where`.

    `where` is the folder that holds it on this machine, else how to get it. `kinv list` shows the same.

    Examples:
        >>> import kinv
        >>> kinv.list_presets().set_index("preset").loc["itn_squeezenet", "class"]
        'InvariantTransformer'
    """
    import pandas as pd

    return pd.DataFrame([
        {
            "preset": preset.name, "about": preset.about, "class": preset.kind, "result": preset.result,
            "control": preset.control, "bytes": preset.bytes, "license": preset.license,
            "where": str(place(preset) or preset.how_to_get),
        }
        for preset in presets().values()
    ])  # fmt: skip


def place(preset: Preset) -> Path | None:
    """The folder of a preset on this machine, outside the hub's cache; None if it is not here."""
    folders = (shelf / preset.name for shelf in artifact_folders())
    return next((folder for folder in folders if (folder / MANIFEST).is_file()), None)
