"""Reads the values in an untrusted pickle; nothing in it is run, imported or looked up.

`pickletools` takes the pickle apart. The machine here puts together numbers, strings, lists, tuples and dicts, and
the few stand-ins that its caller names.
"""

import pickletools
from collections.abc import Callable, Mapping
from typing import Any, BinaryIO

MOST_STEPS = 250_000  # a file of weights takes some 20 for each array
ARGUMENTS = frozenset(
    """
    INT BININT BININT1 BININT2 LONG LONG1 LONG4 FLOAT BINFLOAT STRING BINSTRING SHORT_BINSTRING UNICODE
    SHORT_BINUNICODE BINUNICODE BINUNICODE8 SHORT_BINBYTES BINBYTES BINBYTES8
    """.split()
)  # opcodes that push their argument
CONSTANTS = {"NONE": None, "NEWTRUE": True, "NEWFALSE": False, "EMPTY_TUPLE": ()}
TUPLES = {"TUPLE1": 1, "TUPLE2": 2, "TUPLE3": 3}
IGNORED = frozenset(("PROTO", "FRAME", "STOP"))


class StandIn:
    """Stands for an object of a class that is not imported. Functions that return one are what a pickle may call."""

    def build(self, state: Any) -> None:
        """Takes the state that the pickle holds for the object.

        Raises:
            ValueError: such objects have no state.
        """
        raise ValueError(f"a {type(self).__name__} can't have a state")


def read_pickle(
    file: BinaryIO,
    names: Mapping[tuple[str, str], Any],
    persistent: Callable[[Any], Any] | None = None,
) -> Any:
    """The value of the pickle that starts where the file is; the file is left just behind it.

    Args:
        file: what to read from.
        names: what stands for a name of a module, by module and name: a function to call, or a plain value.
        persistent: makes a value of a persistent id; None refuses them.

    Returns:
        Numbers, strings, bytes, lists, tuples, dicts with strings as keys, and stand-ins. The same object may come
        several times, and may hold itself: printing it may take forever.

    Raises:
        ValueError: truncated or no pickle, or one with other names or opcodes, or too long.
        IndexError, KeyError, TypeError: a pickle that was tampered with.
    """
    machine = _Machine(names, persistent)
    for step, (opcode, argument, _) in enumerate(pickletools.genops(file)):
        if step >= MOST_STEPS:
            raise ValueError(f"the pickle takes more than {MOST_STEPS:,} steps")
        machine.step(opcode.name, argument)
    if len(machine.stack) != 1 or machine.below:
        raise ValueError("the pickle does not end with one value")
    return machine.stack[0]


class _Machine:
    """Attributes: the values since the last mark, those below each mark, and those to come back to, by number."""

    def __init__(self, names, persistent):
        self.names, self.persistent = names, persistent
        self.stack: list[Any] = []
        self.below: list[list[Any]] = []
        self.memo: dict[int, Any] = {}

    def step(self, name: str, argument: Any) -> None:
        if name in ARGUMENTS:
            self.stack.append(argument)
        elif name in CONSTANTS:
            self.stack.append(CONSTANTS[name])
        elif name in TUPLES:
            self.stack[-TUPLES[name] :] = [tuple(self.stack[-TUPLES[name] :])]
        elif name not in IGNORED:
            method = getattr(self, f"_{name.lower()}", None)
            if method is None:
                raise ValueError(f"the opcode {name} is not allowed in a file of weights")
            method(argument)

    def _since_mark(self) -> list[Any]:
        values, self.stack = self.stack, self.below.pop()
        return values

    # === Opcodes ===

    def _mark(self, _):
        self.below.append(self.stack)
        self.stack = []

    def _pop(self, _):
        self.stack.pop()

    def _tuple(self, _):
        values = tuple(self._since_mark())
        self.stack.append(values)

    def _empty_list(self, _):
        self.stack.append([])

    def _list(self, _):
        values = self._since_mark()
        self.stack.append(values)

    def _append(self, _):
        value = self.stack.pop()
        self._extend([value])

    def _appends(self, _):
        self._extend(self._since_mark())

    def _extend(self, values):
        if not isinstance(self.stack[-1], list):
            raise ValueError(f"values are appended to a {type(self.stack[-1]).__name__}")
        self.stack[-1].extend(values)

    def _empty_dict(self, _):
        self.stack.append({})

    def _dict(self, _):
        pairs = self._since_mark()
        self.stack.append({})
        self._update(pairs)

    def _setitem(self, _):
        value, key = self.stack.pop(), self.stack.pop()
        self._update([key, value])

    def _setitems(self, _):
        self._update(self._since_mark())

    def _update(self, pairs):
        keys = pairs[::2]
        if not isinstance(self.stack[-1], dict) or not all(isinstance(key, str) for key in keys):
            raise ValueError("only dicts with strings as keys are allowed in a file of weights")
        self.stack[-1].update(zip(keys, pairs[1::2], strict=True))

    def _put(self, number):
        if number >= MOST_STEPS:
            raise ValueError(f"the pickle counts up to {number}, beyond its {MOST_STEPS:,} steps")
        self.memo[number] = self.stack[-1]

    _binput = _long_binput = _put

    def _memoize(self, _):
        self.memo[len(self.memo)] = self.stack[-1]

    def _get(self, number):
        self.stack.append(self.memo[number])

    _binget = _long_binget = _get

    def _global(self, argument):
        self._look_up(*argument.split(" ", 1))

    def _stack_global(self, _):
        name, module = self.stack.pop(), self.stack.pop()
        self._look_up(module, name)

    def _look_up(self, module, name):
        if not isinstance(module, str) or not isinstance(name, str):
            raise ValueError("a name in the pickle is no string")
        if (module, name) not in self.names:
            raise ValueError(f"the name {module}.{name} is not allowed in a file of weights")
        self.stack.append(self.names[module, name])

    def _reduce(self, _):
        arguments, function = self.stack.pop(), self.stack.pop()
        if not callable(function) or not isinstance(arguments, tuple):
            raise ValueError("the pickle calls what is no function")
        self.stack.append(function(*arguments))

    def _build(self, _):
        state, value = self.stack.pop(), self.stack[-1]
        if isinstance(value, StandIn):
            value.build(state)
        elif not isinstance(value, dict):  # a dict's own attributes, such as a state dict's versions, are left out
            raise ValueError(f"a {type(value).__name__} can't have a state")

    def _binpersid(self, _):
        if self.persistent is None:
            raise ValueError("persistent ids are not allowed in a file of weights")
        self.stack.append(self.persistent(self.stack.pop()))
