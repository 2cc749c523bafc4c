"""Names from outside, made safe to show: class names, file names and names of networks may hold anything."""

import re
from typing import Any

LONGEST, LONGEST_FILE = 200, 80  # letters of a name in a sentence, and in the name of a file


def printable(text: Any, longest: int = LONGEST) -> str:
    """One line without control characters, of at most so many letters.

    Line breaks and tabs become a space. Letters that a terminal would obey, such as escape codes and marks that turn
    the direction of the text, become a replacement character.
    """
    whole = str(text)
    line = re.sub(r"[^\S ]+", " ", whole[: 4 * longest]).strip()
    shown = "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in line)
    return shown if len(shown) <= longest and len(whole) <= 4 * longest else f"{shown[: longest - 1]}…"


def file_stem(text: Any) -> str:
    """A name as part of a file's name: letters, digits, dots, plus and minus signs."""
    return re.sub(r"[^\w.+-]+", "-", printable(text, LONGEST_FILE))
