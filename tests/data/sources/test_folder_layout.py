"""What a folder's sub-folders are: classes, splits, or neither, and which class each is."""

import os

import numpy as np
import pytest

from kinv import data

from .image_files import labels_of, write


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
