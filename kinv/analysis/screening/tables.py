"""The tables of a screening, and how they are saved."""

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from kinv.choices import checked_choice
from kinv.printable import printable
from kinv.requirements import installed, package_needed
from kinv.whole_file import whole_file

from .corruption_errors import CorruptionErrors, corruption_errors
from .summary import ranking, sentences

ABOUT = ["network", "transformation"]
TABLES = {  # and their columns
    "accuracy": [
        *ABOUT,
        "magnitude",
        "magnitude_2",
        "distance",
        "accuracy",
        "unchanged",
        "images",
        "classes",
        "unchanged_low",
        "unchanged_high",
        "turned_into",
        "turned_into_name",
        "turned_into_share",
    ],
    "classes": [
        *ABOUT,
        "class",
        "class_name",
        "magnitude",
        "images",
        "accuracy",
        "unchanged",
        "unchanged_low",
        "unchanged_high",
    ],
    "softmax": [*ABOUT, "class", "class_name", "predicted", "magnitude", "softmax", "predicted_name"],
    "critical_points": [*ABOUT, "class", "class_name", "side", "status", "magnitude", "end"],
    "images": [
        *ABOUT,
        "image",
        "class",
        "class_name",
        "predicted",
        "predicted_name",
        "kept",
        "first_change",
        "turned_into",
        "turned_into_name",
    ],
}
MAY_LACK = ("classes", "images")  # where they are of an older version, or were not asked for
FORMATS = ("parquet", "csv")
NAMES = {"class_name": str, "predicted_name": str, "turned_into_name": str}  # classes may be called 0, 1, 2


@dataclass(frozen=True)
class Screening:
    """The results of a screening, as tidy tables: one row per observation.

    Attributes:
        accuracy: network, transformation, magnitude (and magnitude_2 of two composed ones); distance: of its matrix
            from the identity, NaN if it has none; accuracy: share of correct predictions, averaged over classes;
            unchanged: share of images with the prediction of the original; images, classes: their numbers;
            unchanged_low, unchanged_high: 95 % interval of that share (Wilson); turned_into, turned_into_name,
            turned_into_share: the class of most changed predictions (-1, `-` if none changed), and their share.
        softmax: network, transformation, class (the images'), predicted, magnitude: mean softmax output over the
            images of a class, for the class itself, the three highest and, as -1, the maximum of all others.
            Single transformations only.
        critical_points: network, transformation, class, side (`below` or `above` the neutral magnitude), status
            (`within`, `never` within the range, `wrong at neutral`), magnitude (NaN unless `within`), end of the range.
        metadata: how the tables were made, as JSON values.
        classes: network, transformation, class (the images'), magnitude, images: accuracy and unchanged, with its 95 %
            interval, of the images of one class. Single transformations only; no rows in tables of older versions.
        images: network, transformation, image (its place in their order), class, predicted (for the original); kept:
            the mean over the range of magnitudes of whether its prediction stays, 0..1; first_change: the magnitude
            nearest to the neutral one at which it does not, NaN if there is none; turned_into, turned_into_name: its
            class there (-1, `-` if there is none). Single transformations only; no rows unless asked for.
    """

    accuracy: pd.DataFrame
    softmax: pd.DataFrame
    critical_points: pd.DataFrame
    metadata: dict[str, Any] = field(default_factory=dict)
    classes: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=TABLES["classes"]))
    images: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=TABLES["images"]))

    def __repr__(self) -> str:
        networks, names = (self.accuracy[column].unique().tolist() for column in ABOUT)
        images = self.accuracy["images"].max() if len(self.accuracy) else 0
        shown = ", ".join(map(printable, networks))
        return f"Screening({shown}: {len(names)} transformations of {images:,} images; try .summary())"

    def summary(self) -> str:
        """In sentences: what is tolerated most and how far, and what changed images turn into."""
        return sentences(self)

    def ranking(self) -> pd.DataFrame:
        """The transformations, the best tolerated first; see `kinv.analysis.screening.summary.ranking`."""
        return ranking(self.accuracy)

    def corruption_error(self, network: str | None = None) -> CorruptionErrors:
        """The errors under ImageNet-C's corruptions: each, their mean, and relative to AlexNet's (mCE).

        Args:
            network: the name of the network, if there are several.

        Raises:
            ValueError: if corruptions or severities are missing: screen with `transformations="imagenet_c"`.
        """
        return corruption_errors(self, network)

    def to_frame(self) -> pd.DataFrame:
        """The accuracy table: a row per network, transformation and magnitude."""
        return self.accuracy

    def save_figures(
        self, folder: str | os.PathLike, classifier: Any = None, images: Any = None, labels: Any = None
    ) -> list[Path]:
        """Draws all figures as PNG files.

        Args:
            folder: where to; it is created.
            classifier, images, labels: what was screened: images of the class that a figure is about are then shown
                under it, transformed. Default: curves only.
        """
        from kinv.figures.style import save_figures

        from .figures import highest_classes, overview
        from .strip import class_examples

        shown = {} if classifier is None else class_examples(classifier, images, labels, highest_classes(self))
        return save_figures(overview(self, images=shown), folder)

    def written(self) -> dict[str, pd.DataFrame]:
        """The tables that are kept, by name: all, but `images` only if it was asked for."""
        return {name: getattr(self, name) for name in TABLES if name != "images" or len(self.images)}

    def save(self, folder: str | os.PathLike, format: str | None = None) -> None:
        """Writes the tables as Parquet or CSV, and `screening.json`.

        Args:
            folder: a new or empty folder.
            format: `"parquet"` or `"csv"`; default: Parquet if pyarrow is installed, else CSV.

        Raises:
            ValueError: if the format is unknown.
            FileExistsError: if the folder is not empty.
            MissingPackage: Parquet was asked for, and pyarrow is not installed.
        """
        format = table_format() if format is None else checked_choice("format", format, FORMATS)
        folder = Path(folder)
        if folder.exists() and any(folder.iterdir()):
            raise FileExistsError(f"{folder} is not empty: nothing was written. Choose a new folder.")
        folder.mkdir(parents=True, exist_ok=True)
        for name, table in self.written().items():
            write_table(table, folder / f"{name}.{format}")
        write_json({**self.metadata, "finished": True}, folder / "screening.json")

    @classmethod
    def load(cls, folder: str | os.PathLike) -> "Screening":
        """Reads what `save`, or `screen(results=folder)`, wrote.

        Raises:
            FileNotFoundError: if the folder holds no finished screening.
        """
        folder = Path(folder)
        if not (folder / "screening.json").is_file():
            raise FileNotFoundError(f"{folder} holds no screening: screening.json is missing. Check the path.")
        metadata = json.loads((folder / "screening.json").read_text(encoding="utf-8"))
        if not metadata.pop("finished", False):
            raise FileNotFoundError(f"{folder} holds an unfinished screening: run the same command again to finish it.")
        tables = read_tables(folder)
        for name in set(TABLES) - {*tables, *MAY_LACK}:
            raise FileNotFoundError(f"{folder} lacks the table {name}: it is not a whole screening.")
        return cls(**tables, metadata=metadata)

    @classmethod
    def join(cls, screenings: Sequence["Screening"]) -> "Screening":
        """Concatenates the tables of several networks, or of one network under several transformations.

        Raises:
            ValueError: if there are no screenings, or two of the same network and transformation.
        """
        if not screenings:
            raise ValueError("screenings must have at least one Screening to join, received none")
        tables = {name: concatenated([getattr(one, name) for one in screenings], name) for name in TABLES}
        keys = ["network", "transformation", "magnitude", "magnitude_2"]
        if tables["accuracy"].duplicated(keys).any():
            raise ValueError(
                "the same network and transformation appear twice: give networks different names; screenings of other "
                "images can't be joined"
            )
        return cls(**tables, metadata={"joined": [one.metadata for one in screenings]})


def concatenated(tables: Sequence[pd.DataFrame], name: str) -> pd.DataFrame:
    """Tables of one name below each other; those without rows say nothing about the columns' types."""
    tables = [table for table in tables if len(table)]
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=TABLES[name])


def table_format() -> str:
    """`"parquet"` if pyarrow is installed, else `"csv"`."""
    return "parquet" if installed("pyarrow") else "csv"


def read_tables(folder: Path) -> dict[str, pd.DataFrame]:
    """The tables of a screening in a folder, by name, with the values and types that were written.

    Versions of pandas before 3 may round the last digit of numbers in CSV.

    Raises:
        MissingPackage: they are Parquet, and pyarrow is not installed.
    """
    tables = {}
    for name in TABLES:
        parquet, text = folder / f"{name}.parquet", folder / f"{name}.csv"
        if parquet.is_file():
            with package_needed("pyarrow", f"{parquet}, a Parquet file,", "parquet"):
                tables[name] = pd.read_parquet(parquet)
        elif text.is_file():
            tables[name] = pd.read_csv(text, dtype=NAMES, na_values=[""], keep_default_na=False)
    return tables


def write_table(table: pd.DataFrame, path: Path) -> None:
    """Writes Parquet or CSV, by the suffix, in one step.

    Raises:
        MissingPackage: Parquet was asked for, and pyarrow is not installed.
    """
    with whole_file(path) as draft:
        if path.suffix == ".csv":
            table.to_csv(draft, index=False)
        else:
            with package_needed("pyarrow", "Parquet", "parquet"):
                table.to_parquet(draft, index=False)


def write_json(value: Any, path: Path) -> None:
    """Writes JSON in one step."""
    with whole_file(path) as draft:
        draft.write_text(json.dumps(value, indent=1), encoding="utf-8")
