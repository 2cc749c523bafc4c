"""Hubs to test with: the server beside this file, and the real one where there is a token for it."""

import os
import shutil
import uuid

import huggingface_hub
import pytest
from huggingface_hub import HfApi, constants

import kinv
from kinv.hub import client
from kinv.models import InvariantTransformer

from .hub_server import HubServer

CARD = "---\nlicense: apache-2.0\nlibrary_name: kinv\ntags: [kinv]\n---\n# A test\n"


class Hub:
    """A hub to test with: where it is, who may write, and a fresh name in it."""

    def __init__(self, token, owner, server=None):
        self.token, self.owner, self.server = token, owner, server
        self.api = HfApi(token=token, endpoint=server and server.url)
        self.made = []

    def name(self):
        self.made.append(f"{self.owner}/kinv-test-{uuid.uuid4().hex[:8]}")
        return self.made[-1]

    def push(self, folder, **settings):
        """Pushes to a fresh repository; returns the handle without the commit, and the commit."""
        handle, commit = kinv.push(folder, f"hf://{self.name()}", private=True, token=self.token, **settings).split("@")
        return handle, commit

    def edit_card(self, handle, text):
        operation = huggingface_hub.CommitOperationAdd("README.md", text.encode())
        return self.api.create_commit(handle.removeprefix("hf://"), [operation], commit_message="edited").oid

    def clean(self):
        for name in self.made:
            self.api.delete_repo(name, missing_ok=True)


@pytest.fixture
def server(monkeypatch, point_to, impatient):
    with HubServer(tokens={"secret": ["alice", "lab"], "other": ["bob"]}) as server:
        point_to(server.url)
        monkeypatch.setattr(client, "WAITS", (0, 0, 0))
        monkeypatch.setattr(constants, "HF_HUB_DISABLE_PROGRESS_BARS", True)
        yield server


@pytest.fixture
def local(server):
    return Hub("secret", "lab", server)


@pytest.fixture(params=["local", "real"])
def hub(request):
    if request.param == "local":
        yield request.getfixturevalue("local")
        return
    token = os.environ.get("KINV_TEST_HUB_TOKEN")
    if not token:
        pytest.skip("needs KINV_TEST_HUB_TOKEN")
    hub = Hub(token, HfApi(token=token).whoami()["name"])
    yield hub
    hub.clean()


@pytest.fixture(scope="module")
def transformer():
    return InvariantTransformer(family="paper", hidden_units=(4,), seed=3)


@pytest.fixture(scope="module")
def saved(transformer, tmp_path_factory):
    folder = tmp_path_factory.mktemp("hub") / "itn_test"
    metadata = {"name": "itn_test", "metrics": {"kept": 0.5}}
    return kinv.save(transformer, folder, metadata, card=lambda _: CARD, saved_model=False)


@pytest.fixture
def artifact(saved, tmp_path):
    return shutil.copytree(saved, tmp_path / "itn_test")


@pytest.fixture
def cache(tmp_path):
    return tmp_path / "cache"
