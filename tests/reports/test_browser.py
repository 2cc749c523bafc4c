"""The page in a real browser: it needs nothing else, everything moves, and names from outside stay text."""

import re
from html import escape

from kinv.printable import printable

from .hand_made import COLUMNS, HOSTILE, LABELS, NEUTRAL, ROWS, content, shown, write_page

WIDTHS = (320, 768, 1100, 1600)


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
    shares = {"b": 0.5, "class 10": None, "A": -2, "class 9": 10, "c": "", "d": 0.5}
    table = """<table class="sortable"><thead><tr><th><button>Class</button></th><th><button>Share</button></th></tr>
    </thead><tbody>{% for name, share in section.shares.items() %}<tr><td>{{ name }}</td>
    <td data-value="{{ share }}">{{ share }}</td></tr>{% endfor %}</tbody></table>"""
    about["sections"] = {"classes": {**about["sections"]["classes"], "shares": shares}}
    page = visit(write_page(tmp_path / "report", about, {"sections/classes.html": table})).page
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


def test_classes_sort_by_every_column(visit, tmp_path):
    about = content(classes=("cat", "ant", "dog"))
    page = visit(write_page(tmp_path / "report", about)).page
    names = page.locator("#classes tbody th")
    assert names.all_text_contents() == ["cat", "ant", "dog"]
    for title, order in (
        ("Class", ["ant", "cat", "dog"]),
        ("Images", ["dog", "ant", "cat"]),
        ("Predictions that stay", ["cat", "ant", "dog"]),
    ):
        page.locator("#classes").get_by_role("button", name=title).click()
        assert names.all_text_contents() == order, title


def test_two_networks_are_drawn_where_their_numbers_are(visit, file):
    """The middle of a difference lies in its interval, right of the middle of the axis where the first keeps more."""
    page = visit(file).page
    marks = """(row) => [...row.querySelectorAll(".track")[1].querySelectorAll(".chance, .interval, .middle")].map(
      (one) => { const box = one.getBoundingClientRect(); return [box.left, box.right]; })"""
    rows = [row.evaluate(marks) for row in page.locator("#compared tbody tr").all()]
    for none, interval, middle in rows:
        assert interval[0] <= middle[0] <= middle[1] <= interval[1] and none[0] > 0
    sides = [(interval[0] - none[1] > 0, none[0] - interval[1] > 0) for none, interval, _ in rows]
    assert sides == [(True, False), (False, False), (False, True)]


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
    ends = page.locator("h1, .summary li, #tolerance .ranking tbody tr:nth-child(-n+4)").evaluate_all(ends)
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


def test_the_page_can_be_shown_inside_another_one(visit, file, tmp_path):
    """As a notebook does."""
    outer = tmp_path / "notebook.html"
    page = escape(file.read_text(encoding="utf-8"), quote=True)
    outer.write_text(f'<!DOCTYPE html><iframe srcdoc="{page}" width="800" height="600"></iframe>', encoding="utf-8")
    frame = visit(outer).page.frame_locator("iframe")
    slider = frame.get_by_role("slider", name="Magnitude").first
    slider.press("End")
    assert slider.get_attribute("aria-valuetext") == LABELS[-1]
