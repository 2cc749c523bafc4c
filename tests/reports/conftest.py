"""A browser for the pages of reports, and two pages; tests with it are skipped where there is none."""

import shutil
from types import SimpleNamespace

import pytest

from .hand_made import HOSTILE, content, write_page

ARGUMENTS = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update"),
)


@pytest.fixture(scope="module")
def browser():
    sync_api = pytest.importorskip("playwright.sync_api", reason="needs Playwright: pip install playwright")
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("needs chromium: apt-get install chromium")
    with sync_api.sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=chromium, args=list(ARGUMENTS))
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
