"""The card of an artifact that was saved without a template: what it is, of which network, and how to use it."""

import json
import re
from collections.abc import Mapping
from typing import Any

from kinv.printable import printable

from .summary import is_number, metrics

HEAD = "---\nlibrary_name: kinv\n{}tags: [kinv, keras, tensorflow]\n---"  # `kinv list --remote` looks for the first tag
LICENSE = re.compile(r"[A-Za-z0-9.+-]{1,40}")  # as hubs name licences
LONGEST = 80  # letters of a name
SPECIAL = str.maketrans({letter: f"\\{letter}" for letter in "\\`*_{}[]<>|#!$&~"})


def plain_card(name: str, kind: str, metadata: Mapping[str, Any], endpoints: Mapping[str, str]) -> str:
    """A model card in Markdown.

    Args:
        name: of the artifact.
        kind: the class of the model.
        metadata: any JSON object; of `metrics`, `classifier` and `preflight`, what kinv itself writes there is shown;
            `license`, such as `"apache-2.0"`, is the card's.
        endpoints: of the SavedModel, name to signature.
    """
    head = f"{_head(metadata.get('license'))}\n\n# {_shown(name)}"
    parts = head, _about(kind, metadata), _numbers(metadata), _use(name, endpoints)
    return "\n\n".join(part for part in parts if part)


def _head(license: Any) -> str:
    known = isinstance(license, str) and LICENSE.fullmatch(license)
    return HEAD.format(f"license: {license.lower()}\n" if known else "")


def _about(kind: str, metadata: Mapping[str, Any]) -> str:
    lines = [
        f"A trained `{kind}` of kinv.",
        _of_network(metadata.get("classifier")),
        _accuracy(metadata.get("preflight")),
    ]
    return " ".join(line for line in lines if line)


def _of_network(network: Any) -> str:
    if not isinstance(network, Mapping):
        return ""
    parameters, shape, classes = (network.get(name) for name in ("parameters", "input_shape", "classes"))
    details = [f"{parameters:,} parameters"] if is_number(parameters) else []
    details += [f"images {_shown(tuple(shape))} in 0..255"] if isinstance(shape, (list, tuple)) else []
    details += [f"{classes} classes"] if is_number(classes) else []
    name, checksum = _shown(network.get("name", "without a name")), network.get("weights_sha256")
    described = f" ({', '.join(details)})" if details else ""
    about = f"It was learned from the network **{name}**{described}, which is not included."
    return f"{about} sha256 of its weights: `{_shown(checksum)}`." if checksum else about


def _accuracy(checked: Any) -> str:
    found = [checked.get(name) for name in ("images", "accuracy", "chance")] if isinstance(checked, Mapping) else [None]
    if not all(map(is_number, found)):
        return ""
    images, accuracy, chance = found
    return f"On {images} of the training images, the network's accuracy was {accuracy:.3f} (chance: {chance:.3f})."


def _numbers(metadata: Mapping[str, Any]) -> str:
    rows = [f"| {_shown(name)} | {value:.4g} |" for name, value in metrics(metadata).items()]
    return "\n".join(["| result | value |", "| --- | --- |", *rows]) if rows else ""


def _use(name: str, endpoints: Mapping[str, str]) -> str:
    rows = [f"| `{endpoint}` | `{signature}` |" for endpoint, signature in endpoints.items()]
    table = "\n".join(["| endpoint of the SavedModel | inputs |", "| --- | --- |", *rows])
    code = f"```python\nimport kinv\n\nmodel = kinv.load({json.dumps(printable(name, LONGEST))})\n```"
    taken = "\n\nImages are in 0..255." if any("images:" in signature for signature in endpoints.values()) else ""
    return f"{code}\n\n{table}{taken}\n"


def _shown(text: Any) -> str:
    return printable(text, LONGEST).translate(SPECIAL)
