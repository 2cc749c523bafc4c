"""What the page says and holds, apart from how a browser shows it."""

import base64
import re

import numpy as np
import pytest
from PIL import Image

from kinv.reports.page import embedded, page_of, percent, top_sentences

from .hand_made import content, write_page


@pytest.mark.parametrize(
    ("share", "expected"),
    [(None, "-"), (0.0, "0 %"), (0.004, "< 1 %"), (0.01, "1 %"), (0.505, "50 %"), (0.996, "100 %"), (1.0, "100 %")],
)
def test_percent(share, expected):
    assert percent(share) == expected


def test_files_are_embedded_byte_for_byte(tmp_path):
    (tmp_path / "images").mkdir()
    pixels = np.arange(48, dtype="uint8").reshape(4, 4, 3)
    Image.fromarray(pixels).save(tmp_path / "images" / "a.png")
    head, _, data = embedded(tmp_path, "images/a.png").partition(",")
    assert head == "data:image/png;base64"
    assert base64.b64decode(data) == (tmp_path / "images" / "a.png").read_bytes()
    (tmp_path / "b.unknown").write_bytes(b"b")
    assert embedded(tmp_path, "b.unknown").startswith("data:application/octet-stream;base64,")
    (tmp_path / "c.jpg").write_bytes(b"c")
    assert embedded(tmp_path, "c.jpg").startswith("data:image/jpeg;base64,")


def test_three_sentences_at_most_of_two_sections_stand_above_everything():
    def said(*sentences):
        return {"sentences": list(sentences)}

    sections = {"tolerance": said("a", "b"), "layers": said("c", "d"), "metamers": said("e", "f"), "classes": said("g")}
    assert top_sentences(sections) == ["a", "b", "e"]
    assert top_sentences({**sections, "metamers": said()}) == ["a", "b", "c"]
    assert top_sentences({**sections, "metamers": {"failed": "why"}, "learned": said("h")}) == ["a", "b", "h"]
    assert top_sentences({"classes": said("g")}) == []
    assert top_sentences({"tolerance": {"failed": "why"}, "layers": said("c")}) == ["c"]


def test_sections_stand_in_the_order_of_the_settings(tmp_path):
    about = content()
    about["sections"] = dict(reversed(about["sections"].items()))
    page = write_page(tmp_path / "report", about).read_text(encoding="utf-8")
    assert re.findall('<section id="([a-z]+)"', page) == [
        *("tolerance", "compared", "curves", "classes", "metamers", "learned", "made"),
    ]


def test_a_section_that_failed_says_why_in_its_place(tmp_path):
    page = write_page(tmp_path / "report", content(failed="the <network> has {{ no }} layers")).read_text(
        encoding="utf-8"
    )
    section = page.split('<section id="metamers"')[1].split("</section>")[0]
    assert "This section could not be made." in section and "the &lt;network&gt; has {{ no }} layers" in section
    assert page.count("This section could not be made.") == 1


def test_a_section_whose_template_fails_does_not_lose_the_page(tmp_path, caplog):
    """A value that its template does not find, and an image that is gone."""
    about = content()
    about["sections"]["learned"]["grid"][0][0]["file"] = "images/gone.png"
    images = "{% for row in section.grid %}{{ row[0].file | embed }}{% endfor %}"
    templates = {"sections/classes.html": "<b>{{ section.no_such_value }}", "sections/learned.html": images}
    path = write_page(tmp_path / "report", about, templates)
    page = path.read_text(encoding="utf-8")
    assert page.count("This section could not be made.") == 3 and "<b>" not in page
    assert "no_such_value" in page and "gone.png" in page
    assert page.rstrip().endswith("</html>") and '<section id="curves"' in page and 'id="made"' in page
    assert [record.levelname for record in caplog.records] == ["ERROR", "ERROR"]


def test_no_line_breaks_between_a_number_and_its_unit(tmp_path):
    about = content(classes=("9 % cotton", "5 pxs"))
    page = write_page(tmp_path / "report", about).read_text(encoding="utf-8")
    space = "\N{NO-BREAK SPACE}"
    assert f"2{space}px" in page and f"12{space}% of the width" in page and f"9{space}% cotton" in page
    assert "5 pxs" in page and f"{space}of" not in page
    visible = re.sub("<style>.*?</style>|<script>.*?</script>|<svg.*?</svg>", "", page, flags=re.DOTALL)
    assert not re.findall(r'by chance[^<"]*\d %', visible)


def test_a_report_of_nothing_is_a_page(tmp_path):
    about = {**content(), "sections": {}, "preflight": None, "limits": []}
    page = page_of(tmp_path, about)
    assert page.startswith("<!DOCTYPE html>") and "<section" in page and "my network" in page
    assert "could not be made" not in page and 'class="finding"' not in page
