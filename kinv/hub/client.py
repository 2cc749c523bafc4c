"""The hub's client, with error messages that say what to do."""

import contextlib
import time
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from kinv import __version__
from kinv.artifacts.errors import ArtifactError

from .handle import Handle

Answer = TypeVar("Answer")
WAITS = (0.5, 1.0, 2.0)  # seconds
CONFLICT = "conflict (HTTP 409 or 412): somebody else pushed at the same time. Check their changes, then push again."
MESSAGES = {  # by HTTP status
    401: "not authenticated (HTTP 401): pass `token=`, set `HF_TOKEN`, or run `hf auth login`.",
    403: "permission denied (HTTP 403): the token needs write access to this organisation.",
    409: CONFLICT,
    412: CONFLICT,
    429: "rate limit exceeded (HTTP 429): wait a few minutes or pass a token.",
}


def client(token: str | bool | None) -> Any:
    """The hub's own client; it reads HF_ENDPOINT, HF_TOKEN and HF_HUB_OFFLINE itself."""
    from huggingface_hub import HfApi

    return HfApi(token=token, library_name="kinv", library_version=__version__)


@contextlib.contextmanager
def said_clearly(what: Handle | str) -> Iterator[None]:
    """Converts any exception of the hub into an `ArtifactError` that names `what` failed and says what to do.

    Raises:
        ArtifactError: instead of any other exception.
    """
    try:
        yield
    except ArtifactError:
        raise
    except Exception as error:  # of the hub, of the network, of the disk
        raise ArtifactError(f"{what}{_explanation(error)}") from error


def persistently(ask: Callable[[], Answer]) -> Answer:
    """Retries after server errors and dropped connections, which the hub's client does for some requests only."""
    for seconds in WAITS:
        try:
            return ask()
        except Exception as error:
            if not _will_pass(_cause(error)):
                raise
            time.sleep(seconds)
    return ask()


def _will_pass(error: BaseException) -> bool:
    """Whether a retry may help. An unreachable hub is excluded: the cache may serve, or an error should come soon."""
    return (_status(error) or 0) >= 500 or type(error).__name__ in ("ReadError", "RemoteProtocolError")


def _cause(error: BaseException) -> BaseException:
    """The cause of an error, where the client wraps it in a general one."""
    from huggingface_hub import errors

    general = (errors.LocalEntryNotFoundError, errors.RevisionResolutionError, RuntimeError)
    return error.__cause__ if isinstance(error, general) and error.__cause__ is not None else error


def _status(error: BaseException) -> int | None:
    return getattr(getattr(error, "response", None), "status_code", None)


def _explanation(error: Exception) -> str:
    from huggingface_hub import errors

    cause = _cause(error)
    for kind, text in {
        errors.GatedRepoError: ": access is gated: request it on the repository's page first.",
        errors.RepositoryNotFoundError: ": the repository does not exist, or is private and the token can't read it: "
        "pass `token=`, set `HF_TOKEN`, or run `hf auth login`.",
        errors.RevisionNotFoundError: ": the branch, tag or commit does not exist.",
        errors.RemoteEntryNotFoundError: " is not a kinv artifact: it has no manifest.json.",
    }.items():
        if isinstance(cause, kind):
            return text
    status = _status(cause)
    if status:
        return f": {MESSAGES.get(status, f'the hub returned HTTP {status}: {cause}')}"
    if type(cause).__name__ in ("ConnectError", "ConnectTimeout") or isinstance(
        error, (errors.RevisionResolutionError, errors.LocalEntryNotFoundError, errors.OfflineModeIsEnabled)
    ):
        return (
            ": the hub is unreachable and the cache does not have it: check the connection, HF_ENDPOINT and "
            f"HF_HUB_OFFLINE. ({cause})"
        )
    return f": {type(cause).__name__}: {cause}"
