"""Single images: what is refused, and how much memory all threads may take together."""

import struct
import threading

import numpy as np
import pytest
from PIL import Image

from kinv.data import UnreadableImage
from kinv.data.sources import decoding
from kinv.data.sources.decoding import read_image
from kinv.data.sources.pixel_budget import PixelBudget


def test_threads_wait_until_their_pixels_fit():
    budget, most, held = PixelBudget(10), 0, 0
    lock, start = threading.Lock(), threading.Barrier(8)

    def decode(pixels):
        nonlocal held, most
        start.wait()
        with budget.held(pixels):
            with lock:
                held += pixels
                most = max(most, held)
            with lock:
                held -= pixels

    threads = [threading.Thread(target=decode, args=(pixels,)) for pixels in (1, 2, 3, 4, 5, 6, 10, 10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most <= 10 and budget.used == 0
    with pytest.raises(ValueError, match="at most 10"), budget.held(11):
        pass


@pytest.mark.parametrize("broken", [False, True])
def test_an_image_holds_its_pixels_while_it_is_decoded(tmp_path, monkeypatch, broken):
    budget, seen = PixelBudget(1000), []
    monkeypatch.setattr(decoding, "PIXELS", budget)
    monkeypatch.setattr(decoding, "_oddities", lambda image, name: seen.append(budget.used) or [])
    path = tmp_path / "a.png"
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (20, 30, 3), dtype="uint8")).save(path)
    if broken:
        path.write_bytes(path.read_bytes()[:500])
        with pytest.raises(UnreadableImage, match="damaged"):
            read_image(path, 8)
    else:
        read_image(path, 8)
    assert seen == [600] and budget.used == 0


def test_an_image_beyond_the_budget_is_a_problem(tmp_path, monkeypatch):
    monkeypatch.setattr(decoding, "MAX_PIXELS", 500)
    Image.new("RGB", (30, 20)).save(tmp_path / "a.png")
    with pytest.raises(UnreadableImage, match=r"a\.png: huge: 30 x 20 pixels, skipped"):
        read_image(tmp_path / "a.png")


def test_a_tiff_whose_tiles_are_huge_is_a_problem(tmp_path):
    """4 x 4 pixels in one compressed tile of 40,000 x 40,000."""
    tags = {256: 4, 257: 4, 258: 8, 259: 8, 262: 1, 277: 1, 322: 40_000, 323: 40_000, 324: 8, 325: 1}
    entries = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in tags.items())
    content = b"II*\0" + struct.pack("<I", 8) + struct.pack("<H", len(tags)) + entries + bytes(4)
    (tmp_path / "a.tif").write_bytes(content)
    with pytest.raises(UnreadableImage, match=r"a\.tif.*1,600,000,000 pixels"):
        read_image(tmp_path / "a.tif")


def test_an_image_of_another_format_is_refused(tmp_path):
    for form in ("EPS", "ICO", "PCX", "SGI"):  # EPS would start Ghostscript
        with open(tmp_path / "a.png", "wb") as file:
            Image.new("RGB", (20, 20)).save(file, form)
        with pytest.raises(UnreadableImage, match="not an image"):
            read_image(tmp_path / "a.png")


@pytest.mark.parametrize("mode", ["RGBA", "LA", "I;16", "F"])
def test_rows_are_converted_as_the_whole_image_is(tmp_path, monkeypatch, random, mode):
    if mode in ("RGBA", "LA"):
        image = Image.fromarray(random.integers(0, 256, (50, 20, len(mode)), dtype="uint8"), mode)
    else:
        image = Image.fromarray(random.uniform(0, 9000, (50, 20)).astype("uint16" if mode == "I;16" else "float32"))
    image.save(tmp_path / "a.tif")
    whole, problems = read_image(tmp_path / "a.tif")
    monkeypatch.setattr(decoding, "ROWS", 7)
    rows, again = read_image(tmp_path / "a.tif")
    np.testing.assert_array_equal(rows, whole)
    assert [str(problem) for problem in again] == [str(problem) for problem in problems] and whole.std() > 10
