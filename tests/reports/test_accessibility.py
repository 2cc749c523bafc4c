"""The page for everybody: without JavaScript, on paper, in the dark, with a keyboard, read aloud."""

from itertools import pairwise

import pytest

from .hand_made import LABELS, shown

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
    assert len(linked) == 8 and {*named, *linked} <= set(ids)
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
    buttons = [stop["text"] for stop in stops if stop["tag"] == "button"]
    assert buttons == page.locator("#classes th button").all_text_contents() and len(buttons) == 7
    assert sum(stop["tag"] == "a" for stop in stops) == 8
