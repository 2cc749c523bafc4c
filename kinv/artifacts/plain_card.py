"""The card of an artifact that was saved without a template: what it is, of which network, and how to use it."""

import json
from collections.abc import Mapping
from typing import Any

from kinv.printable import printable

from .summary import metrics

HEAD = "---\nlibrary_name: kinv\ntags: [kinv, keras, tensorflow]\n---"  # `kinv list --remote` looks for the first tag
LONGEST = 80  # letters of a name
SPECIAL = str.maketrans({letter: f"\\{letter}" for letter in "\\`*_{}[]<>|#!$"})


def plain_card(name: str, kind: str, metadata: Mapping[str, Any], endpoints: Mapping[str, str]) -> str:
    """A model card in Markdown.

    Args:
        name: of the artifact.
        kind: the class of the model.
        metadata: as it is kept in the artifact; `metrics`, `classifier` and `preflight` are shown if they are there.
        endpoints: of the SavedModel, name to signature.
    """
    parts = HEAD, f"# {_shown(name)}", _about(kind, metadata), _numbers(metadata), _use(name, endpoints)
    return "\n\n".join(part for part in parts if part)


def _about(kind: str, metadata: Mapping[str, Any]) -> str:
    lines = [f"A trained `{kind}` of kinv."]
    network, checked = metadata.get("classifier"), metadata.get("preflight")
    if isinstance(network, Mapping):
        about = f"It was learned from the network **{_shown(network.get('name', 'without a name'))}**"
        if "parameters" in network:
            about += f" ({network['parameters']:,} parameters"
            if "input_shape" in network:
                about += f", images {tuple(network['input_shape'])} in 0..255, {network.get('classes')} classes"
            about += ")"
        lines.append(f"{about}, which is not included. sha256 of its weights: `{network.get('weights_sha256')}`.")
    if isinstance(checked, Mapping) and checked.get("accuracy") is not None:
        lines.append(
            f"On {checked['images']} of the training images, the network's accuracy was {checked['accuracy']:.3f} "
            f"(chance: {checked['chance']:.3f})."
        )
    return " ".join(lines)


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
