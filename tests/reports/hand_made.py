"""The content of a report as no network made it: every number and name is chosen here."""

from pathlib import Path

import numpy as np
from jinja2 import ChoiceLoader, DictLoader, PackageLoader
from PIL import Image

from kinv.reports import page
from kinv.reports.words import amount

MAGNITUDES = (-180, -90, -30, -10, 0, 10, 30, 90, 180)
LABELS = tuple(amount("rotation", magnitude, sign=True) for magnitude in MAGNITUDES)
NEUTRAL = MAGNITUDES.index(0)
ROWS, COLUMNS = ('"low" | <b>', "high"), ("left", "middle", "right")
TABLE = """<div class="scroll" tabindex="0" role="group" aria-label="Classes"><table class="sortable">
<thead><tr><th scope="col"><button type="button">Class</button></th>
<th scope="col"><button type="button">Share</button></th></tr></thead>
<tbody>{% for name, share in section.rows %}
<tr><td>{{ name | plain }}</td><td data-value="{{ share }}">{{ share }}</td></tr>{% endfor %}</tbody></table></div>"""
GRID = """{% from "macros.html" import picture, slider2 %}
{% call(cell) slider2("grid", ("Colour", "Place"), section.grid, section.rows, section.columns, (0, 1)) %}
{{ picture(cell.file, cell.words) }}<p>{{ cell.words }}</p>
{% endcall %}"""
TEMPLATES = {"sections/classes.html": TABLE, "sections/learned.html": GRID}
HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror="window.ran = 1">',
    "' onmouseover='window.ran = 1'",
    "</style><script>window.ran = 1</script>",
    "</script><script>window.ran = 1</script>",
    "\N{RIGHT-TO-LEFT OVERRIDE}evil\N{POP DIRECTIONAL FORMATTING}",
    "שלום",
    "{{ 7 * 7 }}{% raw %}",
    "javascript:window.ran = 1",
    "x" * 5000,
)


def content(name="my network", classes=("cat", "dog"), failed="the images have no labels", finding="check the labels"):
    """What `report.json` holds; names, a failure and a finding of one's own show how they are treated."""
    return {
        "name": name,
        "identity": {
            "network": {
                "name": name,
                "parameters": 12345,
                "classes": len(classes),
                "input_shape": [8, 8, 3],
                "weights_sha256": "0" * 64,
            },
            "images": f"images of {name}",
            "fingerprint": "f" * 64,
            "labels": "given",
            **{"preset": "quick", "limit": 50, "seed": 0},
        },
        "preflight": {
            **{"images": 50, "accuracy": 0.9, "chance": 0.5, "confidence": 0.8},
            "findings": [{"severity": "warning", "message": finding}],
        },
        "limits": [{"passed": False, "said": "accuracy=0.95: 0.900, below the limit"}],
        "command": f"kinv report {name}",
        "versions": {"kinv": "0.1", "Python": "3.11"},
        "sections": {
            "tolerance": _section("What does it ignore?", **_tolerance(name)),
            "curves": _section("How far", **_curves(classes)),
            "classes": _section("Classes", rows=[[each, place / 10] for place, each in enumerate(classes)]),
            "metamers": {**_section("Seen directly"), "failed": failed},
            "learned": _section(
                "Learned",
                rows=list(ROWS),
                columns=list(COLUMNS),
                grid=[[_cell(number) for number in range(3)], [_cell(number) for number in range(3, 6)]],
            ),
        },
    }


def _section(title, **values):
    return {"title": title, "failed": None, "seconds": 1.2, "sentences": [], **values}


def _tolerance(name):
    levels = {"0.9": {"place": 0.2, "words": "15° (95 %: 10° to 20°)"}}
    row = {"title": "Rotation", "kept": 0.75, "low": 0.6, "high": 0.9, "neutral": 0.5, "range": [LABELS[0], LABELS[-1]]}
    above = {"0.9": {"place": 0.8, "words": "20° (95 %: 10° to 30°)"}}
    rows = [
        {
            **row,
            "sides": {"below": levels, "above": above},
            "landmarks": {"SqueezeNet": 0.4, "EfficientNet-Lite0": 0.6},
        },
        {**row, "title": "Blur", "neutral": 0, "sides": {"above": above}, "landmarks": {"EfficientNet-Lite0": 0.5}},
        *({**row, "title": f"Another one, {number}", "sides": {}, "landmarks": {}} for number in range(9)),
    ]
    return {
        "sentences": [
            f"{name[:30]} ignores the most when images are turned by up to 15° either way, blurred by up to 2 px and "
            "shifted sideways by up to 12 % of the width either way: 9 of 10 predictions stay.",
            "It does not ignore it when they are darkened by 40 % of the full range or covered with noise by 10 % of "
            "the full range: half of its predictions change there (by chance, 50 % would).",
        ],
        **{"rows": rows, "chance": 0.5, "images": 50, "accuracy": 0.9},
        "landmarks": [{"name": each, "images": "200 photographs"} for each in ("SqueezeNet", "EfficientNet-Lite0")],
    }


def _curves(classes):
    shares = np.interp(np.abs(MAGNITUDES), [0, 180], [1, 0.004])
    points = [
        {
            **{"magnitude": magnitude, "label": label, "unchanged": share, "accuracy": share},
            **{"low": max(share - 0.1, 0), "high": min(share + 0.1, 1)},
            "images": [
                {
                    "file": f"images/{place}.png",
                    "says": classes[(place + which) % len(classes)],
                    "confidence": 0.5,
                    "same": place == NEUTRAL,
                }
                for which in range(2)
            ],
        }
        for place, (magnitude, label, share) in enumerate(zip(MAGNITUDES, LABELS, shares.tolist(), strict=True))
    ]
    card = {"transformation": "rotation", "title": "Rotation", "points": points, "start": NEUTRAL}
    one_sided = {**card, "transformation": "blur", "title": "Blur", "points": points[NEUTRAL:], "start": 0}
    return {"cards": [card, one_sided], "chance": 0.5, "labelled": True}


def _cell(number):
    return {"file": f"images/{number}.png", "words": f"cell {number}"}


def shown(page, selector):
    """Places of those elements that are seen."""
    seen = "(all) => all.map((each) => each.checkVisibility({ visibilityProperty: true }))"
    return [place for place, one in enumerate(page.locator(selector).evaluate_all(seen)) if one]


def write_page(folder: Path, about: dict, templates: dict | None = None) -> Path:
    """The page of this content as a file, with tiny images; two sections have templates of their own."""
    (folder / "images").mkdir(parents=True)
    for number in range(len(MAGNITUDES)):
        Image.new("RGB", (8, 8), (20 * number, 100, 200)).save(folder / f"images/{number}.png")
    first = DictLoader(TEMPLATES if templates is None else templates)
    file, package_loader = folder / "report.html", page.PackageLoader
    page.PackageLoader = lambda name: ChoiceLoader([first, PackageLoader(name)])
    try:
        file.write_text(page.page_of(folder, about), encoding="utf-8")
    finally:
        page.PackageLoader = package_loader
    return file
