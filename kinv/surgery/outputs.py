"""Which output of a model to use, and which of its scores."""

from collections.abc import Sequence

import keras
import numpy as np

from kinv.choices import unknown


def chosen_output(
    graph: keras.Model, output: str | int | None, class_names: Sequence[str] | None
) -> tuple[int, int | None]:
    """The index of the output to use, in the order of `graph.outputs`, and of its score if one was chosen.

    Args:
        graph: Functional model.
        output: a name or number, see `kinv.wrap`. An output in a dict has its key for a name, others their layer's.
        class_names: names of the scores, if there is one output.

    Raises:
        ValueError: several outputs and none chosen; no such output or score, or several of the name.
    """
    names, has_keys = _names(graph)
    if len(names) == 1 and not has_keys:
        return 0, None if output is None else _index(output, class_names, graph.outputs[0].shape[-1], "score")
    if output is None:
        returned = "a dict" if has_keys else f"{len(names)} outputs"
        raise ValueError(
            f"{graph.name!r} returns {returned}, expected one output of scores: pass output=, one of "
            f"{', '.join(map(repr, names))}, or a number from 0."
        )
    return _index(output, names, len(names), "output"), None


def _names(graph):
    """A name for every output, and whether any has a key."""
    places = [path for path, _ in keras.tree.flatten_with_path(graph._outputs_struct)]
    keys = [[part for part in path if isinstance(part, str)] for path in places]
    return [of[-1] if of else name for of, name in zip(keys, graph.output_names, strict=True)], any(keys)


def _index(output, names, count, what):
    if isinstance(output, (int, np.integer)) and not isinstance(output, bool):
        if not 0 <= output < count:
            raise ValueError(f"output={output!r}: there are {count} {what}s, expected 0 to {count - 1}.")
        return int(output)
    found = [index for index, name in enumerate(names or ()) if name == output]
    if len(found) > 1:
        raise ValueError(f"{len(found)} {what}s are called {output!r}: pass output=, one of the numbers {found}.")
    if not found:
        if names:
            raise ValueError(unknown(what, output, names, where=", passed as output"))
        raise ValueError(f"There is no {what} {output!r}: pass output=, a number from 0 to {count - 1}.")
    return found[0]
