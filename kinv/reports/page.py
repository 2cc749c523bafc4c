"""The page: one HTML document with everything inside, from what the sections kept."""

import base64
import logging
import mimetypes
import re
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from kinv.printable import printable

from .curve_chart import curve_chart
from .settings import SECTIONS
from .words import MINUS, amount

NO_BREAK = "\N{NO-BREAK SPACE}"
logger = logging.getLogger("kinv.reports")
TOP = "tolerance"  # whose sentences stand above everything
THIRD = ("compared", "metamers", "learned", "layers")  # the first of these that there is gives one more


def page_of(folder: Path, content: Mapping[str, Any]) -> str:
    """The whole page as HTML.

    Args:
        folder: the report's, which holds the images.
        content: of `report.json`.
    """
    environment = Environment(
        loader=PackageLoader("kinv.reports"), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True, finalize=_with_units,
    )  # fmt: skip
    environment.filters |= {
        "embed": partial(embedded, folder),
        "percent": percent,
        "points": points,
        "amount": lambda magnitude, transformation, sign=False: amount(transformation, magnitude, sign),
        "plain": printable,
    }
    environment.globals |= {
        "curve_chart": curve_chart,
        "style": Markup(_part("style.css")),
        "script": Markup(_part("page.js")),
    }
    sections = {name: content["sections"][name] for name in SECTIONS if name in content["sections"]}
    about = {"report": content, "identity": content["identity"], "sections": sections}
    bodies = {name: _body(environment, name, section, about) for name, section in sections.items()}
    return environment.get_template("page.html").render(**about, bodies=bodies, sentences=top_sentences(sections))


def _body(environment, name, section, about) -> Markup:
    """A section's HTML; of one that can't be shown, why."""
    failed = printable(section["failed"] or "")
    if not failed:
        try:
            html = environment.get_template(f"sections/{name}.html").render(section=section, **about)
            return Markup(html)
        except Exception as error:
            logger.exception("the section %s can't be shown", name)
            failed = printable(error)
    return Markup('<p class="failed"><strong>This section could not be made.</strong> {}</p>').format(failed)


def top_sentences(sections: Mapping[str, Any]) -> list[str]:
    """The sentences above everything: of the tolerances, and one of what was seen directly."""
    said = list(sections.get(TOP, {}).get("sentences", []))
    others = [sections[name]["sentences"][0] for name in THIRD if sections.get(name, {}).get("sentences")]
    return [*said, *others[:1]]


def embedded(folder: Path, place: str) -> str:
    """A file of the report as a data URI."""
    kind = mimetypes.guess_type(place)[0] or "application/octet-stream"
    return f"data:{kind};base64,{base64.b64encode((folder / place).read_bytes()).decode('ascii')}"


def percent(share: float | None) -> str:
    """A share as people read it; a dash where it is not known."""
    if share is None:
        return "-"
    value = 100 * share
    return f"{value:.0f} %" if value >= 1 or value == 0 else "< 1 %"


def _with_units(value: Any) -> Any:
    """A text in which no line break parts a number from its unit; what is markup already stays as it is."""
    return re.sub(r"(?<=\d) (?=%|px\b)", NO_BREAK, value) if type(value) is str else value


def points(difference: float) -> str:
    """A difference of two shares in points, with its sign."""
    rounded = round(100 * difference)
    return f"{rounded:+d}".replace("-", MINUS) if rounded else "0"


def _part(name: str) -> str:
    return (Path(__file__).parent / "templates" / name).read_text(encoding="utf-8")
