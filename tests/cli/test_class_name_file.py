"""Class names from files that others wrote."""

import json

import pytest

from kinv.cli.class_name_file import read_class_names


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.txt", b"tench, Tinca tinca\ngreat white\n"),
        ("bom.txt", b"\xef\xbb\xbftench, Tinca tinca\r\ngreat white\r\n\r\n\r\n"),
        ("list.json", b'["tench, Tinca tinca", "great white"]'),
        ("index.JSON", json.dumps({"1": ["n01", "great white"], "0": ["n02", "tench, Tinca tinca"]}).encode()),
        ("plain.json", json.dumps({"0": "tench, Tinca tinca", "1": "great white"}).encode()),
    ],
)
def test_forms(tmp_path, name, content):
    (tmp_path / name).write_bytes(content)
    assert read_class_names(tmp_path / name) == ["tench, Tinca tinca", "great white"]


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.txt", b"cat\n\ndog\n", "class name 2 of 3 is blank"),
        ("a.txt", b"\n\n", "holds no class names"),
        ("a.txt", "chat\nbête\n".encode("latin-1"), "must be UTF-8 text"),
        ("a.json", b"cat\ndog", "must hold a JSON list"),
        ("a.json", b"[1, 2]", "received something else"),
        ("a.json", b'{"cat": 0}', r"keys must be 0\.\.0, received cat"),
    ],
)
def test_what_is_refused(tmp_path, name, content, said):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ValueError, match=said):
        read_class_names(tmp_path / name)
