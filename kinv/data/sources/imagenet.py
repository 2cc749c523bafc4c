"""The 1,000 classes of ImageNet: index, WordNet id and name. The index is the rank of the WordNet id."""

import csv
import functools
import re
from importlib import resources

WORDNET_ID = re.compile(r"n\d{8}")


@functools.cache
def _rows() -> tuple[tuple[str, str], ...]:
    text = resources.files("kinv.data").joinpath("imagenet_classes.csv").read_text(encoding="utf-8")
    return tuple((row["wnid"], row["name"]) for row in csv.DictReader(text.splitlines()))


def imagenet_class_names() -> list[str]:
    """The 1,000 names, in the order of the classifiers' outputs."""
    return [name for _, name in _rows()]


@functools.cache
def imagenet_index() -> dict[str, int]:
    """Class index by WordNet id, such as `{"n01440764": 0, ...}`."""
    return {wordnet_id: index for index, (wordnet_id, _) in enumerate(_rows())}
