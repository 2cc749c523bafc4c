"""A Hub on 127.0.0.1 for tests: speaks the Hugging Face Hub's protocol for models to the unmodified client.

    with HubServer(tokens={"secret": ["alice", "lab"]}) as server:
        api = HfApi(endpoint=server.url, token="secret")
        api.create_repo("lab/model")
        server.faults.drop("/resolve/.*weights.h5", after=1000)

The client must not use Xet: `HF_HUB_DISABLE_XET=1` before `huggingface_hub` is imported.
"""

import json
import math
import socket
import struct
import threading
import traceback
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit

from .hub_faults import Faults
from .hub_repositories import HubError, Repository, Store
from .hub_routes import ROUTES, Reply


@dataclass(frozen=True)
class Request:
    """What arrived: `path` is unquoted and has its query."""

    method: str
    path: str
    headers: dict[str, str]

    @property
    def user_agent(self) -> str:
        return self.headers.get("user-agent", "")


class HubServer:
    """Listens until it is stopped or its `with` block ends.

    Args:
        tokens: `{token: [user, organization, ...]}`, the namespaces that a token may write to, the user's own first.

    Attributes:
        url: what the client takes as its endpoint.
        faults: troubles to order, see `Faults`.
        requests: all `Request`s so far, in order of arrival.
        store: the repositories, for a look behind the scenes.
    """

    def __init__(self, tokens: dict[str, list[str]]):
        self.tokens, self.faults, self.store = tokens, Faults(), Store()
        self.requests: list[Request] = []
        self.awaited: set[str] = set()
        self.connections: set[socket.socket] = set()
        self.stopped = threading.Event()
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"hub": self}))
        self.url = f"http://127.0.0.1:{self._http.server_address[1]}"
        threading.Thread(target=self._http.serve_forever, args=(0.02,), daemon=True).start()

    def stop(self) -> None:
        """Refuses connections from now on and cuts those that are open."""
        if not self.stopped.is_set():
            self.stopped.set()
            self._http.shutdown()
            self._http.server_close()
            for connection in list(self.connections):
                cut(connection)

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.stop()


def cut(connection: socket.socket) -> None:
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass  # the client was faster


class _Handler(BaseHTTPRequestHandler):
    """One connection: reads requests, asks the routes, lets the faults have their way with the replies."""

    hub: HubServer
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # else the body, a packet of its own, waits 40 ms for an acknowledgment

    def setup(self):
        super().setup()
        self.hub.connections.add(self.connection)
        if self.hub.stopped.is_set():
            cut(self.connection)

    def finish(self):
        self.hub.connections.discard(self.connection)
        try:
            super().finish()
        except OSError:
            pass

    def handle(self):
        try:
            super().handle()
        except OSError:
            pass  # the client went away, or the server stopped

    def answer(self):
        self.body = self._read_body()
        url = urlsplit(self.path)
        self.query = parse_qs(url.query)
        self.names = self.hub.tokens.get(self.headers.get("Authorization", "").removeprefix("Bearer "))
        headers = {name.lower(): value for name, value in self.headers.items()}
        request = Request(self.command, unquote(self.path), headers)
        self.hub.requests.append(request)
        self.faults = self.hub.faults.of(f"{request.method} {request.path}")
        self.hub.stopped.wait(sum(fault.delay for fault in self.faults))
        try:
            for fault in self.faults:
                if fault.status:
                    raise HubError(fault.status, "ordered by the test", **fault.headers)
            with self.hub.store.lock:
                reply = self._ask_the_routes(url.path)
        except HubError as error:
            headers = {"X-Error-Message": error.message, **error.headers}
            reply = Reply(error.status, {"error": error.message}, headers)
        except Exception:
            reply = Reply(501, {"error": traceback.format_exc()})  # a status that the client does not retry
        self._send(reply)

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = answer  # noqa: N815

    def _ask_the_routes(self, path: str) -> Reply:
        for method, pattern, function in ROUTES:
            match = pattern.fullmatch(path)
            if match and self.command in method.split():
                reply = function(self, *(part and unquote(part) for part in match.groups()))
                return reply if isinstance(reply, Reply) else Reply(body=reply)
        raise HubError(501, f"the test server has no {self.command} {path}")

    def _read_body(self) -> bytes:
        if self.headers.get("Transfer-Encoding") != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length", 0)))
        pieces = []
        while size := int(self.rfile.readline(), 16):
            pieces.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(pieces)

    def _send(self, reply: Reply) -> None:
        body, headers = reply.body, dict(reply.headers)
        if not isinstance(body, bytes):
            body = json.dumps(body, default=str).encode()
            headers["Content-Type"] = "application/json"
        self.send_response(reply.status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, " ".join(value.encode("ascii", "replace").decode().split()))
        self.end_headers()
        dropped = next((fault for fault in self.faults if fault.drop_after is not None), None)
        if self.command != "HEAD":
            self._drip(body if dropped is None else body[: dropped.drop_after])
        if dropped:
            self.close_connection = True
            if dropped.reset:
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                self.connection.close()
            else:
                cut(self.connection)

    def _drip(self, body: bytes, pause: float = 0.02) -> None:
        rate = min((fault.bytes_per_second for fault in self.faults), default=math.inf)
        size = len(body) if math.isinf(rate) else max(1, round(rate * pause))
        for start in range(0, len(body), size or 1):
            self.wfile.write(body[start : start + size])
            if size < len(body) and self.hub.stopped.wait(size / rate):
                return

    def log_message(self, *arguments):
        pass

    def repository(self, namespace: str, name: str, write: bool = False) -> Repository:
        """The repository, if whoever asks may see it and, for `write`, belongs to its namespace."""
        repository = self.hub.store.repositories.get(f"{namespace}/{name}")
        member = self.names is not None and namespace in self.names
        if repository is None or (repository.private and not member):
            raise HubError(404, "Repository not found", "RepoNotFound")
        if write:
            self.require(namespace)
        return repository

    def require(self, namespace: str | None = None) -> str:
        """The user's name; refuses anonymous requests and those of people outside the namespace."""
        if self.names is None and "Authorization" in self.headers:
            raise HubError(401, "Invalid credentials in Authorization header")
        if self.names is None:
            # the client reads a bare 401 of a https Hub like this one, but not that of a http one
            code = "RepoNotFound" if self.path.startswith("/api/models/") else None
            raise HubError(401, "Invalid username or password.", code)
        if namespace is not None and namespace not in self.names:
            raise HubError(403, f"You don't have the rights to write under the namespace {namespace}")
        return self.names[0]
