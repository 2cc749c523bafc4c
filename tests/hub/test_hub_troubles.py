"""A hub that stumbles, lies or is gone, and several who pull at once or are killed: whole artifacts or clear errors."""

import math
import os
import subprocess
import sys
import time

import huggingface_hub
import numpy as np
import pytest
from huggingface_hub import constants

import kinv
from kinv.models import InvariantTransformer

from .hub_server import HubServer

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
    with pytest.raises(kinv.ArtifactError, match="returned HTTP 503"):
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
    with pytest.raises(kinv.ArtifactError, match="permission denied"):
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
    with pytest.raises(kinv.ArtifactError, match="unreachable"):
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


@pytest.mark.long
def test_a_pull_killed_at_any_moment_leaves_the_old_artifact_or_the_new(local, artifact, cache, tmp_path):
    handle, _ = local.push(artifact, saved_model=False)
    folder = kinv.pull(handle, tmp_path / "mine", token=local.token, cache_dir=cache)
    kinv.save(InvariantTransformer(family="paper", hidden_units=(3,)), artifact, saved_model=False)
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
