"""The content of a report as no network made it: every number and name is chosen here."""

from pathlib import Path

import numpy as np
from jinja2 import ChoiceLoader, DictLoader, PackageLoader
from PIL import Image

from kinv.printable import printable
from kinv.reports import page
from kinv.reports.words import amount

MAGNITUDES = (-180, -90, -30, -10, 0, 10, 30, 90, 180)
LABELS = tuple(amount("rotation", magnitude, sign=True) for magnitude in MAGNITUDES)
NEUTRAL = MAGNITUDES.index(0)
ROWS, COLUMNS = ('"low" | <b>', "high"), ("left", "middle", "right")
GRID = """{% from "macros.html" import picture, slider2 %}
{% call(cell) slider2("grid", ("Colour", "Place"), section.grid, section.rows, section.columns, (0, 1)) %}
{{ picture(cell.file, cell.words) }}<p>{{ cell.words }}</p>
{% endcall %}"""
TEMPLATES = {"sections/learned.html": GRID}
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
    network = {
        **{"name": name, "parameters": 12345, "classes": len(classes), "input_shape": [8, 8, 3]},
        "weights_sha256": "0" * 64,
    }
    return {
        "name": name,
        "identity": {
            **{"network": network, "compared": {**network, "input_shape": [12, 12, 3]}},
            "images": f"images of {name}",
            "fingerprint": "f" * 64,
            "labels": "given",
            **{"preset": "quick", "limit": 50, "seed": 0},
        },
        "preflight": {
            **{"images": 50, "accuracy": 0.9, "chance": 0.5, "confidence": 0.8},
            "findings": [{"severity": "warning", "message": finding}],
        },
        "compared": {"name": f"other {name}", "preflight": {"findings": [{"severity": "warning", "message": finding}]}},
        "limits": [{"passed": False, "said": "accuracy=0.95: 0.900, below the limit"}],
        "command": f"kinv report {name}",
        "versions": {"kinv": "0.1", "Python": "3.11"},
        "sections": {
            "tolerance": _section("What does it ignore?", **_tolerance(name)),
            "curves": _section("How far", **_curves(classes)),
            "classes": _section("Classes", **_classes(classes)),
            "compared": _section("Compared", **_compared(name)),
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


def _classes(classes):
    images = [
        {
            **{"title": "Rotation", "amount": "15°", "class_name": name, "unchanged": 0.7, "kept": 0.2},
            "before": {"file": "images/4.png", "says": name, "confidence": 0.9, "same": True},
            "after": {"file": "images/6.png", "says": classes[0], "confidence": 0.4, "same": False},
        }
        for name in classes[:2]
    ]
    rows = [class_row(name, place) for place, name in enumerate(classes)]
    return {"rows": rows, "why_not": None, "left_out": 1, "least": 5, "labelled": True, "worst": images}


def class_row(name, place):
    """A row of the table of classes; each has other numbers."""
    return {
        **{"class_name": name, "images": 10 - place, "right": 0.9, "kept": place / 10, "low": 0, "high": 1},
        "verdict": ("better", "worse", "unknown")[place % 3],
        "most": {"title": "Contrast", "kept": 0.95},
        "least": {"title": "Blur", "kept": 0.2},
        "ends": ["Rotation: 15°", "Blur: 2 px"],
        "into": {"class_name": name, "share": 0.5} if place % 2 else None,
    }


def _compared(name):
    name = printable(name)  # as it is in sentences
    rows = [
        {"title": title, "kept": 0.8, "kept_by_other": 0.8 - middle, "difference": middle, "low": low, "high": high}
        | {"verdict": verdict, "said": f"{verdict}, says {name}"}
        for title, verdict, middle, low, high in (
            ("Rotation", "better", 0.3, 0.2, 0.4),
            ("Blur", "unknown", 0, -0.1, 0.1),
            ("Noise", "worse", -0.15, -0.25, -0.05),
        )
    ]
    known = {"accuracy": 0.9, "low": 0.8, "high": 0.95, "chance": 0.5}
    networks = [{**known, "name": name, "size": [8, 8]}, {**known, "name": f"other {name}", "size": [12, 12]}]
    return {"rows": rows, "networks": networks, "right": f"{name} is right more often.", "axis": 0.4, "images": 50}


def _cell(number):
    return {"file": f"images/{number}.png", "words": f"cell {number}"}


def shown(page, selector):
    """Places of those elements that are seen."""
    seen = "(all) => all.map((each) => each.checkVisibility({ visibilityProperty: true }))"
    return [place for place, one in enumerate(page.locator(selector).evaluate_all(seen)) if one]


def write_page(folder: Path, about: dict, templates: dict | None = None) -> Path:
    """The page of this content as a file, with tiny images; that of learned transformations has its own template."""
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
