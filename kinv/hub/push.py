"""From this machine to the hub: checked, in one commit, and without a word of a card that somebody edited."""

import hashlib
import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

from kinv.artifacts.artifact import load_folder
from kinv.artifacts.atomic import unchanged
from kinv.artifacts.errors import ArtifactError
from kinv.artifacts.layout import CARD, MANIFEST, ORIGIN, SAVED_MODEL
from kinv.artifacts.manifest import read_manifest, write_manifest
from kinv.artifacts.saved_model import export
from kinv.artifacts.verification import check

from .base_model import name_base_model
from .client import client, said_clearly
from .handle import Handle
from .resolve import find

OURS = (".gitattributes", CARD)  # what a hub itself, or its page for new repositories, puts there


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
    """Publishes an artifact on a hub, in one commit; the repository is made if there is none.

    What was made for a network of ours names that as its `base_model`, if it is in the same organisation already.

    Args:
        folder: the artifact, or its name; it has to pass `verify`.
        handle: `hf://organisation/name`, or `hf://organisation/name@branch`.
        token: with the right to write; None: HF_TOKEN, or what `hf auth login` keeps.
        private: whether a new repository is hidden; None: as the organisation wants it.
        revision: the branch, instead of `@branch`.
        create_pr: proposes the commit as a pull request.
        tag: a name for the commit, such as `v1`.
        message: of the commit.
        saved_model: makes the SavedModel that an artifact lacks, for programs without kinv.
        overwrite_card: replaces the card even if somebody edited it on the hub.

    Returns:
        The handle of what was pushed, with its commit.

    Raises:
        ArtifactError: refused by `verify`, by the hub, or because something else is in the repository.
        ValueError: a pull request can't have a tag.
    """
    target, source = Handle.parse(handle, revision), find(folder)
    if tag and create_pr:
        raise ValueError("a tag names a commit of a branch, not a pull request: give tag or create_pr.")
    with tempfile.TemporaryDirectory() as temporary:  # what is pushed does not change on the way
        draft = Path(temporary, "artifact")
        unchanged(source, lambda folder: _copy(folder, draft))
        (draft / ORIGIN).unlink(missing_ok=True)
        if saved_model and not (draft / SAVED_MODEL).exists():
            write_manifest(draft)
            export(load_folder(draft), draft / SAVED_MODEL)
        with said_clearly(target):
            api = client(token)
            name_base_model(api, target.repository, draft)
            write_manifest(draft)
            if not api.repo_exists(target.repository):
                api.create_repo(target.repository, private=private, exist_ok=True)
            if tag and tag in {ref.name for ref in api.list_repo_refs(target.repository).tags}:
                raise ArtifactError(f"{target} has a tag {tag!r} already. Choose another name: tags do not move.")
            commit = _commit(api, target, draft, create_pr, message or f"{source.name}, with kinv", overwrite_card)
            if tag:
                api.create_tag(target.repository, tag=tag, revision=commit)
    return str(Handle(target.repository, commit))


def _copy(folder: Path, draft: Path) -> None:
    check(folder)
    shutil.rmtree(draft, ignore_errors=True)  # of an attempt before
    shutil.copytree(folder, draft)


def _commit(api: Any, target: Handle, draft: Path, create_pr: bool, message: str, overwrite_card: bool) -> str:
    from huggingface_hub import CommitOperationAdd, CommitOperationDelete

    head = api.model_info(target.repository, revision=target.revision)
    there = {file.rfilename for file in head.siblings}
    pushed = _manifest_on_hub(api, target, head.sha) if MANIFEST in there else {}
    if not pushed and there - set(OURS):
        raise ArtifactError(f"{target} holds something else than a kinv artifact; it is left alone.")
    files = [*read_manifest(draft), MANIFEST]
    if CARD in there and not overwrite_card and _is_edited(api, target, head.sha, pushed):
        print(f"The card of {target} was edited there: it stays as it is.")
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
    """Whether the card on the hub is another than the one that was pushed there."""
    with tempfile.TemporaryDirectory() as folder:
        card = Path(api.hf_hub_download(target.repository, CARD, revision=commit, local_dir=folder)).read_bytes()
    return CARD not in pushed or hashlib.sha256(card).hexdigest() != pushed[CARD]["sha256"]
