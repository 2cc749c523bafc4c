"""Model repositories in memory: commits, trees, branches, tags, pull requests and large files."""

import base64
import hashlib
import itertools
import re
import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime
from fnmatch import fnmatch
from functools import cached_property
from pathlib import PurePosixPath

import yaml

LARGE = ("*.h5", "*.npz", "*.pb", "*.png", "variables.data*", "saved_model/**/*")  # of the Hub's .gitattributes
LARGE_BYTES = 10_000_000
GIT_ATTRIBUTES = "".join(f"{pattern} filter=lfs diff=lfs merge=lfs -text\n" for pattern in LARGE).encode()


class HubError(Exception):
    """A refusal: HTTP status, message, and the `X-Error-Code` from which the client picks an exception class."""

    def __init__(self, status: int, message: str, code: str | None = None, **headers: str):
        super().__init__(message)
        self.status, self.message, self.headers = status, message, headers
        if code:
            self.headers["X-Error-Code"] = code


@dataclass(frozen=True)
class File:
    """One version of a file; `large` ones are known to git by a pointer that holds their sha256."""

    content: bytes
    large: bool

    @cached_property
    def sha256(self) -> str:
        return hashlib.sha256(self.content).hexdigest()

    @property
    def pointer(self) -> bytes:
        size = len(self.content)
        return f"version https://git-lfs.github.com/spec/v1\noid sha256:{self.sha256}\nsize {size}\n".encode()

    @property
    def blob_id(self) -> str:
        data = self.pointer if self.large else self.content
        return hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()

    @property
    def etag(self) -> str:
        return self.sha256 if self.large else self.blob_id

    def entry(self, path: str) -> dict:
        """As `tree` and `paths-info` tell it."""
        entry = {"type": "file", "path": path, "size": len(self.content), "oid": self.blob_id}
        if self.large:
            entry["lfs"] = {"oid": self.sha256, "size": len(self.content), "pointerSize": len(self.pointer)}
        return entry


@dataclass(frozen=True)
class Commit:
    """A tree, `{path: File}`, and who wrote it when on top of what."""

    oid: str
    parent: "Commit | None"
    tree: dict[str, File]
    title: str
    message: str
    author: str
    date: str

    def entries(self, folder: str = "", recursive: bool = True) -> list[dict]:
        """Files and folders under `folder`; a folder that is not there is refused."""
        prefix = f"{folder}/" if folder else ""
        found = {}
        for path in sorted(self.tree):
            if not path.startswith(prefix):
                continue
            names = path[len(prefix) :].split("/")
            for depth in range(1, len(names)):
                name = prefix + "/".join(names[:depth])
                oid = hashlib.sha1(f"{self.oid}/{name}".encode()).hexdigest()
                found.setdefault(name, {"type": "directory", "path": name, "size": 0, "oid": oid})
                if not recursive:
                    break
            if recursive or len(names) == 1:
                found[path] = self.tree[path].entry(path)
        if folder and not found:
            raise HubError(404, f'{folder} does not exist on "{self.oid}"', "EntryNotFound")
        return list(found.values())

    @property
    def history(self) -> list["Commit"]:
        commits = [self]
        while commits[-1].parent:
            commits.append(commits[-1].parent)
        return commits


@dataclass
class Repository:
    """Where the names point: branches, tags and pull requests to commit ids."""

    name: str
    private: bool
    author: str
    created: str
    downloads: int = 0
    commits: dict[str, Commit] = field(default_factory=dict)
    branches: dict[str, str] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    pulls: dict[str, str] = field(default_factory=dict)

    def at(self, revision: str) -> Commit:
        """The commit of a branch, a tag, a pull request (`refs/pr/1`) or an id of at least seven digits."""
        for names in (self.branches, self.tags, self.pulls):
            if revision in names:
                return self.commits[names[revision]]
        for oid, commit in self.commits.items():
            if len(revision) >= 7 and oid.startswith(revision):
                return commit
        raise HubError(404, f"Invalid rev id: {revision}", "RevisionNotFound")


class Store:
    """All repositories, and the large files, which are kept by sha256 and uploaded once.

    Whoever reads or writes holds `lock`.
    """

    def __init__(self):
        self.repositories: dict[str, Repository] = {}
        self.objects: dict[str, bytes] = {}
        self.lock = threading.RLock()
        self._serial = itertools.count()

    def create(self, name: str, private: bool, author: str) -> Repository:
        repository = Repository(name, private, author, now())
        self.repositories[name] = repository
        attributes = {".gitattributes": File(GIT_ATTRIBUTES, large=False)}
        repository.branches["main"] = self._write(repository, None, attributes, "initial commit", "", author).oid
        return repository

    def commit(self, repository: Repository, branch: str, lines: list[dict], author: str, pull: bool = False):
        """Applies the lines of a commit request; returns the commit and the pull request's number or `None`."""
        head = repository.at(branch)
        if branch not in repository.branches and branch not in repository.pulls:
            raise HubError(404, f"{branch} is not a branch", "RevisionNotFound")
        header = next(line["value"] for line in lines if line["key"] == "header")
        parent = header.get("parentCommit")
        if parent and pull:
            head = repository.at(parent)
        elif parent and not head.oid.startswith(parent):
            raise HubError(412, "A commit has happened since. Please refresh and try again.")
        tree = dict(head.tree)
        for line in lines:
            self._apply(tree, line["key"], line["value"])
        if "README.md" in tree and (problem := front_matter(tree["README.md"].content.decode())[1]):
            raise HubError(400, f"Invalid metadata in README.md: {problem}")
        commit = self._write(repository, head, tree, header["summary"], header.get("description", ""), author)
        if pull:
            number = len(repository.pulls) + 1
            repository.pulls[f"refs/pr/{number}"] = commit.oid
            return commit, number
        names = repository.branches if branch in repository.branches else repository.pulls
        names[branch] = commit.oid
        return commit, None

    def _apply(self, tree: dict[str, File], key: str, value: dict) -> None:
        path = value.get("path", "")
        if key == "file":
            tree[path] = File(base64.b64decode(value["content"]), large=False)
        elif key == "lfsFile":
            content = self.objects.get(value["oid"])
            if content is None or value.get("size", len(content)) != len(content):
                raise HubError(400, f"LFS pointer pointed to a file that does not exist: {path}")
            tree[path] = File(content, large=True)
        elif key in ("deletedFile", "deletedFolder"):
            folder = path.rstrip("/") + "/"
            gone = [name for name in tree if (name.startswith(folder) if key == "deletedFolder" else name == path)]
            if not gone:
                raise HubError(404, f"A file with this name doesn't exist: {path}", "EntryNotFound")
            for name in gone:
                del tree[name]
        elif key != "header":
            raise HubError(400, f"unknown commit operation {key}")

    def _write(self, repository, parent, tree, title, message, author) -> Commit:
        date = now()
        seed = f"{repository.name} {parent and parent.oid} {title} {date} {next(self._serial)}"
        commit = Commit(hashlib.sha1(seed.encode()).hexdigest(), parent, tree, title, message, author, date)
        repository.commits[commit.oid] = commit
        return commit


def is_large(path: str, size: int) -> bool:
    """Whether a file goes to the large file storage: by name as `.gitattributes` matches it, or by size."""
    if size > LARGE_BYTES:
        return True
    name = PurePosixPath(path).name
    return any(fnmatch(path, p.replace("**/", "")) if "/" in p else fnmatch(name, p) for p in LARGE)


def front_matter(readme: str) -> tuple[dict | None, str | None]:
    """The metadata between the first two `---` of a model card (`None` without), and what is wrong with it."""
    match = re.match(r"\s*---\r?\n((?:.*?\n)?)---[ \t]*(\r?\n|\Z)", readme, re.DOTALL)
    if match is None:
        return None, None
    try:
        data = yaml.safe_load(match[1])
    except yaml.YAMLError as error:
        return None, str(error)
    if data is None:
        return None, None
    if not isinstance(data, dict):
        return None, f"the front matter must be a mapping, not {type(data).__name__}"
    for key, kind in {"tags": list, "library_name": str, "pipeline_tag": str, "model-index": list}.items():
        if data.get(key) is not None and not isinstance(data[key], kind):
            return None, f'"{key}" must be a {kind.__name__}'
    return data, None


def now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
