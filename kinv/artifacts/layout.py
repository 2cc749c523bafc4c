"""The files that an artifact may hold, and its JSON."""

import json
import re
import stat
from pathlib import Path
from typing import Any

from .errors import ArtifactError

CONFIG, WEIGHTS, SAFETENSORS, METADATA, SAVED_MODEL, FIGURES, CARD, ORIGIN, MANIFEST = (
    "config.json",
    "model.weights.h5",
    "model.safetensors",  # the same weights, for other programs; kinv does not read it
    "metadata.json",
    "saved_model",
    "figures",  # may be left out, all of them: nothing but the card reads them
    "README.md",
    "origin.json",  # where it was pulled from
    "manifest.json",
)
NEEDED = (CONFIG, WEIGHTS, METADATA)
FILES = re.compile(
    r"config\.json|metadata\.json|origin\.json|model\.weights\.h5|model\.safetensors|README\.md"
    r"|figures/[\w-][\w.-]*\.(png|jpg|svg|pdf)"
    r"|saved_model/(saved_model\.pb|fingerprint\.pb|variables/variables\.(index|data-\d{5}-of-\d{5}))",
    re.ASCII,
)
MAX_JSON_BYTES, MAX_CARD_BYTES = 4_000_000, 1_000_000


def check_names(place: Any, names: Any) -> None:
    """Refuses files that no artifact has, such as pickles, archives and code.

    Raises:
        ArtifactError: an unknown file name, or a required file is missing.
    """
    unknown = sorted(name for name in names if not FILES.fullmatch(name))
    if unknown:
        raise ArtifactError(
            f"{place} holds {', '.join(map(repr, unknown[:5]))}, which no artifact has. An artifact holds "
            "config.json, metadata.json, model.weights.h5, README.md, images in figures/, and a SavedModel."
        )
    missing = [name for name in NEEDED if name not in names]
    if missing:
        raise ArtifactError(f"{place} is incomplete: {', '.join(missing)} missing from its manifest.")


def read_json(path: Path) -> dict[str, Any]:
    """Reads a file that holds one JSON object, without NaN.

    Raises:
        ArtifactError: it does not.
    """

    def refuse(constant):
        raise ValueError(f"{constant} is not valid JSON")

    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode) or status.st_size > MAX_JSON_BYTES:
            raise ValueError(
                f"it must be a file of at most {MAX_JSON_BYTES:,} bytes, received {status.st_size:,} bytes or no file"
            )
        value = json.loads(path.read_bytes(), parse_constant=refuse)
    except (OSError, ValueError, RecursionError) as error:
        raise ArtifactError(f"{path} can't be read: {error}") from None
    if not isinstance(value, dict):
        raise ArtifactError(f"{path} must hold a JSON object, received a {type(value).__name__}.")
    return value


def to_json(value: Any) -> str:
    """A value as strict JSON text.

    Raises:
        ValueError: the value is not valid JSON.
    """
    try:
        return json.dumps(value, indent=1, allow_nan=False) + "\n"
    except (TypeError, ValueError) as error:
        raise ValueError(f"metadata and config must be JSON without NaN: {error}") from None
