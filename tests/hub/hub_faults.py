"""What can go wrong between a client and the Hub, to order."""

import math
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass
class Fault:
    """One trouble, for the next `left` requests whose `"METHOD /path"` matches `pattern`."""

    pattern: str
    left: float
    status: int | None = None
    headers: dict[str, str] = field(default_factory=dict)
    delay: float = 0.0
    bytes_per_second: float = math.inf
    drop_after: int | None = None
    reset: bool = False
    content: Callable[[bytes], bytes] | None = None
    keeps_size: bool = False
    hits: int = 0


class Faults:
    """The troubles of a server. `path` is a regular expression searched in e.g. `"GET /alice/x/resolve/main/a.h5"`.

    Every method returns its `Fault`, whose `hits` count the requests it spoiled.
    """

    def __init__(self):
        self._faults: list[Fault] = []
        self._lock = threading.Lock()

    def fail(self, path: str, status: int = 503, times: float = 1, **headers: str) -> Fault:
        """Answers with an error and does nothing else; `headers` such as `Retry_After="0"` go along."""
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        return self._add(Fault(path, times, status=status, headers=headers))

    def drop(self, path: str, after: int = 0, times: float = 1, reset: bool = False) -> Fault:
        """Cuts the connection after so many bytes of the body; what was asked for has been done.

        `reset` cuts it with a TCP reset instead of an end. HEAD requests have no body and are spared.
        """
        return self._add(Fault(rf"^(?!HEAD ).*(?:{path})", times, drop_after=after, reset=reset))

    def slow(self, path: str, seconds: float = 0, bytes_per_second: float = math.inf, times: float = math.inf) -> Fault:
        """Waits before it answers, or drips the body."""
        return self._add(Fault(path, times, delay=seconds, bytes_per_second=bytes_per_second))

    def serve(self, path: str, content: bytes, times: float = math.inf) -> Fault:
        """Serves other bytes for a file, under the file's own ETag and with the size of `content`."""
        return self._add(Fault(path, times, content=lambda _: content))

    def truncate(self, path: str, size: int, times: float = math.inf) -> Fault:
        """Serves the first `size` bytes as if they were all; the size a large file is listed with stays."""
        return self._add(Fault(path, times, content=lambda data: data[:size], keeps_size=True))

    def clear(self) -> None:
        with self._lock:
            self._faults.clear()

    def of(self, request: str) -> list[Fault]:
        """The troubles of this request, which counts for them."""
        with self._lock:
            found = [fault for fault in self._faults if fault.left > 0 and re.search(fault.pattern, request)]
            for fault in found:
                fault.left -= 1
                fault.hits += 1
            return found

    def _add(self, fault: Fault) -> Fault:
        with self._lock:
            self._faults.append(fault)
        return fault
