"""Single images: what is refused, and how much memory all threads may take together."""

import io
import struct
import threading

import numpy as np
import pytest
from PIL import Image

from kinv.data import UnreadableImage
from kinv.data.sources import decoding
from kinv.data.sources.decoding import decode_image, read_image
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


def test_a_huge_image_in_few_bytes_is_refused_before_it_is_decoded(tmp_path, monkeypatch):
    """One of 8,000 x 8,000 in 248 kB takes seconds."""
    monkeypatch.setattr(decoding, "MOST_UNSEEN", 1_000)
    Image.new("RGB", (300, 200)).save(tmp_path / "empty.png")
    length = (tmp_path / "empty.png").stat().st_size
    with pytest.raises(UnreadableImage, match=rf"huge and almost empty: 300 x 200 pixels in {length} bytes, skipped"):
        read_image(tmp_path / "empty.png")
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (20, 60, 3), dtype="uint8")).save(tmp_path / "full.png")
    assert read_image(tmp_path / "full.png")[0].shape == (20, 60, 3)


def with_scans(repeats, between=b""):
    """A progressive JPEG whose last scan comes again and again."""
    buffer = io.BytesIO()
    Image.new("L", (64, 48), 90).save(buffer, "JPEG", progressive=True)
    content, end = buffer.getvalue()[:-2], b"\xff\xd9"
    scan = content[content.rindex(b"\xff\xda") :]
    return content + between + repeats * (scan + between) + end


@pytest.mark.parametrize("between", [b"", b"junk", b"\xff\xff", b"\xff\xfe\x00\x04\xff\xda"], ids=str)
def test_a_jpeg_of_many_scans_is_refused(tmp_path, between):
    """Each scan takes 31 bytes, and as long as decoding all pixels."""
    path = tmp_path / "a.jpg"
    path.write_bytes(with_scans(8) + with_scans(2_000))  # what follows the end, as of a film, is not decoded
    assert read_image(path)[0].shape == (48, 64, 3)
    path.write_bytes(with_scans(2_000, between))
    with pytest.raises(UnreadableImage, match=r"it has 2,00\d scans, a JPEG file has at most 100"):
        read_image(path)
    with pytest.raises(UnreadableImage, match="scans"):
        decode_image(io.BytesIO(path.read_bytes()), 8, "a")


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L", "LA"])
def test_averaging_a_large_image_does_not_show(tmp_path, monkeypatch, mode):
    rows, columns = np.mgrid[:600, :800]
    waves = [128 + 100 * np.sin(rows / 30 + number) * np.cos(columns / 40) for number in range(len(mode))]
    Image.fromarray(np.squeeze(np.stack(waves, axis=-1).astype("uint8")), mode).save(tmp_path / "a.png")
    whole, _ = read_image(tmp_path / "a.png", 32)
    monkeypatch.setattr(decoding, "LARGE", 1_000)
    averaged, _ = read_image(tmp_path / "a.png", 32)
    difference = np.abs(averaged.astype(float) - whole)
    assert 0 < difference.max() <= 3 and whole.std() > 10


def test_a_turned_image_is_turned_before_it_is_averaged(tmp_path, monkeypatch):
    monkeypatch.setattr(decoding, "LARGE", 1_000)
    image = Image.new("RGB", (400, 600))
    image.paste((255, 255, 255), (0, 0, 400, 300))
    for suffix in ("tif", "png"):
        exif = Image.Exif()
        exif[274] = 3  # upside down
        image.save(tmp_path / f"a.{suffix}", exif=exif)
        found, _ = read_image(tmp_path / f"a.{suffix}", 20)
        assert found[:9].max() == 0 and found[11:].min() == 255
