"""One run of a recipe: settings, a quiet and seeded start, its name, where it goes on from, and what is kept of it."""

import contextlib
import copy
import functools
import json
import math
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

from tyro.conf import Suppress

import kinv
from kinv.locks import FolderLock
from recipes.experiment import cards, naming
from recipes.experiment.kept import Kept
from recipes.experiment.provenance import as_json, hardware

NUMBERS = "numbers.json"  # of a results folder


@dataclass(frozen=True)
class Config:
    """What every recipe can be told."""

    preset: Suppress[str] = "default"  # which one these settings started from
    data: str = "auto"  # the images; auto: imagenet_samples, else tfds:imagenet_v2, else photos
    download: bool = False  # lets data and weights be fetched
    limit: int | None = None  # at most so many images
    output: Path = Path("artifacts")  # the folder of the artifact or of the results is made in here
    checkpoints: Path = Path("runs")  # what a stopped run goes on from
    seed: int = 0


Settings = TypeVar("Settings", bound=Config)


def presets(default: Settings, smoke: Settings, paper: Settings) -> dict[str, Settings]:
    """Settings by name. `smoke` only shows, in seconds, that a recipe runs; `paper` is the paper's scale."""
    named = {"default": default, "smoke": smoke, "paper": paper}
    return {name: replace(config, preset=name) for name, config in named.items()}


def of_data(of: Mapping[str, Settings], **settings: Any) -> dict[str, Settings]:
    """The presets for another data set, which changes the same settings of all but `smoke`."""
    smoke = {"data": settings["data"]}
    return {name: replace(config, **(smoke if name == "smoke" else settings)) for name, config in of.items()}


def recipe(
    presets: Mapping[str, Any], card: str | None = None, data: Mapping[str, Mapping[str, Any]] | None = None
) -> Callable[[Callable[[Any, "Experiment"], Any]], Any]:
    """Makes a recipe of a function of its settings and of the experiment, to be called with the settings alone.

    The recipe's `within` is that function, for a recipe that does the same with other presets.

    Args:
        presets: settings by name.
        card: which of `hub_cards/` describes its artifacts.
        data: presets of its own for each data set that has some.
    """

    def decorate(run: Callable[[Any, "Experiment"], Any]) -> Any:
        @functools.wraps(run)
        def start(config: Any) -> Any:
            import kinv.backend  # noqa: F401  (starts TensorFlow quietly, before anything else imports it)

            # isort: split
            import keras
            import tensorflow as tf

            keras.utils.set_random_seed(config.seed)
            tf.config.experimental.enable_op_determinism()
            plain = (data or {}).get(config.data, presets)[config.preset]
            module = sys.modules[run.__module__]
            name = module.__spec__.name if module.__spec__ else run.__module__  # `python -m` calls it __main__
            experiment = Experiment(config, plain, name, card)
            with experiment.held:
                return run(config, experiment)

        start.presets, start.data, start.within = presets, data or {}, run  # type: ignore[attr-defined]
        return start

    return decorate


class Experiment:
    """What a recipe is given to run with.

    Args:
        config: its settings.
        plain: those of the same preset, from which the name tells what differs.
        recipe: its module.
        card: which of `hub_cards/` describes its artifact.

    Attributes:
        held: the locks on the folders of `kept`, which no other run can use in the meantime.
    """

    def __init__(self, config: Any, plain: Any, recipe: str, card: str | None = None):
        self.config, self.recipe, self.card = config, recipe, card
        self.settings, self.plain = as_json(config), as_json(plain)
        self.started, self.trainings, self.held = time.monotonic(), [], contextlib.ExitStack()
        self.about(recipe.rpartition(".")[2])

    def about(self, *words: str) -> str:
        """Says what is studied, in words such as method, network and data; returns the name of what will be kept."""
        self.subject = "_".join(filter(None, words))
        self.name = naming.name(self.subject, self.settings, self.plain)
        return self.name

    @property
    def folder(self) -> Path:
        """Where the artifact or the results go."""
        return self.config.output / self.name

    def part(self, **settings: Any) -> "Experiment":
        """The same experiment with other settings, such as a point of a sweep, seeded anew."""
        import keras

        part = copy.copy(self)
        part.config, part.trainings = replace(self.config, **settings), []
        part.settings = as_json(part.config)
        keras.utils.set_random_seed(part.config.seed)
        return part

    def kept(self, **run: Any) -> Kept:
        """What a run of the same kind goes on from: see `Kept`.

        Raises:
            ValueError: such a run is going on.
        """
        kept = Kept(self.config.checkpoints / self.subject, run)
        self.held.enter_context(FolderLock(kept.folder))
        return kept

    def kept_run(self, **run: Any) -> Kept:
        """The same for a run with these very settings: whether something had to be downloaded does not matter."""
        settings = {key: value for key, value in self.settings.items() if key != "download"}
        return self.kept(config=settings, **run)

    def once(self, measure: Callable[[], Any], **run: Any) -> Any:
        """The JSON values that `measure` returns: now, or when it was called before.

        Args:
            measure: what takes long.
            **run: what identifies it besides the configuration.
        """
        result = self.kept_run(**run).once(measure)
        self.forget()
        return result

    def forget(self) -> None:
        """Deletes the checkpoints of this run's trainings, once what they learned is kept."""
        for kept in self.trainings:
            kept.forget()

    def fit(
        self, model: Any, images: Any, targets: Any, columns: Mapping[str, str], **settings: Any
    ) -> dict[str, list]:
        """Trains a compiled model, as `kinv.training.fit` does, from where a stopped run was; returns the curves.

        Args:
            model: compiled.
            images, targets: as `kinv.training.shuffled_batches` takes them.
            columns: metric name to the title of its column.
            **settings: what is not as in the configuration: `epochs`, `steps_per_epoch`, `batch_size`; and `run`, what
                identifies the training besides the configuration; what else `kinv.training.fit` takes.
        """
        from kinv.training.fit import fit

        names = ("epochs", "steps_per_epoch", "batch_size", "seed")
        used = {name: self.settings[name] for name in names if name in self.settings}
        kept = self.kept_run(**settings.pop("run", {}))
        checkpoint = kept.checkpoint()
        self.trainings.append(kept)
        fit(model, images, targets, checkpoint=checkpoint, columns=columns, **{**used, **settings})
        return checkpoint.history

    def minutes(self) -> float:
        """How long this run has taken, with one decimal."""
        return round((time.monotonic() - self.started) / 60, 1)

    def keep_artifact(
        self, model: Any, metrics: Mapping[str, Any], figures: Mapping[str, Any], *, known: Mapping[str, Any],
        **settings: Any,
    ) -> Path:  # fmt: skip
        """Writes the artifact with its card, and forgets the training's checkpoints.

        Args:
            model: what was trained.
            metrics: what was measured.
            figures: file name to Matplotlib figure.
            known: what else the metadata says; `data` says what it was trained with and measured on.
            **settings: what else `kinv.save` takes.
        """
        metadata = {
            "name": self.name,
            "recipe": self.recipe,
            "card": self.card,
            "config": self.settings,
            "seed": self.config.seed,
            "metrics": metrics,
            **known,
            "minutes": self.minutes(),
            "hardware": hardware(),
        }
        drawn = {name: figure.savefig for name, figure in figures.items()}
        folder = kinv.save(model, self.folder, metadata, drawn, cards.render, **settings)
        self.forget()
        print(f"Artifact: {folder}\nImages:   {folder / 'figures'}")
        return folder

    def keep_results(self, numbers: Any, figures: Mapping[str, Any], within: str = "") -> Path:
        """Writes numbers and figures, with the configuration they are of.

        Args:
            numbers: JSON values.
            figures: file name to Matplotlib figure.
            within: the figures' folder inside that of the results.
        """
        (self.folder / within).mkdir(parents=True, exist_ok=True)
        for name, figure in figures.items():
            figure.savefig(self.folder / within / name)
        known = {"recipe": self.recipe, "config": self.settings, "minutes": self.minutes()}
        text = json.dumps({**known, "results": _finite(numbers)}, indent=1, allow_nan=False)
        (self.folder / NUMBERS).write_text(text + "\n", encoding="utf-8")
        print(f"Numbers and images: {self.folder}")
        return self.folder


def _finite(value: Any) -> Any:
    """JSON values without NaN and infinity, which JSON does not have: None stands for them."""
    if isinstance(value, Mapping):
        return {key: _finite(part) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(part) for part in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
