"""Files of class names: a name per line, or JSON."""

import json
from pathlib import Path
from typing import Any


def read_class_names(path: Path) -> list[str]:
    """The class names of a file, in the order of a network's outputs.

    A line is a name, commas included; a byte order mark and blank lines at the end don't count. A `.json` file holds a
    list of names, or a mapping of indices to names, or to WordNet ids and names, as `imagenet_class_index.json` does.

    Raises:
        ValueError: no names, a blank line among them, a name that is there twice, or a file of another kind.
        OSError: the file can't be read.
    """
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(f"{path} must be UTF-8 text with a class name per line: {error}") from None
    names = _of_json(path, text) if path.suffix.lower() == ".json" else [line.strip() for line in text.splitlines()]
    while names and not names[-1]:
        names.pop()
    if not names:
        raise ValueError(f"{path} holds no class names: expected one per line, in the order of the network's outputs.")
    if "" in names:
        raise ValueError(
            f"{path}: class name {names.index('') + 1} of {len(names)} is blank. Remove the line, or name the class: "
            "names stand in the order of the network's outputs."
        )
    return names


def _of_json(path: Path, text: str) -> list[str]:
    expected = f"{path} must hold a JSON list of class names, or a mapping of indices to names"
    try:
        found: Any = json.loads(text)
    except ValueError as error:
        raise ValueError(f"{expected}: {error}") from None
    if isinstance(found, dict):
        indices = [str(index) for index in range(len(found))]
        if set(found) != set(indices):
            raise ValueError(f"{expected}; its keys must be 0..{len(found) - 1}, received {', '.join(list(found)[:3])}")
        found = [found[index] for index in indices]
        found = [one[1] if isinstance(one, list) and len(one) == 2 else one for one in found]
    if not isinstance(found, list) or not all(isinstance(one, str) for one in found):
        raise ValueError(f"{expected}, received something else")
    return [one.strip() for one in found]
