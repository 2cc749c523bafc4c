"""How commands give their results: as text, or as one JSON document."""

import contextlib
import dataclasses
import json
import logging
import sys
import warnings
from collections.abc import Iterator
from typing import Any

from kinv.json_values import json_values


@dataclasses.dataclass(kw_only=True)
class Output:
    """A command with a result."""

    json: bool = False
    """Prints one JSON document on stdout; everything else goes to stderr."""
    quiet: bool = False
    """Prints no progress and no warnings, only the result and errors."""

    def result(self) -> dict[str, Any]:
        """What the command found, as values that `json_document` takes."""
        raise NotImplementedError

    def show(self, result: dict[str, Any]) -> None:
        """Prints the result for people."""
        raise NotImplementedError

    @property
    def progress(self) -> bool:
        """Whether progress may be printed."""
        return not (self.json or self.quiet)

    def run(self) -> None:
        """Prints the result."""
        with self._nothing_else():
            result = self.result()
        self.print(result)

    def print(self, result: dict[str, Any]) -> None:
        """Prints a result, as was asked for."""
        if self.json:
            print(json_document(result))
        else:
            self.show(result)

    @contextlib.contextmanager
    def _nothing_else(self) -> Iterator[None]:
        """Keeps what is not the result from stdout with `--json`, and from both streams with `--quiet`."""
        logger = logging.getLogger("kinv")
        level = logger.level
        with contextlib.ExitStack() as stack:
            if self.json:
                stack.enter_context(contextlib.redirect_stdout(sys.stderr))
            if self.quiet:
                stack.enter_context(warnings.catch_warnings())
                warnings.simplefilter("ignore")
                logger.setLevel(logging.ERROR)
                stack.callback(logger.setLevel, level)
            yield


def json_document(value: Any) -> str:
    """Strict JSON: NaN and infinity become null."""
    return json.dumps(json_values(value), indent=1, allow_nan=False)
