"""Pictures that take long to make: each kept in a file as it is made, so that a stopped recipe goes on where it was."""

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image


class PictureShelf:
    """Pictures in files, each with what it was made of and how long that took; a picture that is there is whole.

    Args:
        folder: made if it is missing.
        settings: what identifies how they are made, as JSON values.

    Raises:
        ValueError: the folder holds pictures that were made in another way.
    """

    def __init__(self, folder: Path, settings: Any):
        self.pictures, self.features = folder / "pictures", folder / "features"
        for part in (self.pictures, self.features):
            part.mkdir(parents=True, exist_ok=True)
        kept = folder / "settings.json"
        settings = json.loads(json.dumps(settings))
        found = json.loads(kept.read_text(encoding="utf-8")) if kept.is_file() else None
        if found is not None and found != settings:
            changed = sorted(key for key in {*settings, *found} if found.get(key) != settings.get(key))
            raise ValueError(
                f"{folder} holds pictures that were made with another {', '.join(changed)}. Choose another --output, "
                "or delete the folder."
            )
        if found is None:
            draft = kept.with_suffix(".draft")
            draft.write_text(json.dumps(settings, indent=1) + "\n", encoding="utf-8")
            os.replace(draft, kept)

    def has(self, label: str) -> bool:
        return self._file(self.pictures, label, "png").is_file()

    def keep(self, label: str, picture: np.ndarray, features: Any, seconds: float) -> None:
        """A picture `(H, W, 1 or 3)` in 0..255; features are kept as float16."""
        np.savez(self._file(self.features, label, "npz"), features=np.float16(features), seconds=seconds)
        pixels = picture.round().clip(0, 255).astype("uint8")
        path = self._file(self.pictures, label, "png")
        draft = path.with_name(f".{path.name}")
        Image.fromarray(pixels[..., 0] if pixels.shape[-1] == 1 else pixels).save(draft, format="PNG")
        os.replace(draft, path)

    def picture(self, label: str) -> np.ndarray:
        """Float32 `(H, W, 1 or 3)`, whole numbers in 0..255."""
        pixels = np.asarray(Image.open(self._file(self.pictures, label, "png")), "float32")
        return pixels[..., None] if pixels.ndim == 2 else pixels

    def made_of(self, label: str) -> tuple[np.ndarray, float]:
        """Features, float32, and seconds."""
        with np.load(self._file(self.features, label, "npz")) as kept:
            return kept["features"].astype("float32"), float(kept["seconds"])

    @staticmethod
    def _file(folder: Path, label: str, ending: str) -> Path:
        return folder / ("".join(letter if letter.isalnum() else "_" for letter in label) + f".{ending}")
