"""The hub's client, and its errors in the words of someone who wants an artifact."""

import contextlib
from collections.abc import Iterator
from typing import Any

from .. import __version__
from .errors import ArtifactError
from .handle import Handle


def client(token: str | bool | None) -> Any:
    """The hub's own client; it reads HF_ENDPOINT, HF_TOKEN and HF_HUB_OFFLINE itself."""
    from huggingface_hub import HfApi

    return HfApi(token=token, library_name="kinv", library_version=__version__)


@contextlib.contextmanager
def said_clearly(handle: Handle) -> Iterator[None]:
    """Turns whatever goes wrong with the hub into an ArtifactError that says what to do.

    Raises:
        ArtifactError: instead of any other exception.
    """
    from huggingface_hub import errors

    try:
        yield
    except ArtifactError:
        raise
    except errors.GatedRepoError as error:
        raise ArtifactError(f"{handle}: its owners let people in one by one. Ask on its page first.") from error
    except errors.RepositoryNotFoundError as error:
        raise ArtifactError(
            f"{handle}: there is no such repository, or it is private and your token may not read it "
            "(HF_TOKEN, or `hf auth login`)."
        ) from error
    except errors.RevisionNotFoundError as error:
        raise ArtifactError(f"{handle}: there is no such branch, tag or commit.") from error
    except errors.RemoteEntryNotFoundError as error:
        raise ArtifactError(f"{handle} is not a kinv artifact: it has no manifest.json.") from error
    except errors.HfHubHTTPError as error:
        raise ArtifactError(f"{handle}: {_answer(error)}") from error
    except (errors.RevisionResolutionError, errors.LocalEntryNotFoundError, errors.OfflineModeIsEnabled) as error:
        raise ArtifactError(
            f"{handle}: the hub can't be reached, and it is not in the cache. Check the connection, HF_ENDPOINT and "
            "HF_HUB_OFFLINE."
        ) from error
    except Exception as error:  # of the network, of the disk
        raise ArtifactError(f"{handle}: {type(error).__name__}: {error}") from error


def _answer(error: Any) -> str:
    status = error.response.status_code if error.response is not None else None
    if status == 401:
        return "the hub does not know you: set HF_TOKEN, or `hf auth login`."
    if status == 403:
        return "your token may not do that. Does it have the right to write, in this organisation?"
    if status in (409, 412):
        return "somebody else pushed at the same time. Look at what they changed, then push again."
    return f"the hub answered {status}: {error}"
