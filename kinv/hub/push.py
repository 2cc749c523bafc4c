"""Publishes artifacts on the hub: verified, in one commit, and without overwriting a card edited there."""

import hashlib
import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

from kinv.artifacts.artifact import load_folder
from kinv.artifacts.atomic import unchanged
from kinv.artifacts.errors import ArtifactError
from kinv.artifacts.layout import CARD, MANIFEST, ORIGIN, SAFETENSORS, SAVED_MODEL
from kinv.artifacts.manifest import copy_listed, has_figures, read_manifest, write_manifest
from kinv.artifacts.safetensors_file import export_safetensors
from kinv.artifacts.saved_model import export_saved_model
from kinv.artifacts.verification import cache_blobs, check

from .base_model import name_base_model, name_organisation
from .client import client, said_clearly
from .handle import Handle
from .resolve import find

OURS = (".gitattributes", CARD)  # files that the hub creates in a new repository


def push(
    folder: str | os.PathLike,
    handle: str,
    *,
    token: str | bool | None = None,
    private: bool | None = None,
    revision: str | None = None,
    create_pr: bool = False,
    tag: str | None = None,
    message: str | None = None,
    saved_model: bool = True,
    overwrite_card: bool = False,
) -> str:
    """Publishes an artifact on a hub in one commit; the repository is created if it does not exist.

    An artifact made for one of kinv's own networks names it as `base_model`, if the organisation already has it.

    Args:
        folder: the artifact, or its name; it must pass `verify`.
        handle: `hf://organisation/name`, or `hf://organisation/name@branch`.
        token: a token with write access; None: HF_TOKEN, or the token stored by `hf auth login`.
        private: whether a new repository is private; None: the organisation's default.
        revision: the branch, in place of `@branch`.
        create_pr: proposes the commit as a pull request.
        tag: a name for the commit, such as `v1`.
        message: the commit message.
        saved_model: adds a SavedModel and the weights as safetensors, for programs without kinv, if it has none.
        overwrite_card: replaces the card even if somebody edited it on the hub.

    Returns:
        The handle of the pushed artifact, with its commit.

    Raises:
        ArtifactError: refused by `verify`, by the hub, or because something else is in the repository.
        ValueError: a pull request can't have a tag.
    """
    target, source = Handle.parse(handle, revision), find(folder)
    if tag and create_pr:
        raise ValueError("a pull request can't be tagged: pass either tag or create_pr, not both.")
    with tempfile.TemporaryDirectory() as temporary:  # a copy, so that the files can't change during the push
        draft = Path(temporary, "artifact")
        unchanged(source, lambda folder: _copy(folder, draft))
        (draft / ORIGIN).unlink(missing_ok=True)
        if saved_model and not ((draft / SAVED_MODEL).exists() and (draft / SAFETENSORS).exists()):
            write_manifest(draft)
            model = load_folder(draft)
            if not (draft / SAVED_MODEL).exists():
                export_saved_model(model, draft / SAVED_MODEL)
            export_safetensors(model, draft)
        with said_clearly(target):
            api = client(token)
            name_base_model(api, target.repository, draft)
            name_organisation(target.repository, draft)
            write_manifest(draft)
            if not api.repo_exists(target.repository):
                api.create_repo(target.repository, private=private, exist_ok=True)
            if tag and tag in {ref.name for ref in api.list_repo_refs(target.repository).tags}:
                raise ArtifactError(f"{target} already has a tag {tag!r}: tags do not move, choose another name.")
            commit = _commit(api, target, draft, create_pr, message or f"{source.name}, with kinv", overwrite_card)
            if tag:
                api.create_tag(target.repository, tag=tag, revision=commit)
    return str(Handle(target.repository, commit))


def _copy(folder: Path, draft: Path) -> None:
    check(folder)
    shutil.rmtree(draft, ignore_errors=True)  # left by an earlier attempt
    draft.mkdir()
    copy_listed(folder, draft, cache_blobs(folder))
    if not has_figures(draft):
        raise ArtifactError(
            f"{folder} came without its figures, which its card shows: push it from a checkout of kinv, or pull it."
        )


def _commit(api: Any, target: Handle, draft: Path, create_pr: bool, message: str, overwrite_card: bool) -> str:
    from huggingface_hub import CommitOperationAdd, CommitOperationDelete

    head = api.model_info(target.repository, revision=target.revision)
    there = {file.rfilename for file in head.siblings}
    pushed = _manifest_on_hub(api, target, head.sha) if MANIFEST in there else {}
    if not pushed and there - set(OURS):
        raise ArtifactError(
            f"{target} holds something other than a kinv artifact; nothing was pushed. Choose another repository."
        )
    files = [*read_manifest(draft), MANIFEST]
    if CARD in there and not overwrite_card and _is_edited(api, target, head.sha, pushed):
        print(f"The card of {target} was edited on the hub: it is kept. To replace it, pass overwrite_card=True.")
        files = [name for name in files if name != CARD]
    operations: list[Any] = [CommitOperationAdd(name, draft / name) for name in files]
    operations += [CommitOperationDelete(name) for name in sorted((set(pushed) & there) - {*files, CARD})]
    made = api.create_commit(
        target.repository,
        operations,
        commit_message=message,
        revision=target.revision,
        create_pr=create_pr,
        parent_commit=head.sha,
    )
    return made.oid


def _manifest_on_hub(api: Any, target: Handle, commit: str) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        api.hf_hub_download(target.repository, MANIFEST, revision=commit, local_dir=folder)
        return read_manifest(Path(folder))


def _is_edited(api: Any, target: Handle, commit: str, pushed: dict[str, Any]) -> bool:
    """Whether the card on the hub differs from the one that was pushed."""
    with tempfile.TemporaryDirectory() as folder:
        card = Path(api.hf_hub_download(target.repository, CARD, revision=commit, local_dir=folder)).read_bytes()
    return CARD not in pushed or hashlib.sha256(card).hexdigest() != pushed[CARD]["sha256"]
