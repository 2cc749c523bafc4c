"""Folders of images: odd files, sizes and pixels, and errors that say what to do."""

import dataclasses
import io
import os
import re

import numpy as np
import pytest
from PIL import Image

from kinv import data
from kinv.data.source import READ_AHEAD

from .image_files import labels_of, write


@pytest.fixture
def odd_folder(tmp_path):
    """Two good images and one of every kind of trouble."""
    write(tmp_path / "good.png")
    write(tmp_path / "good.jpg")
    write(tmp_path / "gray.png", "L")
    write(tmp_path / "cmyk.jpg", "CMYK")
    frames = [Image.new("RGB", (30, 20), color) for color in ("red", "green", "blue")]
    frames[0].save(tmp_path / "moving.gif", save_all=True, append_images=frames[1:])
    (tmp_path / "empty.png").write_bytes(b"")
    (tmp_path / "text.png").write_text("not an image")
    buffer = io.BytesIO()
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (60, 60, 3), "uint8")).save(buffer, "JPEG")
    (tmp_path / "broken.jpg").write_bytes(buffer.getvalue()[:800])
    Image.new("1", (9000, 9000)).save(tmp_path / "huge.png")
    return tmp_path


def test_odd_files_are_reported_by_name_and_the_rest_goes_on(odd_folder):
    problems = []
    images, labels = data.load(str(odd_folder), size=16, on_problem=problems.append)
    found = {problem.file: problem for problem in problems}
    assert images.shape == (5, 16, 16, 3) and images.dtype == np.float32 and labels is None
    skipped = {name for name, problem in found.items() if problem.action == "skipped"}
    assert skipped == {"empty.png", "text.png", "broken.jpg", "huge.png"}
    assert {name for name in found if name not in skipped} == {"gray.png", "cmyk.jpg", "moving.gif"}
    assert "empty" in found["empty.png"].found and "9000 x 9000" in found["huge.png"].found
    assert "3 frames" in found["moving.gif"].found


def test_problems_are_logged_by_default(odd_folder, caplog):
    data.load(str(odd_folder), size=16)
    assert "broken.jpg" in caplog.text and "skipped" in caplog.text


def test_a_stream_reports_the_same_and_gives_the_same_images(odd_folder):
    problems = []
    stream = data.stream(str(odd_folder), size=16, batch_size=2, on_problem=problems.append)
    streamed = np.concatenate([batch.numpy() for batch in stream])
    images, _ = data.load(str(odd_folder), size=16, on_problem=lambda problem: None)
    np.testing.assert_array_equal(streamed, images)
    assert len(problems) == 7


def test_nothing_usable_is_an_error(tmp_path):
    (tmp_path / "empty.png").write_bytes(b"")
    with pytest.raises(ValueError, match="None of the 1 images"):
        data.load(str(tmp_path), size=16)
    with pytest.raises(ValueError, match="None of the 1 images"):
        data.stream(str(tmp_path), size=16)
    (tmp_path / "empty.png").unlink()
    with pytest.raises(ValueError, match="holds no images"):
        data.load(str(tmp_path), size=16)


def test_bad_entries_are_reported_and_the_rest_goes_on(tmp_path):
    for name in ("a/1.png", "b/2.png", "b/3.png"):
        write(tmp_path / name)
    (tmp_path / "a" / "dead.png").symlink_to("/moved/away.png")
    os.rename(tmp_path / "b" / "2.png", os.fsencode(tmp_path / "b") + b"/caf\xe9.png")
    (tmp_path / "b" / "folder.png").mkdir()
    (tmp_path / "a" / "dead_folder").symlink_to("/moved/away")
    (tmp_path / "circle").symlink_to("circle")
    halves = [labels_of(tmp_path, split=split) for split in ("train", "test")]
    assert sorted(halves[0][0] + halves[1][0]) == [0, 1, 1]
    str(halves).encode()  # can be printed
    labels, found = labels_of(tmp_path)
    assert labels == [0, 1, 1] and set(found.values()) == {"a dead link"}
    assert set(found) == {"a/dead.png", "a/dead_folder", "circle"}


def test_an_image_that_vanishes_is_reported(tmp_path):
    write(tmp_path / "a.png")
    write(tmp_path / "b.png")
    source, problems = data.find(str(tmp_path)), []
    (tmp_path / "a.png").unlink()
    assert len(source.load(8, on_problem=problems.append)[0]) == 1
    assert str(problems[0]) == "a.png: can't be read (No such file or directory), skipped"


def test_halves_do_not_overlap_and_do_not_move_when_files_are_moved(tmp_path):
    for parent in ("a", "b"):
        for index in range(9):
            write(tmp_path / parent / f"{index}.png", size=(8 + index, 8))
    sizes = {}
    for parent in ("a", "b"):
        halves = [data.find(str(tmp_path / parent), split) for split in ("train", "test")]
        assert [half.count for half in halves] == [5, 4]
        sizes[parent] = [{half.read(i, None)[0].shape for i in range(half.count)} for half in halves]
        assert not sizes[parent][0] & sizes[parent][1]
    assert sizes["a"] == sizes["b"]


def test_images_of_different_sizes_need_a_size(tmp_path):
    write(tmp_path / "a.png", size=(10, 10))
    write(tmp_path / "b.png", size=(10, 12))
    with pytest.raises(ValueError, match="pass size="):
        data.load(str(tmp_path))


def test_images_are_read_into_one_array_until_one_differs(tmp_path, monkeypatch):
    """All of 5,000 photographs were decoded, at 0.2 to 40 MB each, to say that they differ."""
    for index in range(3):
        write(tmp_path / f"{index}.png", size=(10, 10))
    images, _ = data.load(str(tmp_path))
    assert images.base is None or images.base.nbytes == images.nbytes
    write(tmp_path / "a.png", size=(10, 12))
    for index in range(200):
        os.link(tmp_path / "0.png", tmp_path / f"b{index:03}.png")
    source, read = data.find(str(tmp_path)), []
    counted = dataclasses.replace(source, read=lambda index, size: read.append(index) or source.read(index, size))
    with pytest.raises(ValueError, match=r"different sizes, such as \(10, 10, 3\) and \(12, 10, 3\): pass size="):
        counted.load()
    assert len(read) <= READ_AHEAD
    monkeypatch.setattr("kinv.data.source.physical_memory", lambda: 204 * 5 * 5 * 3 * 4 - 1)
    with pytest.raises(ValueError, match=r"204 images of shape \(5, 5, 3\) take 0.0 GB as float32.*data\.stream"):
        data.load(str(tmp_path), size=5)
    assert data.load(str(tmp_path), size=5, limit=203)[0].shape == (203, 5, 5, 3)


def test_the_shorter_side_is_scaled_and_the_middle_cut_out(tmp_path):
    pixels = np.zeros((40, 120, 3), "uint8")
    pixels[:, 40:80] = 255
    Image.fromarray(pixels).save(tmp_path / "wide.png")
    images, _ = data.load(str(tmp_path), size=20)
    assert images.shape == (1, 20, 20, 3)
    assert images[0, :, 2:-2].min() == 255


def test_little_of_an_image_being_used_is_reported(tmp_path):
    write(tmp_path / "wide.png", size=(900, 10))
    write(tmp_path / "pixel.png", size=(1, 1))
    write(tmp_path / "panorama.png", size=(30, 10))
    problems = []
    images, _ = data.load(str(tmp_path), size=16, on_problem=problems.append)
    assert len(images) == 3 and [str(problem) for problem in problems] == [
        "wide.png: far wider or taller than what is cut out of it, only the middle used"
    ]


def test_grey_images_are_as_they_should_be_for_a_grey_network(tmp_path):
    write(tmp_path / "a.png", "L", size=(8, 8))
    for channels, said in ((1, 0), (3, 1)):
        problems = []
        ((pixels, _),) = data.find(str(tmp_path)).fitted((8, 8, channels)).images(None, on_problem=problems.append)
        assert pixels.shape == (8, 8, channels) and len(problems) == said


def test_exif_rotation_is_applied(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by a quarter
    Image.new("RGB", (30, 20)).save(tmp_path / "turned.jpg", exif=exif)
    assert data.load(str(tmp_path))[0].shape == (1, 30, 20, 3)


def test_sixteen_bits_are_scaled(tmp_path):
    Image.fromarray(np.full((4, 4), 65535, "uint16")).save(tmp_path / "deep.png")
    assert data.load(str(tmp_path), on_problem=lambda problem: None)[0].max() == 255


RAMP = np.tile(np.linspace(0, 255, 64), (48, 1))


@pytest.mark.parametrize(
    ("name", "image", "said"),
    [
        ("ink.png", lambda: Image.fromarray(np.dstack([0 * RAMP, 255 - RAMP]).astype("uint8"), "LA"), "transparent"),
        ("unit.tif", lambda: Image.fromarray((RAMP / 255).astype("float32")), r"numbers in 0\.\.1"),
        ("full.tif", lambda: Image.fromarray(RAMP.astype("float32")), r"numbers in 0\.\.255"),
        ("height.tif", lambda: Image.fromarray((20 * RAMP - 900).astype("float32")), r"numbers in -900\.\.4200"),
        ("x_ray.png", lambda: Image.fromarray((RAMP * 4095 / 255).astype("uint16")), "12 bits of 16"),
        ("small.png", lambda: Image.fromarray(RAMP.astype("uint16")), "8 bits of 16"),
        ("deep.png", lambda: Image.fromarray((RAMP * 257).astype("uint16")), None),
        ("whole.tif", lambda: Image.fromarray((RAMP * 1000).astype("int32")), r"numbers in 0\.\.255000"),
    ],
)
def test_numbers_of_any_range_become_the_same_ramp(tmp_path, name, image, said):
    image().save(tmp_path / name)
    problems = []
    (found,), _ = data.load(str(tmp_path), on_problem=problems.append)
    np.testing.assert_allclose(found, np.repeat(RAMP[..., None], 3, axis=2), atol=1.01)
    found = [problem.found for problem in problems if problem.found != "greyscale"]
    assert len(found) == (said is not None) and (said is None or re.search(said, found[0]))


def test_an_opaque_image_with_an_alpha_channel_is_nothing_to_report(tmp_path):
    write(tmp_path / "opaque.png", "RGBA")
    problems = []
    data.load(str(tmp_path), on_problem=problems.append)
    assert problems == []


def test_formats_that_start_programs_are_not_opened(tmp_path):
    Image.new("RGB", (8, 8)).save(tmp_path / "a.eps")
    (tmp_path / "a.eps").rename(tmp_path / "a.png")
    Image.fromarray(np.full((4, 4), np.nan, "float32")).save(tmp_path / "nan.tif")
    with pytest.raises(ValueError, match="None of the 2 images"):
        data.load(str(tmp_path))


def test_shuffling_depends_on_the_seed_and_the_epoch(tmp_path):
    for index in range(12):
        write(tmp_path / str(index) / "a.png")

    def labels(seed, count=24):
        stream = data.stream(str(tmp_path), size=4, seed=seed, repeat=True)
        return [int(label) for _, label in stream.take(count)]

    assert labels(1) == labels(1) != labels(2)
    assert sorted(labels(1)[:12]) == sorted(labels(1)[12:]) == list(range(12))
    assert labels(1)[:12] != labels(1)[12:]


def test_an_unknown_split_is_refused(tmp_path):
    write(tmp_path / "a.png")
    with pytest.raises(ValueError, match="'validation'"):
        data.find(str(tmp_path), "validation")
