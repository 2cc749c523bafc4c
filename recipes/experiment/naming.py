"""One rule for the names of artifacts and results: what is studied, then in what the run differs from the default."""

import hashlib
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

SAID = ("preset", "download", "data", "classifier", "fallback", "network", "networks", "layer")  # by the words before
FULL = {"mnist": 60_000, "rotated_mnist": 12_000, "silhouettes": 6_936}  # images to train with
USUAL = ("imagenet_samples", "olshausen")  # photographs that names do not mention
LONGEST = 48  # letters of settings, instead of which there is a key


def name(subject: str, settings: Mapping[str, Any], plain: Mapping[str, Any]) -> str:
    """The likes of `itn_squeezenet`, `itn_squeezenet_photos_smoke` or `digit_cnn_epochs40`.

    Args:
        subject: what is studied.
        settings: the run's, as JSON values.
        plain: those of its preset.
    """
    preset = "" if settings["preset"] == "default" else settings["preset"]
    changed = {key: value for key, value in settings.items() if key not in SAID and value != plain[key]}
    words = "_".join(_plain(_setting(key, value)) for key, value in changed.items())
    return "_".join(filter(None, (subject, preset, words if len(words) <= LONGEST else key_of(changed))))


def data_words(source: Any, count: int | None = None, limit: int | None = None) -> str:
    """The data set that was really used, and how many images there are where it is not whole.

    Args:
        source: the data.
        count: images to train with.
        limit: how many were asked for; the name's settings say that.
    """
    if source.name in USUAL:
        return ""
    known = FULL.get(source.name)
    part = str(count) if known and limit is None and count != known else ""
    return "_".join(filter(None, (_plain(Path(source.name.replace(":", "_")).name), part)))


def key_of(run: Mapping[str, Any]) -> str:
    """Eight letters that stand for JSON values."""
    return hashlib.sha256(json.dumps(run, sort_keys=True).encode()).hexdigest()[:8]


def _setting(key: str, value: Any) -> str:
    if isinstance(value, bool):
        return key if value else f"no_{key}"
    return key + ("-".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value))


def _plain(text: str) -> str:
    return re.sub(r"[^\w.-]+", "-", text)
