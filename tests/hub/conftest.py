"""The Hub client under test conditions: without Xet and telemetry, which it decides when it is imported."""

import os

os.environ.setdefault("HF_HUB_DISABLE_XET", "1")
os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")

import time
import types

import pytest

from .hubs import artifact, cache, hub, local, saved, server, transformer  # noqa: F401  (fixtures)


@pytest.fixture
def impatient(monkeypatch):
    """The client's retries without their waits of 1, 2, 4, 8 and 8 seconds, which no setting shortens."""
    from huggingface_hub import file_download
    from huggingface_hub.utils import _http

    clock = types.SimpleNamespace(**{**vars(time), "sleep": lambda seconds: None})
    for module in (file_download, _http):
        monkeypatch.setattr(module, "time", clock)


@pytest.fixture
def point_to(monkeypatch):
    """Makes a client without an endpoint talk to the given URL, as `HF_ENDPOINT` does when it is set before import."""
    from huggingface_hub import constants

    def point(url):
        monkeypatch.setattr(constants, "ENDPOINT", url)
        monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", url + "/{repo_id}/resolve/{revision}/{filename}")

    return point
