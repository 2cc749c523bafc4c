"""The page in a real browser: it needs nothing else, everything moves, and names from outside stay text."""

import re
import shutil
from html import escape
from itertools import pairwise
from types import SimpleNamespace

import pytest

from kinv.printable import printable

from .hand_made import COLUMNS, LABELS, NEUTRAL, ROWS, content, write_page

WHY = "tests of the page need Playwright: pip install playwright"
sync_api = pytest.importorskip("playwright.sync_api", reason=WHY)
CHROMIUM = shutil.which("chromium")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="tests of the page need chromium: apt-get install chromium")

ARGUMENTS = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update"),
)
WIDTHS = (320, 768, 1100, 1600)
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
CONTRASTS = """() => {
  const parts = (color) => color.match(/[\\d.]+/g).map(Number);
  const luminance = ([r, g, b]) => {
    const [x, y, z] = [r, g, b].map((v) => v / 255).map((v) => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    return 0.2126 * x + 0.7152 * y + 0.0722 * z;
  };
  const behind = (element) => {
    for (; element; element = element.parentElement) {
      const color = parts(getComputedStyle(element).backgroundColor);
      if (color.length === 3 || color[3] === 1) return color;
    }
    return [255, 255, 255];
  };
  return [...document.body.querySelectorAll("*")]
    .filter((element) => !["SCRIPT", "NOSCRIPT"].includes(element.tagName))
    .filter((element) => [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim()))
    .map((element) => {
      const style = getComputedStyle(element);
      const ink = parts(element.closest("svg") ? style.fill : style.color);
      const [low, high] = [luminance(ink), luminance(behind(element))].sort((a, b) => a - b);
      return [element.tagName.toLowerCase(), (high + 0.05) / (low + 0.05)];
    });
}"""
FOCUSED = """() => {
  const element = document.activeElement, style = getComputedStyle(element), box = element.getBoundingClientRect();
  return {
    tag: element.tagName.toLowerCase(), id: element.id, text: element.textContent.trim(),
    outline: style.outlineStyle === "none" ? 0 : parseFloat(style.outlineWidth), left: box.left, width: box.width,
  };
}"""


@pytest.fixture(scope="module")
def browser():
    with sync_api.sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
        yield started
        started.close()


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    return write_page(tmp_path_factory.mktemp("page") / "report", content())


@pytest.fixture(scope="module")
def hostile_file(tmp_path_factory):
    about = content(" ".join(HOSTILE), HOSTILE, "".join(HOSTILE), "; ".join(HOSTILE))
    return write_page(tmp_path_factory.mktemp("hostile") / "report", about)


@pytest.fixture
def visit(browser):
    """Opens a file; at the end, whatever was opened has logged nothing, failed nowhere and asked nobody."""
    visits = []

    def opened(path, width=1100, height=900, **options):
        context = browser.new_context(offline=True, viewport={"width": width, "height": height}, **options)
        one = SimpleNamespace(page=context.new_page(), said=[], requests=[], file=path.as_uri())
        one.page.on("console", lambda message: one.said.append(f"{message.type}: {message.text}"))
        one.page.on("pageerror", lambda error: one.said.append(f"error: {error}"))
        one.page.on("dialog", lambda dialog: (one.said.append(f"dialog: {dialog.message}"), dialog.dismiss()))
        one.page.on("request", lambda request: one.requests.append(request.url))
        one.page.goto(one.file)
        visits.append(one)
        return one

    yield opened
    for one in visits:
        one.page.context.close()
        assert one.said == []
        assert [url for url in one.requests if url.partition("#")[0] != one.file and not url.startswith("data:")] == []


def shown(page, selector):
    """Places of those elements that are seen."""
    seen = "(all) => all.map((each) => each.checkVisibility({ visibilityProperty: true }))"
    return [place for place, one in enumerate(page.locator(selector).evaluate_all(seen)) if one]


def test_requests_and_errors_would_be_noticed(visit, tmp_path):
    """The control of all other tests here."""
    path = tmp_path / "bad.html"
    path.write_text("<img src='http://example.invalid/x.png'><script>console.warn('oh'); alert(1); nothing()</script>")
    one = visit(path)
    kinds = {text.partition(":")[0] for text in one.said}
    assert {"warning", "dialog", "error"} <= kinds and "http://example.invalid/x.png" in one.requests
    one.said.clear()
    one.requests.clear()


def test_a_slider_moves_images_words_and_the_dot_of_the_curve(visit, file):
    page = visit(file).page
    card = page.get_by_label("Rotation", exact=True)
    slider, output = card.get_by_role("slider", name="Magnitude"), card.locator("output")
    frames = ".card:first-child .frame"

    def is_at(place):
        assert shown(page, frames) == [place]
        assert slider.get_attribute("aria-valuetext") == output.text_content() == LABELS[place]
        classes = card.locator("circle").evaluate_all("(all) => all.map((each) => each.getAttribute('class'))")
        assert classes == ["dot current" if dot == place else "dot" for dot in range(len(LABELS))]

    is_at(NEUTRAL)
    for key, place in (("ArrowRight", 5), ("ArrowLeft", 4), ("Home", 0), ("End", 8), ("ArrowRight", 8)):
        slider.press(key)
        is_at(place)
    slider.fill("2")
    is_at(2)
    images = [frame.locator("img").first for frame in page.locator(frames).all()]
    assert len({image.get_attribute("src") for image in images}) == len(LABELS)
    assert [image.get_attribute("alt") for image in images] == [f"Rotation {label}" for label in LABELS]
    words = ["as before" in text for text in page.locator(frames).all_text_contents()]
    assert words == [place == NEUTRAL for place in range(len(LABELS))]


def test_two_sliders_choose_a_row_and_a_column(visit, file):
    page = visit(file).page
    colour, place = page.get_by_role("slider", name="Colour"), page.get_by_role("slider", name="Place")

    def is_at(row, column):
        assert shown(page, "#learned .frame") == [row * len(COLUMNS) + column]
        assert colour.get_attribute("aria-valuetext") == ROWS[row]
        assert place.get_attribute("aria-valuetext") == COLUMNS[column]

    is_at(0, 1)
    for slider, key, end in ((place, "End", (0, 2)), (colour, "ArrowRight", (1, 2)), (place, "Home", (1, 0))):
        slider.press(key)
        is_at(*end)
    assert page.locator("#learned .frame p").all_text_contents() == [f"cell {number}" for number in range(6)]


def test_nothing_jumps_while_a_slider_moves(visit, hostile_file):
    """Captions are of one line or of ten: the slider stays under the hand, and what follows where it is."""
    page = visit(hostile_file).page
    slider = page.get_by_role("slider", name="Magnitude").first
    places = "() => [...document.querySelectorAll('input, h2')].map((each) => each.getBoundingClientRect().top)"
    slider.focus()
    before = page.evaluate(places)
    for key in ("Home", "End", "ArrowLeft"):
        slider.press(key)
        assert page.evaluate(places) == before


def test_a_table_sorts_both_ways_with_unknown_values_last(visit, tmp_path):
    about = content()
    rows = [["b", 0.5], ["class 10", None], ["A", -2], ["class 9", 10], ["c", ""], ["d", 0.5]]
    about["sections"]["classes"]["rows"] = rows
    page = visit(write_page(tmp_path / "report", about)).page
    buttons, titles = page.locator("#classes th button"), page.locator("#classes th")

    def order():
        states = [title.get_attribute("aria-sort") for title in titles.all()]
        return states, page.locator("#classes tbody td:first-child").all_text_contents()

    buttons.nth(1).click()
    assert order() == ([None, "ascending"], ["A", "b", "d", "class 9", "class 10", "c"])
    buttons.nth(1).click()
    assert order() == ([None, "descending"], ["class 9", "b", "d", "A", "class 10", "c"])
    buttons.nth(0).press("Enter")
    assert order() == (["ascending", None], ["A", "b", "c", "class 9", "class 10", "d"])
    buttons.nth(0).press("Space")
    assert order() == (["descending", None], ["d", "class 10", "class 9", "c", "b", "A"])


def test_the_page_is_never_wider_than_the_window(visit, file, hostile_file):
    for path in (file, hostile_file):
        page = visit(path).page
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 900})
            wide = page.evaluate("[document.documentElement.scrollWidth, document.documentElement.clientWidth]")
            assert wide[0] <= wide[1] == width, path


def test_the_first_screen_has_the_question_the_answer_and_the_chart(visit, file):
    page = visit(file).page
    ends = "(all) => all.map((each) => each.getBoundingClientRect().bottom)"
    ends = page.locator("h1, .summary li, .ranking tbody tr:nth-child(-n+4)").evaluate_all(ends)
    assert len(ends) == 7 and 0 < min(ends) and max(ends) <= 900


def test_texts_of_curves_neither_touch_nor_leave_their_box(visit, file):
    page = visit(file).page
    boxes = """(svg) => [svg, ...svg.querySelectorAll("text")].map((each) => {
      const box = each.getBoundingClientRect(); return [box.left, box.right, box.top, box.bottom]; })"""
    for svg in page.locator("svg.curve").all():
        (left, right, top, bottom), *texts = svg.evaluate(boxes)
        assert len(texts) >= 5 and "0°" in svg.locator("text").all_text_contents()
        for place, (a, b, c, d) in enumerate(texts):
            assert left <= a and b <= right and top <= c and d <= bottom
            assert all(b < e or f < a or d < g or h < c for e, f, g, h in texts[:place])


def test_hostile_names_show_as_text_and_run_nothing(visit, hostile_file):
    page = visit(hostile_file).page
    page.mouse.move(200, 200)
    everything = re.sub(r"\s+", " ", page.locator("body").text_content())
    for name in HOSTILE:
        assert printable(name) in everything, name
    assert "\N{RIGHT-TO-LEFT OVERRIDE}" not in page.content()
    assert page.evaluate("window.ran") is None
    assert page.locator("script").count() == 1 and page.locator("style").count() == 1
    assert not page.evaluate("[...document.images].some((each) => !each.src.startsWith('data:image/'))")
    assert page.title() == f"What does {printable(' '.join(HOSTILE))} ignore?"
    assert page.evaluate("[...document.querySelectorAll('*')].every((each) => !each.onmouseover && !each.onerror)")


def test_everything_is_shown_without_javascript(visit, file):
    page = visit(file, java_script_enabled=False).page
    assert len(shown(page, ".frame")) == page.locator(".frame").count() == 9 + 5 + 6
    assert not shown(page, "input, output") and page.get_by_text("need JavaScript").is_visible()
    name = page.locator(".frame").first.evaluate("(frame) => getComputedStyle(frame, '::before').content")
    assert name == f'"{LABELS[0]}"'


def test_everything_is_printed(visit, file):
    page = visit(file, color_scheme="dark").page
    on_paper = page.pdf()
    page.emulate_media(media="print")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert len(shown(page, ".frame")) == page.locator(".frame").count() == 9 + 5 + 6
    assert not shown(page, "input, nav, output")
    assert page.evaluate("[...document.images].every((image) => image.complete && image.naturalWidth > 0)")
    place = "(all) => all.map((each) => each.getBoundingClientRect()).map((box) => `${box.x} ${box.y}`)"
    places = page.locator(".frame").evaluate_all(place)
    assert len(set(places)) == len(places) and on_paper.startswith(b"%PDF")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_texts_have_enough_contrast(visit, file, scheme):
    """At least 4.5 to 1: WCAG 2.1, success criterion 1.4.3."""
    page = visit(file, color_scheme=scheme).page
    found = page.evaluate(CONTRASTS)
    assert {"p", "small", "a", "text", "h2", "button", "strong"} <= {tag for tag, _ in found}
    assert [(tag, ratio) for tag, ratio in found if ratio < 4.5] == []
    dark = page.evaluate("getComputedStyle(document.body).backgroundColor") != "rgb(255, 255, 255)"
    assert dark == (scheme == "dark")


def test_images_inputs_headings_and_landmarks_are_as_they_should_be(visit, file):
    page = visit(file).page
    assert page.evaluate("[...document.images].every((image) => image.alt.trim())")
    assert page.evaluate("[...document.querySelectorAll('input')].every((input) => input.labels.length === 1)")
    levels = page.locator("h1, h2, h3, h4, h5, h6").evaluate_all("(all) => all.map((each) => Number(each.tagName[1]))")
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    for landmark in ("banner", "main", "navigation"):
        assert page.get_by_role(landmark).count() == 1
    ids = page.evaluate("[...document.querySelectorAll('[id]')].map((each) => each.id)")
    assert len(ids) == len(set(ids))
    named = page.evaluate("""["for", "aria-controls", "aria-labelledby"].flatMap((name) =>
      [...document.querySelectorAll(`[${name}]`)].map((each) => each.getAttribute(name)))""")
    linked = page.evaluate("[...document.querySelectorAll('a')].map((each) => each.hash.slice(1))")
    assert len(linked) == 7 and {*named, *linked} <= set(ids)
    regions = [region.get_attribute("aria-labelledby") for region in page.get_by_role("region").all()]
    assert regions == [f"{name}-title" for name in linked[1:]]


def test_a_keyboard_reaches_everything_and_focus_is_seen(visit, file):
    page = visit(file).page
    stops = []
    for _ in range(40):
        page.keyboard.press("Tab")
        stops.append(page.evaluate(FOCUSED))
        if stops[-1]["tag"] == "body":
            break
    *stops, last = stops
    assert last["tag"] == "body" and stops[0]["text"] == "Skip to the content"
    assert all(stop["outline"] >= 2 and stop["left"] >= 0 and stop["width"] > 0 for stop in stops)
    sliders = [stop["id"] for stop in stops if stop["tag"] == "input"]
    assert sliders == ["curves-1", "curves-2", "grid-row", "grid-column"]
    assert [stop["text"] for stop in stops if stop["tag"] == "button"] == ["Class", "Share"]
    assert sum(stop["tag"] == "a" for stop in stops) == 7


def test_the_page_can_be_shown_inside_another_one(visit, file, tmp_path):
    """As a notebook does."""
    outer = tmp_path / "notebook.html"
    page = escape(file.read_text(encoding="utf-8"), quote=True)
    outer.write_text(f'<!DOCTYPE html><iframe srcdoc="{page}" width="800" height="600"></iframe>', encoding="utf-8")
    frame = visit(outer).page.frame_locator("iframe")
    slider = frame.get_by_role("slider", name="Magnitude").first
    slider.press("End")
    assert slider.get_attribute("aria-valuetext") == LABELS[-1]
