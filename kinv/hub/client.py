"""The hub's client, and its errors in the words of someone who wants an artifact."""

import contextlib
import time
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from kinv import __version__
from kinv.artifacts.errors import ArtifactError

from .handle import Handle

Answer = TypeVar("Answer")
WAITS = (0.5, 1.0, 2.0)  # seconds
CONFLICT = "somebody else pushed at the same time. Look at what they changed, then push again."
ANSWERS = {
    401: "the hub does not know you: set HF_TOKEN, or `hf auth login`.",
    403: "your token may not do that. Does it have the right to write, in this organisation?",
    409: CONFLICT,
    412: CONFLICT,
    429: "the hub has had too many questions from you. Wait a few minutes.",
}


def client(token: str | bool | None) -> Any:
    """The hub's own client; it reads HF_ENDPOINT, HF_TOKEN and HF_HUB_OFFLINE itself."""
    from huggingface_hub import HfApi

    return HfApi(token=token, library_name="kinv", library_version=__version__)


@contextlib.contextmanager
def said_clearly(what: Handle | str) -> Iterator[None]:
    """Turns whatever goes wrong with the hub into an ArtifactError that says what to do, and `what` it is about.

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
    """Asks again, after a while, if the hub stumbles or drops the line; its client does so for some questions only."""
    for seconds in WAITS:
        try:
            return ask()
        except Exception as error:
            if not _will_pass(_cause(error)):
                raise
            time.sleep(seconds)
    return ask()


def _will_pass(error: BaseException) -> bool:
    """A hub that can't be reached at all is not among these: the cache may help, and an error soon."""
    return (_status(error) or 0) >= 500 or type(error).__name__ in ("ReadError", "RemoteProtocolError")


def _cause(error: BaseException) -> BaseException:
    """What the client's general errors are about."""
    from huggingface_hub import errors

    general = (errors.LocalEntryNotFoundError, errors.RevisionResolutionError, RuntimeError)
    return error.__cause__ if isinstance(error, general) and error.__cause__ is not None else error


def _status(error: BaseException) -> int | None:
    return getattr(getattr(error, "response", None), "status_code", None)


def _explanation(error: Exception) -> str:
    from huggingface_hub import errors

    cause = _cause(error)
    for kind, text in {
        errors.GatedRepoError: ": its owners let people in one by one. Ask on its page first.",
        errors.RepositoryNotFoundError: ": there is no such repository, or it is private and your token may not read "
        "it (HF_TOKEN, or `hf auth login`).",
        errors.RevisionNotFoundError: ": there is no such branch, tag or commit.",
        errors.RemoteEntryNotFoundError: " is not a kinv artifact: it has no manifest.json.",
    }.items():
        if isinstance(cause, kind):
            return text
    status = _status(cause)
    if status:
        return f": {ANSWERS.get(status, f'the hub answered {status}: {cause}')}"
    if type(cause).__name__ in ("ConnectError", "ConnectTimeout") or isinstance(
        error, (errors.RevisionResolutionError, errors.LocalEntryNotFoundError, errors.OfflineModeIsEnabled)
    ):
        return (
            ": the hub can't be reached, and the cache does not have it. Check the connection, HF_ENDPOINT and "
            f"HF_HUB_OFFLINE. ({cause})"
        )
    return f": {type(cause).__name__}: {cause}"
