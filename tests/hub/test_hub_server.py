"""The test Hub, driven by the real client: what `push` and `pull` will rely on is there, and goes wrong to order."""

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pytest
from huggingface_hub import CommitOperationAdd, CommitOperationDelete, HfApi, constants
from huggingface_hub.errors import (
    HfHubHTTPError,
    LocalEntryNotFoundError,
    RemoteEntryNotFoundError,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)

from .hub_server import HubServer

ROOT = Path(__file__).parents[2]
WEIGHTS = bytes(range(256)) * 80
README = b"---\nlibrary_name: keras\npipeline_tag: image-feature-extraction\ntags: [kinv, digits]\n---\n# A model\n"
FILES = {"README.md": README, "config.json": b"{}\n", "model.weights.h5": WEIGHTS, "saved_model/variables/x": b"1"}


@pytest.fixture
def server():
    assert constants.HF_HUB_DISABLE_XET, "huggingface_hub was imported before conftest.py could switch Xet off"
    with HubServer(tokens={"alice-token": ["alice", "lab"], "bob-token": ["bob"]}) as server:
        yield server


@pytest.fixture
def alice(server):
    return HfApi(endpoint=server.url, token="alice-token")


@pytest.fixture
def bob(server):
    return HfApi(endpoint=server.url, token="bob-token")


@pytest.fixture
def anyone(server):
    return HfApi(endpoint=server.url, token=False)


def push(api, name="lab/model", files=FILES, private=False, **options):
    api.create_repo(name, private=private, exist_ok=True)
    operations = [CommitOperationAdd(path, content) for path, content in files.items()]
    return api.create_commit(name, operations, commit_message="Add files", **options)


def contents(folder):
    folder = Path(folder)
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_a_pushed_folder_comes_back_at_its_commit_and_at_its_tag(server, alice, anyone, tmp_path):
    for path, content in FILES.items():
        (tmp_path / "local" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "local" / path).write_bytes(content)
    assert alice.create_repo("lab/model").repo_id == "lab/model"
    commit = alice.upload_folder(repo_id="lab/model", folder_path=tmp_path / "local")
    alice.create_tag("lab/model", tag="v1")
    later = push(alice, files={"model.weights.h5": WEIGHTS[::-1]})
    alice.create_commit("lab/model", [CommitOperationDelete("saved_model/")], commit_message="Leaner")
    for number, revision in enumerate((commit.oid, "v1", later.oid, None)):
        pulled = contents(anyone.snapshot_download("lab/model", revision=revision, cache_dir=tmp_path / str(number)))
        assert pulled.pop(".gitattributes")
        expected = FILES if number < 2 else {**FILES, "model.weights.h5": WEIGHTS[::-1]}
        assert pulled == {path: data for path, data in expected.items() if number < 3 or "saved" not in path}
    assert [ref.target_commit for ref in anyone.list_repo_refs("lab/model").tags] == [commit.oid]
    assert [c.title for c in anyone.list_repo_commits("lab/model")][-1] == "initial commit"
    puts = [request.path for request in server.requests if request.method == "PUT"]
    assert len(puts) == 3 and all("hf_hub/" in r.user_agent for r in server.requests if r.method == "HEAD")
    push(alice, "lab/twin")
    assert [request.path for request in server.requests if request.method == "PUT"] == puts


def test_ids_are_those_of_git_and_lfs(alice):
    push(alice)
    tree = {entry.path: entry for entry in alice.list_repo_tree("lab/model", recursive=True)}
    assert tree["config.json"].blob_id == "0967ef424bce6791893e9a57bb952f80fd536e93"  # git hash-object
    weights = tree["model.weights.h5"]
    assert (weights.size, weights.lfs.sha256) == (len(WEIGHTS), hashlib.sha256(WEIGHTS).hexdigest())
    assert weights.lfs.pointer_size == len(f"{'x' * 43}oid sha256:{'0' * 64}\nsize {len(WEIGHTS)}\n")
    assert {entry.path for entry in alice.list_repo_tree("lab/model", "saved_model")} == {"saved_model/variables"}
    [one] = alice.get_paths_info("lab/model", ["config.json", "nowhere"])
    assert one == tree["config.json"]
    info = alice.model_info("lab/model", files_metadata=True)
    assert {s.rfilename: s.blob_id for s in info.siblings} == {
        path: entry.blob_id for path, entry in tree.items() if hasattr(entry, "blob_id")
    }
    assert (info.library_name, info.card_data.tags, info.private) == ("keras", ["kinv", "digits"], False)


def test_who_may_do_what(alice, bob, anyone, tmp_path):
    push(alice, private=True)
    assert alice.whoami()["orgs"][0]["name"] == "lab" and alice.model_info("lab/model").private
    assert contents(alice.snapshot_download("lab/model", cache_dir=tmp_path / "alice"))["config.json"] == b"{}\n"
    for outsider in (bob, anyone):
        with pytest.raises(RepositoryNotFoundError):
            outsider.snapshot_download("lab/model", cache_dir=tmp_path / "outsider")
    for api, status in ((bob, 403), (anyone, 401), (HfApi(endpoint=alice.endpoint, token="made up"), 401)):
        with pytest.raises(HfHubHTTPError) as refusal:
            api.create_repo("lab/other")
        assert refusal.value.response.status_code == status
    alice.create_repo("lab/public")
    with pytest.raises(HfHubHTTPError, match="don't have the rights"):
        push_only = [CommitOperationAdd("a.txt", b"a")]
        bob.create_commit("lab/public", push_only, commit_message="Intrude")
    with pytest.raises(HfHubHTTPError, match="already created"):
        alice.create_repo("lab/public")
    with pytest.raises(RevisionNotFoundError):
        anyone.snapshot_download("lab/public", revision="v9", cache_dir=tmp_path / "anyone")
    with pytest.raises(RemoteEntryNotFoundError):
        anyone.hf_hub_download("lab/public", "nowhere.h5", cache_dir=tmp_path / "anyone")


def test_a_commit_on_a_stale_parent_is_refused_and_a_pull_request_leaves_main_alone(alice, bob):
    first = push(alice)
    second = push(alice, files={"config.json": b"[]"}, parent_commit=first.oid)
    with pytest.raises(HfHubHTTPError, match="A commit has happened since") as refusal:
        push(alice, files={"config.json": b"1"}, parent_commit=first.oid)
    assert refusal.value.response.status_code == 412
    proposal = bob.create_commit(
        "lab/model", [CommitOperationAdd("new.h5", b"new")], commit_message="Propose", create_pr=True
    )
    assert (proposal.pr_revision, proposal.pr_num) == ("refs/pr/1", 1)
    assert alice.model_info("lab/model").sha == second.oid
    assert alice.model_info("lab/model", revision="refs/pr/1").sha == proposal.oid
    assert push(alice, files={"config.json": b"[]"}).oid == second.oid  # unchanged files are not committed again
    assert alice.list_repo_refs("lab/model", include_pull_requests=True).pull_requests[0].ref == "refs/pr/1"


@pytest.mark.parametrize("card", [b"---\ntags: [kinv\n---\n", b"---\n- kinv\n---\n", b"---\ntags: kinv\n---\n"])
def test_a_card_whose_front_matter_is_wrong_is_refused(alice, card):
    with pytest.raises(ValueError, match=r"Invalid metadata in README\.md"):
        push(alice, files={"README.md": card})


def test_models_are_listed_by_author_and_tags(alice, anyone):
    push(alice)
    push(alice, "lab/secret", private=True)
    push(alice, "alice/other", files={"config.json": b"{}"})
    assert [model.id for model in anyone.list_models(author="lab")] == ["lab/model"]
    assert {model.id for model in alice.list_models(author="lab", filter=["kinv", "keras"])} == {
        "lab/model",
        "lab/secret",
    }
    assert not list(anyone.list_models(filter="faces")) and len(list(anyone.list_models())) == 2
    [full] = anyone.list_models(filter="kinv", full=True)
    assert full.sha == anyone.model_info("lab/model").sha and len(full.siblings) == 5


def test_a_client_without_an_endpoint_can_be_pointed_at_the_server(server, alice, tmp_path, point_to, monkeypatch):
    push(alice, private=True)
    point_to(server.url)
    monkeypatch.setenv("HF_TOKEN", "alice-token")
    assert contents(HfApi().snapshot_download("lab/model", cache_dir=tmp_path))["model.weights.h5"] == WEIGHTS


def test_a_dropped_download_resumes_and_errors_are_retried(server, alice, tmp_path, monkeypatch, impatient):
    push(alice)
    monkeypatch.setattr(constants, "DOWNLOAD_CHUNK_SIZE", 1000)
    cut = server.faults.drop("/resolve/.*weights", after=5500, times=2)
    failed = server.faults.fail("HEAD .*/resolve/", status=503, times=2)
    path = alice.hf_hub_download("lab/model", "model.weights.h5", cache_dir=tmp_path)
    assert Path(path).read_bytes() == WEIGHTS and (cut.hits, failed.hits) == (2, 2)
    gets = [request.headers.get("range") for request in server.requests if request.method == "GET"]
    assert gets == [None, "bytes=5000-", "bytes=10000-"]


def test_what_the_client_notices_and_what_it_does_not(server, alice, tmp_path, impatient):
    push(alice)
    forged = server.faults.serve("weights", WEIGHTS[::-1])
    path = alice.hf_hub_download("lab/model", "model.weights.h5", cache_dir=tmp_path / "forged")
    assert Path(path).read_bytes() == WEIGHTS[::-1] and forged.hits
    server.faults.clear()
    server.faults.truncate("weights|config", 2)
    with pytest.raises(OSError, match="Consistency check failed"):
        alice.hf_hub_download("lab/model", "model.weights.h5", cache_dir=tmp_path / "short")
    assert Path(alice.hf_hub_download("lab/model", "config.json", cache_dir=tmp_path / "short")).read_bytes() == b"{}"
    server.faults.clear()
    server.faults.slow("/resolve/", bytes_per_second=200_000)
    assert contents(alice.snapshot_download("lab/model", cache_dir=tmp_path / "slow"))["model.weights.h5"] == WEIGHTS
    lost = server.faults.drop("/commit/main")
    with pytest.raises(Exception, match="peer closed connection"):
        push(alice, files={"config.json": b"[]"})
    assert lost.hits == 1 and alice.hf_hub_download("lab/model", "config.json", cache_dir=tmp_path / "after")
    server.stop()
    with pytest.raises(LocalEntryNotFoundError):
        alice.snapshot_download("lab/model", cache_dir=tmp_path / "none")


@pytest.mark.release
def test_the_tests_of_the_real_hub_run_on_this_one(server, tmp_path):
    """They need a token that few have: so that they do not rot, the server stands for the hub that they ask for."""
    environment = {
        **os.environ,
        "HF_ENDPOINT": server.url,
        "HF_HOME": str(tmp_path / "home"),
        "HF_HUB_DISABLE_XET": "1",
        "KINV_TEST_HUB_TOKEN": "alice-token",
    }
    tests = [str(Path(__file__).with_name("test_push_and_pull.py")), "-k", "real", "-p", "no:cacheprovider"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *tests], env=environment, cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert " passed" in done.stdout and "skipped" not in done.stdout
    assert not list(HfApi(server.url, token="alice-token").list_models(author="alice"))  # all deleted again
