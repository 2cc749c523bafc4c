"""How long Keras will take to build a saved model, told from its configuration alone."""

from typing import Any

MOST_STEPS = 100_000  # calls of layers: about a minute


def check_steps(described: Any) -> None:
    """Refuses a model whose layers Keras would call too often while it builds it.

    A `Sequential` calls all its layers again for each one that it adds, so that 3,000 of them take an hour.

    Raises:
        ValueError: it would take more than `MOST_STEPS` calls.
    """
    _, steps = _calls_and_steps(described)
    if steps > MOST_STEPS:
        raise ValueError(f"Keras would call layers {steps:,} times to build it, at most {MOST_STEPS:,} are allowed")


def _calls_and_steps(part: Any) -> tuple[int, int]:
    """Of a part of a configuration: how many layers one call of it calls, and how many are called to build it."""
    if not isinstance(part, (dict, list)):
        return 0, 0
    found = [_calls_and_steps(value) for value in (part.values() if isinstance(part, dict) else part)]
    calls, steps = sum(calls for calls, _ in found), sum(steps for _, steps in found)
    if isinstance(part, list):
        return calls, steps
    layers = part.get("layers")
    if isinstance(layers, list):
        return calls, steps + calls * (1 if "input_layers" in part else len(layers))  # a Functional model has inputs
    if "class_name" in part and "config" in part:
        nodes = part.get("inbound_nodes")
        return max(calls, 1) * (len(nodes) if isinstance(nodes, list) and nodes else 1), steps
    return calls, steps
