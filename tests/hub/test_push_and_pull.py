"""Artifacts on a hub, with the hub's own client, against a server that speaks its protocol.

With KINV_TEST_HUB_TOKEN the tests without ordered troubles run against the real hub too, in private repositories of
the token's user, which are deleted afterwards.
"""

import json
import math
import os
import shutil
import subprocess
import sys
import time
import uuid

import huggingface_hub
import numpy as np
import pytest
from huggingface_hub import HfApi, constants

import kinv
from kinv.artifact_folders import artifact_folders
from kinv.hub import connection
from kinv.hub.manifest import read_manifest
from kinv.models import InvariantTransformer, RestrictedBoltzmannMachine

from .hub_server import HubServer

CARD = "---\nlicense: apache-2.0\nlibrary_name: kinv\ntags: [kinv]\n---\n# {name}\n\nA test.\n"


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
        monkeypatch.setattr(connection, "WAITS", (0, 0, 0))
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
    return InvariantTransformer(hidden_units=(4,), seed=3)


@pytest.fixture(scope="module")
def saved(transformer, tmp_path_factory):
    folder = tmp_path_factory.mktemp("hub") / "itn_test"
    return kinv.save(transformer, folder, {"name": "itn_test", "metrics": {"kept": 0.5}}, card=CARD, saved_model=False)


@pytest.fixture
def artifact(saved, tmp_path):
    return shutil.copytree(saved, tmp_path / "itn_test")


@pytest.fixture
def cache(tmp_path):
    return tmp_path / "cache"


# === Push, pull, load ===


def test_what_is_pushed_is_what_is_loaded(hub, artifact, cache, transformer, images):
    handle, commit = hub.push(artifact, saved_model=False)
    again = kinv.load(handle, token=hub.token, cache_dir=cache)
    np.testing.assert_array_equal(again.augment(images, 5), transformer.augment(images, 5))
    pulled = kinv.pull(f"{handle}@{commit}", token=hub.token, cache_dir=cache)
    assert pulled.name == commit
    for name in (*read_manifest(artifact), "manifest.json"):
        assert (pulled / name).read_bytes() == (artifact / name).read_bytes(), name


def test_large_files_go_through_lfs_and_the_config_is_at_the_root(hub, artifact):
    handle, _ = hub.push(artifact, saved_model=False)
    files = {file.path: file for file in hub.api.list_repo_tree(handle.removeprefix("hf://"), recursive=True)}
    assert files["model.weights.h5"].lfs is not None and files["config.json"].lfs is None


def test_a_push_adds_the_saved_model_that_is_missing(local, artifact, cache):
    handle, _ = local.push(artifact)
    pulled = kinv.pull(handle, token=local.token, cache_dir=cache)
    assert (pulled / "saved_model" / "saved_model.pb").is_file()
    assert not (artifact / "saved_model").exists()
    kinv.verify(pulled)


def test_revisions_are_pinned(hub, artifact, cache, images):
    handle, first = hub.push(artifact, saved_model=False, tag="v1")
    kinv.save(InvariantTransformer(hidden_units=(3,), seed=8), artifact, saved_model=False)
    second = kinv.push(artifact, handle, token=hub.token, saved_model=False).split("@")[1]
    assert first != second
    for asked, commit in ((None, second), ("main", second), ("v1", first), (first, first)):
        assert kinv.pull(handle, revision=asked, token=hub.token, cache_dir=cache).name == commit
    assert kinv.load(f"{handle}@v1", token=hub.token, cache_dir=cache).get_config()["hidden_units"] == [4]
    assert kinv.load(handle, token=hub.token, cache_dir=cache).get_config()["hidden_units"] == [3]
    with pytest.raises(kinv.ArtifactError, match="no such branch, tag or commit"):
        kinv.pull(f"{handle}@v9", token=hub.token, cache_dir=cache)
    # figures and cards of the first version are gone, as the second has none
    assert not (kinv.pull(handle, token=hub.token, cache_dir=cache) / "figures").exists()


def test_a_pull_into_a_folder_is_an_artifact_that_knows_its_commit(hub, artifact, cache, tmp_path):
    handle, commit = hub.push(artifact, saved_model=False, tag="v1")
    folder = kinv.pull(f"{handle}@v1", tmp_path / "mine", token=hub.token, cache_dir=cache)
    origin = json.loads((folder / "origin.json").read_text())
    assert origin == {"repository": handle.removeprefix("hf://"), "revision": "v1", "commit": commit}
    assert not any(path.is_symlink() for path in folder.rglob("*"))
    kinv.verify(folder)
    again = kinv.push(folder, handle, token=hub.token, saved_model=False)
    assert "origin.json" not in hub.api.list_repo_files(handle.removeprefix("hf://"), revision=again.split("@")[1])


def test_a_private_repository_needs_a_token(hub, artifact, cache):
    handle, _ = hub.push(artifact, saved_model=False)
    with pytest.raises(kinv.ArtifactError, match="private and your token may not read it"):
        kinv.pull(handle, token=False, cache_dir=cache)
    kinv.pull(handle, token=hub.token, cache_dir=cache)


def test_an_edited_card_stays_and_can_be_pulled(hub, artifact, cache, tmp_path, capsys):
    handle, _ = hub.push(artifact, saved_model=False)
    hub.edit_card(handle, "# Mine\n\nWritten by hand.\n")
    kinv.save(InvariantTransformer(hidden_units=(3,)), artifact, {"name": "n"}, card=CARD, saved_model=False)
    for _ in range(2):  # also after a push that kept it
        kinv.push(artifact, handle, token=hub.token, saved_model=False)
        assert "stays as it is" in capsys.readouterr().out
        pulled = kinv.pull(handle, token=hub.token, cache_dir=cache)
        assert "by hand" in (pulled / "README.md").read_text()
    folder = kinv.pull(handle, tmp_path / "mine", token=hub.token, cache_dir=cache)
    kinv.verify(folder)  # whole, with the card as it was on the hub
    assert kinv.load(folder).get_config()["hidden_units"] == [3]
    commit = kinv.push(artifact, handle, token=hub.token, saved_model=False, overwrite_card=True).split("@")[1]
    pulled = kinv.pull(handle, revision=commit, token=hub.token, cache_dir=cache)
    assert (pulled / "README.md").read_bytes() == (artifact / "README.md").read_bytes()


def test_two_pushes_at_once_do_not_overwrite_each_other(hub, artifact, monkeypatch):
    handle, _ = hub.push(artifact, saved_model=False)
    create_commit = HfApi.create_commit

    def late(self, *arguments, **settings):
        monkeypatch.setattr(HfApi, "create_commit", create_commit)
        hub.edit_card(handle, "# Faster\n")  # somebody else's commit, since we looked
        return create_commit(self, *arguments, **settings)

    kinv.save(InvariantTransformer(hidden_units=(3,)), artifact, saved_model=False)
    monkeypatch.setattr(HfApi, "create_commit", late)
    with pytest.raises(kinv.ArtifactError, match="at the same time"):
        kinv.push(artifact, handle, token=hub.token, saved_model=False)
    kinv.push(artifact, handle, token=hub.token, saved_model=False)


def test_a_pull_request_leaves_the_branch_alone(hub, artifact, cache):
    handle, first = hub.push(artifact, saved_model=False)
    kinv.save(InvariantTransformer(hidden_units=(3,)), artifact, saved_model=False)
    proposed = kinv.push(artifact, handle, token=hub.token, saved_model=False, create_pr=True)
    assert kinv.pull(handle, token=hub.token, cache_dir=cache).name == first
    assert kinv.load(proposed, token=hub.token, cache_dir=cache).get_config()["hidden_units"] == [3]
    with pytest.raises(ValueError, match="pull request"):
        kinv.push(artifact, handle, token=hub.token, create_pr=True, tag="v1")


def test_what_does_not_verify_is_not_pushed(local, artifact):
    (artifact / "config.json").write_text("{}")
    with pytest.raises(kinv.ArtifactError, match="damaged"):
        local.push(artifact)
    assert not local.server.requests  # not even asked


def test_another_repository_is_left_alone(hub, artifact, cache):
    name = hub.name()
    hub.api.create_repo(name, private=True)
    hub.api.upload_file(path_or_fileobj=b"{}", path_in_repo="model.safetensors.index.json", repo_id=name)
    with pytest.raises(kinv.ArtifactError, match="something else"):
        kinv.push(artifact, f"hf://{name}", token=hub.token, saved_model=False)
    with pytest.raises(kinv.ArtifactError, match="no manifest"):
        kinv.pull(f"hf://{name}", token=hub.token, cache_dir=cache)


def test_rights_and_names_are_said_clearly(local, artifact, cache):
    with pytest.raises(kinv.ArtifactError, match="may not do that"):
        kinv.push(artifact, "hf://lab/new", token="other", saved_model=False)
    with pytest.raises(kinv.ArtifactError, match="HF_TOKEN"):
        kinv.push(artifact, "hf://lab/new", token="wrong", saved_model=False)
    with pytest.raises(kinv.ArtifactError, match="no such repository"):
        kinv.pull("hf://lab/none", cache_dir=cache)
    for name in ("hf://lab", "hf://../x", "hf://lab/../x", "hf://lab/x@", "hf://lab/x@../y", "hf://lab/x/y", "lab/x"):
        with pytest.raises(kinv.ArtifactError, match="hf://organisation/name"):
            kinv.pull(name, cache_dir=cache)
    with pytest.raises(kinv.ArtifactError, match="two revisions"):
        kinv.pull("hf://lab/x@v1", revision="v2", cache_dir=cache)


def test_the_hub_takes_every_card(hub):
    """What the hub says of the fields, which is no more here than their form; the real one knows its own lists."""
    folders = [path.parent for shelf in artifact_folders() for path in shelf.glob("*/README.md")]
    assert len(folders) >= 13
    for folder in folders:
        huggingface_hub.ModelCard((folder / "README.md").read_text(encoding="utf-8")).validate()
    with pytest.raises(ValueError):
        huggingface_hub.ModelCard("---\npipeline_tag: [a]\n---\n# x\n").validate()


# === Troubles ===


def test_a_download_goes_on_where_it_was_dropped(local, artifact, cache, monkeypatch):
    handle, _ = local.push(artifact, saved_model=False)
    monkeypatch.setattr(constants, "DOWNLOAD_CHUNK_SIZE", 1000)  # it keeps what it has in such steps
    local.server.faults.drop("GET .*model.weights.h5", after=5000, times=2)
    kinv.load(handle, token=local.token, cache_dir=cache)
    ranges = [r.headers.get("range") for r in local.server.requests if "weights.h5" in r.path and r.method == "GET"]
    assert any(value and value != "bytes=0-" for value in ranges)


def test_a_killed_download_goes_on(local, artifact, cache):
    handle, _ = local.push(artifact, saved_model=False)
    local.server.faults.drop("GET .*model.weights.h5", after=5000, times=math.inf)
    with pytest.raises(kinv.ArtifactError):
        kinv.load(handle, token=local.token, cache_dir=cache)
    local.server.faults.clear()
    kinv.load(handle, token=local.token, cache_dir=cache)


@pytest.mark.parametrize("path", ["GET .*/resolve/.*weights", "GET /api/models", "GET .*manifest.json"])
def test_a_hub_that_stumbles_is_asked_again(local, artifact, cache, path):
    handle, _ = local.push(artifact, saved_model=False)
    fault = local.server.faults.fail(path, status=503, times=2)
    kinv.load(handle, token=local.token, cache_dir=cache)
    assert fault.hits == 2


def test_a_hub_that_does_not_stand_up_again_is_an_error(local, artifact, cache):
    handle, _ = local.push(artifact, saved_model=False)
    local.server.faults.fail("GET .*manifest.json", status=503, times=math.inf)
    with pytest.raises(kinv.ArtifactError, match="answered 503"):
        kinv.load(handle, token=local.token, cache_dir=cache)


def test_a_line_that_is_cut_is_taken_up_again(local, artifact, cache):
    handle, _ = local.push(artifact, saved_model=False)
    fault = local.server.faults.drop("GET .*model.weights.h5", after=5000, times=1, reset=True)
    kinv.load(handle, token=local.token, cache_dir=cache)
    assert fault.hits == 1


def test_a_push_whose_answer_is_lost_can_be_done_again(local, artifact, cache):
    name = local.name()
    local.server.faults.drop("POST .*/commit/", times=1)
    with pytest.raises(kinv.ArtifactError):
        kinv.push(artifact, f"hf://{name}", token=local.token, saved_model=False)
    kinv.load(kinv.push(artifact, f"hf://{name}", token=local.token, saved_model=False), cache_dir=cache)


def test_an_upload_that_fails_says_why(local, artifact):
    local.server.faults.fail("POST .*/info/lfs", status=403, times=math.inf)
    with pytest.raises(kinv.ArtifactError, match="may not do that"):
        local.push(artifact, saved_model=False)


def test_a_slow_hub_is_waited_for(local, artifact, cache):
    handle, _ = local.push(artifact, saved_model=False)
    local.server.faults.slow("GET", seconds=0.2)
    kinv.load(handle, token=local.token, cache_dir=cache)


def test_other_bytes_of_the_same_size_are_thrown_away(local, artifact, cache):
    handle, _ = local.push(artifact, saved_model=False)
    weights = bytearray((artifact / "model.weights.h5").read_bytes())
    weights[-1] ^= 1
    local.server.faults.serve("GET .*model.weights.h5", bytes(weights))
    with pytest.raises(kinv.ArtifactError, match="damaged"):
        kinv.load(handle, token=local.token, cache_dir=cache)
    assert not list(cache.glob("models--*/snapshots/*/model.weights.h5"))  # or it would stay for ever
    local.server.faults.clear()
    kinv.load(handle, token=local.token, cache_dir=cache)


def test_other_bytes_once_are_fetched_again(local, artifact, cache):
    handle, _ = local.push(artifact, saved_model=False)
    config = (artifact / "config.json").read_bytes()
    local.server.faults.serve("GET .*config.json", config.replace(b"4", b"5"), times=1)
    assert kinv.load(handle, token=local.token, cache_dir=cache).get_config()["hidden_units"] == [4]


def test_a_truncated_file_is_refused(local, artifact, cache):
    handle, _ = local.push(artifact, saved_model=False)
    local.server.faults.truncate("GET .*model.weights.h5", 100)
    with pytest.raises(kinv.ArtifactError):
        kinv.load(handle, token=local.token, cache_dir=cache)
    local.server.faults.clear()
    kinv.load(handle, token=local.token, cache_dir=cache)


def test_a_file_that_is_larger_than_promised_is_not_downloaded(local, artifact, cache):
    handle, _ = local.push(artifact, saved_model=False)
    operation = huggingface_hub.CommitOperationAdd("figures/x.png", bytes(1000))
    local.api.create_commit(handle.removeprefix("hf://"), [operation], commit_message="extra")
    assert not (kinv.pull(handle, token=local.token, cache_dir=cache) / "figures").exists()  # not in the manifest
    operation = huggingface_hub.CommitOperationAdd("config.json", bytes(100_000))
    local.api.create_commit(handle.removeprefix("hf://"), [operation], commit_message="large")
    with pytest.raises(kinv.ArtifactError, match="its manifest says"):
        kinv.pull(handle, token=local.token, cache_dir=cache)
    local.api.delete_file("config.json", handle.removeprefix("hf://"))
    with pytest.raises(kinv.ArtifactError, match="missing on the hub"):
        kinv.pull(handle, token=local.token, cache_dir=cache)


def test_a_hub_that_is_gone_is_replaced_by_the_cache(local, artifact, cache, images, transformer, caplog):
    handle, commit = local.push(artifact, saved_model=False, tag="v1")
    kinv.pull(f"{handle}@v1", token=local.token, cache_dir=cache)
    local.server.stop()
    begun = time.monotonic()
    for asked in (f"{handle}@v1", f"{handle}@{commit}", handle.split("/")[-1]):
        np.testing.assert_array_equal(
            kinv.load(asked, token=local.token, cache_dir=cache).augment(images, 1), transformer.augment(images, 1)
        )
    assert "Could not reach the Hub" in caplog.text and "Using cached" in caplog.text  # said, not silent
    with pytest.raises(kinv.ArtifactError, match="can't be reached"):
        kinv.load("hf://lab/other", token=local.token, cache_dir=cache)
    with pytest.raises(kinv.ArtifactError):
        kinv.push(artifact, handle, token=local.token, saved_model=False)
    assert time.monotonic() - begun < 10


def test_an_error_comes_soon_without_any_patience_taken_away(artifact, tmp_path):
    """A process of its own, whose retries wait as they do for everybody."""
    with HubServer(tokens={}) as gone:
        url = gone.url
    settings = {**os.environ, "HF_ENDPOINT": url, "HF_HUB_CACHE": str(tmp_path / "cache"), "HF_TOKEN": ""}
    code = (
        "import time, kinv.hub; begun = time.monotonic()\n"
        "for ask in (lambda: kinv.hub.pull('hf://lab/x'), lambda: kinv.hub.pull('hf://lab/x@' + 40 * 'a'), "
        "lambda: kinv.hub.push('itn_test', 'hf://lab/x', saved_model=False, token='secret')):\n"
        "    try: ask()\n"
        "    except kinv.hub.ArtifactError as error: print(round(time.monotonic() - begun), error)\n"
        "    begun = time.monotonic()\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, env=settings, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    seconds = [int(line.split()[0]) for line in done.stdout.splitlines()]
    assert len(seconds) == 3 and max(seconds) < 10, done.stdout


def test_offline_means_offline(local, artifact, cache, monkeypatch):
    handle, commit = local.push(artifact, saved_model=False, tag="v1")
    kinv.pull(f"{handle}@v1", token=local.token, cache_dir=cache)
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    huggingface_hub.close_session()  # the client reads it when it opens one
    try:
        asked = len(local.server.requests)
        assert kinv.pull(f"{handle}@v1", cache_dir=cache).name == commit
        assert kinv.pull(f"{handle}@{commit}", cache_dir=cache).name == commit
        with pytest.raises(kinv.ArtifactError, match="HF_HUB_OFFLINE"):
            kinv.pull("hf://lab/other", cache_dir=cache)
        assert len(local.server.requests) == asked
    finally:
        monkeypatch.undo()
        huggingface_hub.close_session()


def test_a_pinned_artifact_in_the_cache_needs_no_hub(local, artifact, cache):
    handle, commit = local.push(artifact, saved_model=False)
    kinv.pull(f"{handle}@{commit}", token=local.token, cache_dir=cache)
    asked = len(local.server.requests)
    kinv.load(f"{handle}@{commit}", token=local.token, cache_dir=cache)
    assert len(local.server.requests) == asked


def test_a_damaged_cache_is_mended(local, artifact, cache):
    handle, commit = local.push(artifact, saved_model=False)
    pulled = kinv.pull(handle, token=local.token, cache_dir=cache)
    path = (pulled / "model.weights.h5").resolve()
    path.write_bytes(path.read_bytes()[:-1] + b"\0x"[:1])
    assert kinv.pull(f"{handle}@{commit}", token=local.token, cache_dir=cache) == pulled
    kinv.verify(pulled)


def test_links_out_of_the_cache_are_refused(local, artifact, cache, tmp_path):
    handle, _ = local.push(artifact, saved_model=False)
    pulled = kinv.pull(handle, token=local.token, cache_dir=cache)
    outside = tmp_path / "outside"
    outside.write_bytes((pulled / "config.json").read_bytes())
    (pulled / "config.json").unlink()
    (pulled / "config.json").symlink_to(outside)
    with pytest.raises(kinv.ArtifactError, match="link"):
        kinv.load(pulled)


# === Finding ===


def test_names_of_pulled_artifacts_are_enough(local, artifact, cache):
    handle, _ = local.push(artifact, saved_model=False)
    name = handle.split("/")[-1]
    with pytest.raises(kinv.ArtifactError, match=f"No artifact '{name}'"):
        kinv.load(name, cache_dir=cache)
    kinv.pull(handle, token=local.token, cache_dir=cache)
    assert kinv.load(name, cache_dir=cache).get_config()["hidden_units"] == [4]
    kinv.push(artifact, f"hf://alice/{name}", token=local.token, saved_model=False)
    kinv.pull(f"hf://alice/{name}", token=local.token, cache_dir=cache)
    with pytest.raises(kinv.ArtifactError, match=r"more than once: hf://alice/.*hf://lab/"):
        kinv.load(name, cache_dir=cache)


def test_the_command_line_pushes_lists_shows_and_pulls(local, artifact, cache, capsys, monkeypatch, tmp_path):
    from kinv import cli

    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setenv("HF_TOKEN", local.token)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(cache))
    cli.main(["push", "itn_test", "hf://lab/itn_test", "--no-saved-model", "--tag", "v1"])
    assert "Pushed: hf://lab/itn_test@" in capsys.readouterr().out
    cli.main(["list", "--remote", "lab"])
    assert "hf://lab/itn_test" in capsys.readouterr().out
    cli.main(["pull", "hf://lab/itn_test@v1"])
    assert "is commit" in capsys.readouterr().out
    cli.main(["list"])
    assert "hf://lab/itn_test" in capsys.readouterr().out
    cli.main(["pull", "hf://lab/itn_test@v1", "mine"])
    capsys.readouterr()
    cli.main(["show", "mine"])
    shown = capsys.readouterr().out
    assert "from hf://lab/itn_test@" in shown and "kept" in shown and "augment" in shown
    with pytest.raises(SystemExit, match="no such repository"):
        cli.main(["pull", "hf://lab/none"])
    with pytest.raises(SystemExit, match="itn_tset"):
        cli.main(["push", "itn_tset", "hf://lab/itn_test"])


def test_another_class_replaces_the_model(local, artifact, cache):
    handle, _ = local.push(artifact, saved_model=False)
    machine = RestrictedBoltzmannMachine(4, 3)
    kinv.save(machine, artifact, saved_model=False)
    kinv.push(artifact, handle, token=local.token, saved_model=False)
    loaded = kinv.load(handle, token=local.token, cache_dir=cache)
    np.testing.assert_array_equal(loaded.get_weights()[0], machine.get_weights()[0])


# === Several at once, and killed ===

PULL = "import sys, kinv.hub; kinv.hub.pull(sys.argv[1], sys.argv[2] or None)"


def pulling(url, cache, *arguments):
    """A process that pulls."""
    settings = {**os.environ, "HF_ENDPOINT": url, "HF_HUB_CACHE": str(cache), "HF_TOKEN": "secret"}
    return subprocess.Popen([sys.executable, "-c", PULL, *map(str, arguments)], env=settings, stderr=subprocess.PIPE)


def test_two_processes_pull_into_one_cache_and_one_folder(local, artifact, cache, tmp_path):
    handle, _ = local.push(artifact, saved_model=False)
    local.server.faults.slow("GET .*model.weights.h5", seconds=0.3)  # so that they meet
    processes = [pulling(local.server.url, cache, handle, tmp_path / "mine") for _ in range(3)]
    errors = [process.communicate()[1] for process in processes]
    assert [process.returncode for process in processes] == [0, 0, 0], errors
    kinv.verify(tmp_path / "mine")
    assert {path.name for path in tmp_path.iterdir()} <= {"mine", "cache", "itn_test"}


def test_a_pull_killed_at_any_moment_leaves_the_old_artifact_or_the_new(local, artifact, cache, tmp_path):
    handle, _ = local.push(artifact, saved_model=False)
    folder = kinv.pull(handle, tmp_path / "mine", token=local.token, cache_dir=cache)
    kinv.save(InvariantTransformer(hidden_units=(3,)), artifact, saved_model=False)
    kinv.push(artifact, handle, token=local.token, saved_model=False)
    local.server.faults.slow("/resolve/", seconds=0.05)
    random = np.random.default_rng(0)
    for attempt in range(8):
        process = pulling(local.server.url, tmp_path / f"cache{attempt}", handle, folder)
        time.sleep(0.4 + 0.8 * random.random())
        process.kill()
        process.communicate()
        assert kinv.load(folder).get_config()["hidden_units"] in ([4], [3])
    assert pulling(local.server.url, tmp_path / "cache0", handle, folder).wait() == 0  # goes on with what is there
    assert kinv.load(folder).get_config()["hidden_units"] == [3]
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]
