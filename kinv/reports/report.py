"""The report: one page that says what a network ignores."""

import json
import logging
import os
import platform
import shutil
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from html import escape
from importlib import import_module
from pathlib import Path
from typing import Any

import keras

from kinv import __version__
from kinv.analysis.screening.tables import write_json
from kinv.classifiers.fingerprint import describe_network
from kinv.classifiers.preflight import IMAGES, check_sample
from kinv.json_values import json_values
from kinv.locks import FolderLock, is_empty
from kinv.ops import TRANSFORMATIONS
from kinv.printable import printable
from kinv.surgery.contract import check_logits
from kinv.whole_file import whole_file

from .fail_under import measured, parsed
from .judges import chosen_judge, judge_name
from .other_network import other_subject
from .page import page_of
from .progress import Progress
from .settings import JUDGED, SECTIONS, chosen_settings
from .subject import Subject, material

logger = logging.getLogger("kinv.reports")
ABOUT, PAGE = "report.json", "report.html"
LONGEST = 1000  # letters of a sentence
WRAPPED = "_wrapped"  # how the names of wrapped networks end


class Report:
    """A finished report: its page, its numbers and its files.

    Args:
        folder: where `kinv.report` wrote it.

    Attributes:
        folder: where it is.
        content: everything in `report.json`: `identity`, `sections` by name, each with its title, sentences and
            numbers, or why it `failed`.

    Raises:
        FileNotFoundError: there is no finished report.
    """

    def __init__(self, folder: str | os.PathLike):
        self.folder = Path(folder)
        if not (self.folder / ABOUT).is_file():
            raise FileNotFoundError(f"{self.folder} holds no report: {ABOUT} is missing. Check the path.")
        self.content: dict[str, Any] = json.loads((self.folder / ABOUT).read_text(encoding="utf-8"))
        if not self.content.get("finished"):
            raise FileNotFoundError(f"{self.folder} holds an unfinished report: ask for it again to finish it.")

    def __repr__(self) -> str:
        return f"Report({printable(self.content['name'])}: {self.folder / PAGE})"

    def _repr_html_(self) -> str:
        page = escape(self.page(), quote=True)
        return f'<iframe title="kinv report" srcdoc="{page}" style="width: 100%; height: 80vh; border: 0"></iframe>'

    def page(self) -> str:
        """The page, one HTML document that needs nothing else."""
        return page_of(self.folder, self.content)

    def summary(self) -> str:
        """What the page says first, and a line for each section that could not be made."""
        sections = self.content["sections"]
        said = [sentence for section in sections.values() for sentence in section.get("sentences", [])]
        failed = [f"{section['title']}: {section['failed']}" for section in sections.values() if section.get("failed")]
        return "\n".join(printable(line, LONGEST) for line in [*said, *failed])

    def broken(self) -> list[str]:
        """A line for each limit of `fail_under` that was not reached."""
        return [row["said"] for row in self.content["limits"] if not row["passed"]]

    def save(self, folder: str | os.PathLike) -> Path:
        """Copies the page and all its files to a new folder; returns the place of the page.

        Raises:
            FileExistsError: the folder is not empty; nothing was written.
        """
        folder = Path(folder)
        if folder.exists() and any(folder.iterdir()):
            raise FileExistsError(f"{folder} is not empty: nothing was written. Choose a new folder.")
        shutil.copytree(self.folder, folder, dirs_exist_ok=True)
        return folder / PAGE


def report(
    model: keras.Model,
    images: Any,
    labels: Any = None,
    preset: str = "default",
    *,
    name: str | None = None,
    folder: str | os.PathLike | None = None,
    sections: Sequence[str] | None = None,
    limit: int | None = None,
    judge: keras.Model | str | None = "auto",
    compare: keras.Model | None = None,
    compare_name: str | None = None,
    fail_under: Sequence[str] = (),
    seed: int = 0,
    use_labels: bool = True,
    preflight: bool = True,
    table_format: str = "csv",
    progress: bool = False,
    command: str | None = None,
) -> Report:
    """Measures what a network ignores, and writes it on one page.

    Each section stands alone: where one can't be made, its place on the page says why. A report that was killed goes on
    after the last finished section if it is asked for again with the same folder.

    Args:
        model: images `(B, H, W, C)` in 0..255 to logits, see `kinv.wrap`.
        images: `(N, H, W, C)` array in 0..255; a folder or the name of a data set; or a `tf.data.Dataset`.
        labels: int `(N,)` class indices, with an array. Without labels, the network's predictions are what is kept.
        preset: `"quick"`, `"default"` or `"full"`: two, eight minutes, and up to hours on two cores.
        name: of the network, on the page; default: its own.
        folder: where to; default: a temporary folder, see `Report.save`.
        sections: names of sections (`kinv.reports.settings.SECTIONS`); default: the preset's.
        limit: at most so many images, evenly spread; default: the preset's.
        judge: another classifier, whose predictions for metamers and preferred images are shown; None for none.
            By default, EfficientNet-Lite0 or SqueezeNet, where the images are of colour and at least 64 pixels wide.
        compare: another network, which is measured on the same images, in the size that it takes. With labels, both
            must have the same classes.
        compare_name: of that network, on the page; default: its own.
        fail_under: limits, such as `"rotation:unchanged@15=0.8"` or `"accuracy=0.9"`; see `Report.broken`.
        seed: of everything that is random.
        use_labels: False leaves the labels of a folder or a data set unused.
        preflight: whether to check first that images, labels and network belong together.
        table_format: `"csv"` or `"parquet"`.
        progress: whether to show the section, the time left, and bars.
        command: the command that makes the report again, for the page; default: this call.

    Raises:
        ValueError: if the network, the images, the labels or a setting can't be used, the folder holds another report
            or other files, or preflight found an error.

    Examples:
        >>> from kinv import classifiers, data
        >>> images, labels = data.load("mnist", "test", limit=20)
        >>> found = report(classifiers.load("digit_cnn"), images, labels, "quick", sections=["tolerance"])
        >>> "<html" in found.page()
        True
    """
    settings, limits = chosen_settings(preset, sections, limit, compare is not None), tuple(map(parsed, fail_under))
    for one in limits:
        if one.transformation is not None:
            TRANSFORMATIONS[one.transformation].check([one.magnitude])
    check_logits(model)
    chosen, labels = material(model, images, labels, settings.images, use_labels)
    place = Path(tempfile.mkdtemp(prefix="kinv-report-")) if folder is None else Path(folder)
    given = {"limit": limit, "sections": sections and list(sections), "fail_under": list(fail_under) or None}
    with FolderLock(place):
        judging = chosen_judge(model, judge, bool(set(JUDGED) & set(settings.sections)))
        shown = name or model.name.removesuffix(WRAPPED)
        subject = Subject(model, shown, chosen, labels, settings, place, seed, judging, table_format, progress, limits)
        if compare is not None:
            other = other_subject(subject, compare, compare_name or compare.name.removesuffix(WRAPPED))
            subject = replace(subject, other=other)
        content = _opened(
            place,
            {
                "kinv": __version__,
                "name": shown,
                "identity": {
                    **subject.describe(),
                    "preset": preset,
                    "limit": settings.images,
                    "seed": seed,
                    "magnitudes": sorted(
                        {(one.transformation, one.magnitude) for one in limits if one.magnitude is not None}
                    ),
                    "compared": None if compare is None else describe_network(compare),
                    "judge": judge_name(model, judge),
                },
                "preflight": _preflight(subject) if preflight else None,
                "compared": _other(subject.other, preflight),
                "command": command or _call(preset, seed, compare, **given),
                "versions": _versions(),
                "limits": [],
                "finished": False,
                "sections": {},
            },
        )
        known = content["sections"]
        left = [name for name in settings.sections if name not in known or known[name].get("failed")]
        for name in _shown(left, settings, len(known), progress):
            known[name] = _made(name, subject)
            content["sections"] = known = {each: known[each] for each in SECTIONS if each in known}
            write_json(content, place / ABOUT)
        content |= {"limits": _checked(limits, subject), "finished": True}
        write_json(content, place / ABOUT)
        with whole_file(place / PAGE) as draft:
            draft.write_text(page_of(place, content), encoding="utf-8")
    return Report(place)


def _other(other, preflight) -> dict[str, Any] | None:
    """The network that a report compares with, for the page."""
    return None if other is None else {"name": other.name, "preflight": _preflight(other) if preflight else None}


def _call(preset: str, seed: int, compare: Any, **others: Any) -> str:
    """The call that makes the report; of the others, those that were given."""
    given = {
        "preset": preset,
        "seed": seed,
        **{name: value for name, value in others.items() if value not in (None, ())},
    }
    said = ["model", "images", *(f"{name}={value!r}" for name, value in given.items())]
    return f"kinv.report({', '.join([*said, 'compare=other'] if compare is not None else said)})"


def _preflight(subject) -> dict[str, Any]:
    images, labels = subject.stream.sample(IMAGES)
    return check_sample(subject.network, images, labels, subject.stream.class_names).enforce().to_dict()


def _shown(left, settings, done, progress) -> Iterator[str]:
    with Progress(settings, done, progress) as shown:
        for name in left:
            shown.start(name)
            yield name


def _made(name: str, subject: Subject) -> dict[str, Any]:
    """The content of a section; one that can't be made says why."""
    since = time.monotonic()
    about: dict[str, Any] = {"title": SECTIONS[name], "failed": None}
    try:
        module = import_module(f"kinv.reports.sections.{name}")
        about |= json_values(module.make(subject))
    except Exception as error:
        if not isinstance(error, (ValueError, ImportError)):
            logger.exception("the section %s failed", name)
        about["failed"] = printable(error) or type(error).__name__
    return {**about, "seconds": round(time.monotonic() - since, 1)}


def _checked(limits, subject) -> list[dict[str, Any]]:
    if not limits:
        return []
    try:
        return measured(limits, subject.screening, subject.predictions.accuracy)
    except ValueError as error:
        logger.warning("limits could not be measured: %s", printable(error))
        return measured(limits, None, None)


def _versions() -> dict[str, str]:
    names = ("keras", keras.backend.backend(), "numpy")  # of modules: TensorFlow's package may be tensorflow-cpu
    packages = {name: import_module(name).__version__ for name in names}
    return {"kinv": __version__, "Python": platform.python_version(), **packages}


def _opened(folder: Path, content: dict[str, Any]) -> dict[str, Any]:
    """The content to go on from: what a killed run of the same report kept, or a new one.

    Raises:
        ValueError: the folder holds another report, or other files.
    """
    content = json.loads(json.dumps(content))
    if (folder / ABOUT).is_file():
        kept = json.loads((folder / ABOUT).read_text(encoding="utf-8"))
        different = [name for name, value in content["identity"].items() if kept.get("identity", {}).get(name) != value]
        if different or kept.get("kinv") != content["kinv"]:
            raise ValueError(
                f"{folder} holds the report of another run (other {', '.join(different) or 'version of kinv'}): "
                "nothing was written. Choose a new folder."
            )
        return {**content, "sections": kept["sections"]}
    if not is_empty(folder):
        raise ValueError(f"{folder} holds files other than a report: nothing was written. Choose a new folder.")
    write_json(content, folder / ABOUT)
    return content
