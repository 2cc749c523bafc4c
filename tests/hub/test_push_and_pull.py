"""Artifacts on a hub, with the hub's own client, against a server that speaks its protocol.

With KINV_TEST_HUB_TOKEN the tests without ordered troubles run against the real hub too, in private repositories of
the token's user, which are deleted afterwards.
"""

import json

import huggingface_hub
import numpy as np
import pytest
from huggingface_hub import HfApi, constants

import kinv
from kinv.artifacts.manifest import read_manifest
from kinv.models import InvariantTransformer, RestrictedBoltzmannMachine
from kinv.places import artifact_folders

from .hubs import CARD

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


@pytest.mark.long
def test_a_push_adds_the_saved_model_that_is_missing(local, artifact, cache):
    handle, _ = local.push(artifact)
    pulled = kinv.pull(handle, token=local.token, cache_dir=cache)
    assert (pulled / "saved_model" / "saved_model.pb").is_file()
    assert not (artifact / "saved_model").exists()
    kinv.verify(pulled)


def test_revisions_are_pinned(hub, artifact, cache, images):
    handle, first = hub.push(artifact, saved_model=False, tag="v1")
    kinv.save(InvariantTransformer(family="paper", hidden_units=(3,), seed=8), artifact, saved_model=False)
    second = kinv.push(artifact, handle, token=hub.token, saved_model=False).split("@")[1]
    assert first != second
    for asked, commit in ((None, second), ("main", second), ("v1", first), (first, first)):
        assert kinv.pull(handle, revision=asked, token=hub.token, cache_dir=cache).name == commit
    assert kinv.load(f"{handle}@v1", token=hub.token, cache_dir=cache).get_config()["hidden_units"] == [4]
    assert kinv.load(handle, token=hub.token, cache_dir=cache).get_config()["hidden_units"] == [3]
    with pytest.raises(kinv.ArtifactError, match="the branch, tag or commit does not exist"):
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
    with pytest.raises(kinv.ArtifactError, match="private and the token can't read it"):
        kinv.pull(handle, token=False, cache_dir=cache)
    kinv.pull(handle, token=hub.token, cache_dir=cache)


def test_an_edited_card_stays_and_can_be_pulled(hub, artifact, cache, tmp_path, capsys):
    handle, _ = hub.push(artifact, saved_model=False)
    hub.edit_card(handle, "# Mine\n\nWritten by hand.\n")
    kinv.save(
        InvariantTransformer(family="paper", hidden_units=(3,)),
        artifact,
        {"name": "n"},
        card=lambda _: CARD,
        saved_model=False,
    )
    for _ in range(2):  # also after a push that kept it
        kinv.push(artifact, handle, token=hub.token, saved_model=False)
        assert "edited on the hub: it is kept" in capsys.readouterr().out
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

    kinv.save(InvariantTransformer(family="paper", hidden_units=(3,)), artifact, saved_model=False)
    monkeypatch.setattr(HfApi, "create_commit", late)
    with pytest.raises(kinv.ArtifactError, match="at the same time"):
        kinv.push(artifact, handle, token=hub.token, saved_model=False)
    kinv.push(artifact, handle, token=hub.token, saved_model=False)


def test_a_pull_request_leaves_the_branch_alone(hub, artifact, cache):
    handle, first = hub.push(artifact, saved_model=False)
    kinv.save(InvariantTransformer(family="paper", hidden_units=(3,)), artifact, saved_model=False)
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
    with pytest.raises(kinv.ArtifactError, match="something other than a kinv artifact"):
        kinv.push(artifact, f"hf://{name}", token=hub.token, saved_model=False)
    with pytest.raises(kinv.ArtifactError, match="no manifest"):
        kinv.pull(f"hf://{name}", token=hub.token, cache_dir=cache)


def test_rights_and_names_are_said_clearly(local, artifact, cache):
    with pytest.raises(kinv.ArtifactError, match="permission denied"):
        kinv.push(artifact, "hf://lab/new", token="other", saved_model=False)
    with pytest.raises(kinv.ArtifactError, match="HF_TOKEN"):
        kinv.push(artifact, "hf://lab/new", token="wrong", saved_model=False)
    with pytest.raises(kinv.ArtifactError, match="the repository does not exist"):
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
    with pytest.raises(SystemExit, match="the repository does not exist"):
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
