"""Folders of images: labels, splits, odd files, and errors that say what to do."""

import dataclasses
import io
import os
import re

import numpy as np
import pytest
from PIL import Image

from kinv import data
from kinv.data.source import READ_AHEAD


def write(path, mode="RGB", size=(30, 20), **options):
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.random.default_rng(len(path.name)).integers(0, 256, (size[1], size[0], 3), "uint8")
    Image.fromarray(pixels).convert(mode).save(path, **options)


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


def test_sub_folders_are_classes(tmp_path):
    for name in ("dog/1.png", "cat/1.png", "cat/deeper/2.png"):
        write(tmp_path / name)
    source = data.find(str(tmp_path))
    assert source.class_names == ["cat", "dog"]
    np.testing.assert_array_equal(source.labels, [0, 0, 1])


def test_wordnet_ids_are_imagenet_classes(tmp_path):
    for name in ("n01440764_tench.png", "n01443537_7.png"):
        write(tmp_path / "files" / name)
        write(tmp_path / "folders" / name.split("_")[0] / "a.png")
    for kind in ("files", "folders"):
        source = data.find(str(tmp_path / kind))
        np.testing.assert_array_equal(source.labels, [0, 1])
        assert source.class_names[:2] == ["tench", "goldfish"] and len(source.class_names) == 1000


def test_a_folder_with_some_ids_is_unlabelled_and_says_so(tmp_path):
    write(tmp_path / "n01440764_tench.png")
    write(tmp_path / "holiday.png")
    problems = []
    _, labels = data.load(str(tmp_path), size=8, on_problem=problems.append)
    assert labels is None
    assert problems[0].file == "holiday.png" and "unlabelled" in problems[0].action


def labels_of(folder, **settings):
    problems = []
    source = data.find(str(folder), **settings)
    labels = source.load(8, on_problem=problems.append)[1]
    return None if labels is None else labels.tolist(), {problem.file: problem.found for problem in problems}


@pytest.fixture
def ids(tmp_path):
    for name in ("n01440764", "n01443537", "n01484850"):
        write(tmp_path / "ids" / name / "a.png")
    return tmp_path / "ids"


def test_strays_do_not_change_labels(ids):
    assert labels_of(ids) == ([0, 1, 2], {})
    write(ids / "misc" / "a.png")
    write(ids / "montage.png")
    (ids / "notes.txt").write_text("hello")
    (ids / ".cache").mkdir()
    found = {"misc": "no WordNet id of ImageNet-1k, as the others are", "montage.png": "beside the class folders"}
    assert labels_of(ids) == ([0, 1, 2], found)


def test_images_with_a_folder_of_a_few_others_are_no_classes(tmp_path):
    for index in range(3):
        write(tmp_path / f"{index}.png")
    write(tmp_path / "thumbnails" / "0.png")
    images, labels = data.load(str(tmp_path), size=8)
    assert len(images) == 4 and labels is None


def test_empty_and_linked_class_folders_count(tmp_path):
    for name in ("ant", "cat"):
        write(tmp_path / "own" / name / "1.png")
    write(tmp_path / "elsewhere" / "1.png")
    (tmp_path / "own" / "bee").mkdir()
    assert labels_of(tmp_path / "own")[0] == [0, 2]
    (tmp_path / "own" / "bee").rmdir()
    (tmp_path / "own" / "bee").symlink_to(tmp_path / "elsewhere")
    assert labels_of(tmp_path / "own")[0] == [0, 1, 2]
    (tmp_path / "own" / "cat" / "again").symlink_to(tmp_path / "own" / "cat")
    labels, found = labels_of(tmp_path / "own")
    assert labels == [0, 1, 2] and found == {"cat/again": "a link to a folder that was seen"}


def test_a_link_upwards_does_not_bring_other_classes_in(tmp_path):
    for name in ("photos/cat/1.png", "photos/dog/1.png"):
        write(tmp_path / name)
    (tmp_path / "photos" / "cat" / "up").symlink_to(tmp_path / "photos")
    labels, found = labels_of(tmp_path / "photos")
    assert labels == [0, 1] and found == {"cat/up": "a link to a folder that was seen"}


def test_folders_of_other_programs_are_no_classes(tmp_path):
    for name in ("cat/1.png", "dog/1.png", "dog/@eaDir/1.png/thumb.png", "__MACOSX/cat/._1.png", "_other/1.png"):
        write(tmp_path / name)
    for name in ("$RECYCLE.BIN", "System Volume Information", "lost+found", ".git"):
        (tmp_path / name).mkdir()
    for name in ("Thumbs.db", ".DS_Store", "desktop.ini"):
        (tmp_path / "cat" / name).write_bytes(b"x")
    assert data.find(str(tmp_path)).class_names == ["_other", "cat", "dog"] and labels_of(tmp_path) == ([0, 1, 2], {})


def test_images_of_formats_that_are_not_read_are_reported(tmp_path):
    write(tmp_path / "cat" / "1.JPG", format="JPEG")
    write(tmp_path / "cat" / "2.Jpeg", format="JPEG")
    write(tmp_path / "cat" / "3.jfif", format="JPEG")
    for index in range(3):
        (tmp_path / "cat" / f"{index}.HEIC").write_bytes(b"x")
    labels, found = labels_of(tmp_path)
    assert labels == [0, 0, 0] and "not read" in found["3 files ending in .heic"]
    (tmp_path / "arrays").mkdir()
    for name in ("a.npy", "b.npy", "labels.csv", "README"):
        (tmp_path / "arrays" / name).touch()
    with pytest.raises(ValueError, match=r"holds no images: .*; it holds 2 \.npy, 1 "):
        data.find(str(tmp_path / "arrays"))


@pytest.mark.parametrize("name", ["$price", "new\nline", "\x1b[31mred", "ünï [bold]", "100%s {x}"])
def test_names_of_any_letters(tmp_path, name):
    write(tmp_path / name / f"{name}.png")
    write(tmp_path / "plain" / "1.png")
    assert sorted(labels_of(tmp_path)[0]) == [0, 1]
    assert name in data.find(str(tmp_path)).class_names


def test_class_names_of_other_encodings_can_be_kept(tmp_path):
    write(tmp_path / "cat" / "1.png")
    os.rename(tmp_path / "cat", os.fsencode(tmp_path) + b"/caf\xe9")
    (name,) = data.find(str(tmp_path)).class_names
    assert name == "caf\N{REPLACEMENT CHARACTER}" and name.encode()


@pytest.mark.parametrize(
    ("files", "labels", "found"),
    [
        ("train/cat/1 val/cat/1 val/dog/1 extra/1", [0, 0, 1], {"extra": "beside the folders of splits"}),
        ("train/cat/1 train/dog/1 annotations/1.xml", [0, 1], {"annotations": "beside the folders of splits"}),
        ("train/cat/1 train/dog/1 test/1 test/2 test/3", [0, 1], {"test/1.png": "beside the class folders"}),
        ("train/1 train/2 test/1", None, {}),
        ("train/1", None, {}),
        ("train/1 bus/1 car/1", [0, 1, 2], {}),
        ("train/old/1 bus/1 car/1", [0, 1, 2], {}),
    ],
)
def test_what_is_a_split_and_what_is_a_class(tmp_path, files, labels, found):
    for name in files.split():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        if name.endswith(".xml"):
            (tmp_path / name).touch()
        else:
            write(tmp_path / f"{name}.png")
    assert labels_of(tmp_path) == (labels, found)


def test_val_and_test_are_two_splits_where_there_are_both(tmp_path):
    for name in ("train/cat/1.png", "val/cat/1.png", "val/dog/1.png", "test/dog/1.png", "test/dog/2.png"):
        write(tmp_path / name)
    assert {split: labels_of(tmp_path, split=split)[0] for split in ("train", "val", "test")} == {
        "train": [0],
        "val": [0, 1],
        "test": [1, 1],
    }
    for split in ("train", "test"):
        write(tmp_path / "flat" / split / "1.png")
        assert data.find(str(tmp_path / "flat"), split).count == 1
    with pytest.raises(ValueError, match="no image of the split 'val'"):
        data.find(str(tmp_path / "flat"), "val")


def test_classes_one_folder_further_down_are_named(tmp_path):
    for name in ("pets/cat/1.png", "pets/dog/1.png"):
        write(tmp_path / name)
    with pytest.raises(ValueError, match=r"has 1 class folders.*If the 2 folders inside it .* pass .*pets\."):
        data.find(str(tmp_path), classes=2)


@pytest.mark.parametrize("test", ["test", "val", "Validation"])
def test_splits_above_the_classes(tmp_path, test):
    for name in ("train/cat/1.png", "train/dog/1.png", "train/dog/2.png", f"{test}/dog/3.png", f"{test}/emu/4.png"):
        write(tmp_path / name)
    source = data.find(str(tmp_path))
    assert source.class_names == ["cat", "dog", "emu"] and source.count == 5
    assert labels_of(tmp_path, split="train")[0] == [0, 1, 1]
    assert labels_of(tmp_path, split="test")[0] == [1, 2]


def test_wordnet_ids_are_imagenets_for_networks_of_1000_classes_only(ids):
    write(ids / "n02091134" / "a.png")
    assert labels_of(ids, classes=1000)[0] == [0, 1, 2, data.imagenet_index()["n02091134"]]
    assert labels_of(ids, classes=4)[0] == [0, 1, 2, 3]
    with pytest.raises(ValueError, match=r"4 class folders, such as n01440764, .* the network has 10 classes\. Name"):
        data.find(str(ids), classes=10)


def test_folders_are_matched_with_the_networks_class_names(tmp_path):
    for name in ("polar_bear/1.png", "Ant/1.png"):
        write(tmp_path / name)
    names = ["bee", "ant", "cat", "polar bear"]
    labels, _ = labels_of(tmp_path, classes=4, class_names=names)
    assert labels == [1, 3] and data.find(str(tmp_path), class_names=names).class_names == names
    with pytest.raises(ValueError, match="the network has no class of: Ant"):
        data.find(str(tmp_path), classes=3, class_names=["bee", "wasp", "polar bear"])
    with pytest.raises(ValueError, match=r"2 class folders.* has 4 classes.*--class-names FILE"):
        data.find(str(tmp_path), classes=4)


def test_folders_are_matched_by_the_nearest_form_of_a_name(tmp_path):
    names = ["a_b", "a b", "tench, Tinca tinca", "crane", "crane, bird", "goldfish, Carassius auratus"]
    for name in ("a_b", "a b", "Tench", "n01443537"):
        write(tmp_path / name / "1.png")
    assert labels_of(tmp_path, class_names=names)[0] == [2, 1, 0, 5]
    write(tmp_path / "bird" / "1.png")
    assert 4 in labels_of(tmp_path, class_names=names)[0]
    write(tmp_path / "A-B" / "1.png")
    with pytest.raises(ValueError, match="no class of: A-B"):
        data.find(str(tmp_path), class_names=names)


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
