"""Names of artifacts on a hub: `hf://organisation/name`, `hf://organisation/name@revision`."""

import re
from dataclasses import dataclass

from kinv.artifacts.errors import ArtifactError

SCHEME = "hf://"
PATTERN = re.compile(
    rf"{SCHEME}(?P<repository>[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*)(@(?P<revision>[\w][\w./-]*))?", re.ASCII
)


@dataclass(frozen=True)
class Handle:
    """An artifact on a hub.

    Args:
        repository: organisation (or user) and name, with a slash between.
        revision: a branch, a tag or a commit; None: the default branch.
    """

    repository: str
    revision: str | None = None

    @classmethod
    def parse(cls, text: str, revision: str | None = None) -> "Handle":
        """Reads a handle.

        Args:
            text: `hf://organisation/name`, with or without `@revision`.
            revision: branch, tag or commit, in place of `@revision`.

        Raises:
            ArtifactError: the text is not a handle, or names two revisions.
        """
        match = PATTERN.fullmatch(text)
        if match is None:
            raise ArtifactError(
                f"handle must be hf://organisation/name or hf://organisation/name@revision, received {text!r}."
            )
        if revision is not None and match["revision"] not in (None, revision):
            raise ArtifactError(f"{text} and revision={revision!r} name two revisions: pass only one of them.")
        return cls(match["repository"], match["revision"] or revision)

    @classmethod
    def is_one(cls, text: str) -> bool:
        """Whether a text starts with `hf://`, even if the rest of the handle is invalid."""
        return text.startswith(SCHEME)

    @property
    def name(self) -> str:
        """The repository without its organisation."""
        return self.repository.split("/")[1]

    def __str__(self) -> str:
        return f"{SCHEME}{self.repository}" + (f"@{self.revision}" if self.revision else "")
