"""What a stopped run goes on from: the state of a training, measured values, and generated images."""

import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from recipes.experiment.naming import key_of


class Kept:
    """Files of one run. Another run has another folder, so that none goes on from, or replaces, what is not its own.

    Args:
        folder: that of all runs.
        run: what identifies this one, as JSON values.
    """

    def __init__(self, folder: Path, run: Mapping[str, Any]):
        self.run = json.loads(json.dumps(run))
        self.folder = folder / key_of(self.run)

    def checkpoint(self) -> Any:
        """Of a training: see `kinv.training.Checkpoint`."""
        from kinv.training.checkpoint import Checkpoint

        return Checkpoint(self.folder, run=self.run)

    def forget(self) -> None:
        """Deletes the checkpoint, once what was trained is kept elsewhere."""
        self.checkpoint().forget()
        if self.folder.parent.is_dir() and not any(self.folder.parent.iterdir()):
            self.folder.parent.rmdir()

    def once(self, measure: Callable[[], Any]) -> Any:
        """The JSON values that `measure` returns: now, or when it was called before."""
        path = self.folder / "measured.json"
        if not path.is_file():
            self._write("measured.json", json.dumps({"run": self.run, "result": measure()}))
        return json.loads(path.read_text(encoding="utf-8"))["result"]

    def forget_measured(self) -> None:
        """Deletes what `once` kept, when it has served: other code may measure something else."""
        (self.folder / "measured.json").unlink(missing_ok=True)

    def has(self, label: str) -> bool:
        """Whether there is an image; one that is there is whole."""
        return self._file("images", label, "png").is_file()

    def keep(self, label: str, image: np.ndarray, features: Any, seconds: float) -> None:
        """Keeps an image `(H, W, 1 or 3)` in 0..255, what it was made of, as float16, and how long that took."""
        if not (self.folder / "run.json").is_file():
            self._write("run.json", json.dumps(self.run, indent=1) + "\n")
        path, made_of = self._file("images", label, "png"), self._file("features", label, "npz")
        for file in (path, made_of):
            file.parent.mkdir(parents=True, exist_ok=True)
        np.savez(made_of, features=np.float16(features), seconds=seconds)
        pixels = image.round().clip(0, 255).astype("uint8")
        draft = path.with_name(f".{path.name}")
        Image.fromarray(pixels[..., 0] if pixels.shape[-1] == 1 else pixels).save(draft, format="PNG")
        os.replace(draft, path)

    def image(self, label: str) -> np.ndarray:
        """Float32 `(H, W, 1 or 3)`, whole numbers in 0..255."""
        pixels = np.asarray(Image.open(self._file("images", label, "png")), "float32")
        return pixels[..., None] if pixels.ndim == 2 else pixels

    def made_of(self, label: str) -> tuple[np.ndarray, float]:
        """Features, float32, and seconds."""
        with np.load(self._file("features", label, "npz")) as kept:
            return kept["features"].astype("float32"), float(kept["seconds"])

    def _file(self, part: str, label: str, ending: str) -> Path:
        return self.folder / part / ("".join(letter if letter.isalnum() else "_" for letter in label) + f".{ending}")

    def _write(self, name: str, text: str) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        draft = self.folder / f".{name}"
        draft.write_text(text, encoding="utf-8")
        os.replace(draft, self.folder / name)
