"""Commands of `kinv` for artifacts. Nothing slow is imported before it is needed."""

import dataclasses
from pathlib import Path
from typing import Any, Literal

import tyro

from kinv.printable import printable

LONGEST = 2000  # letters of a line


@dataclasses.dataclass
class List:
    """Shows the artifacts on this machine: in artifacts/ and in the hub's cache."""

    remote: str | None = None
    """An organisation or a user on the hub: shows the artifacts there instead."""

    def run(self) -> None:
        from rich.console import Console
        from rich.table import Table

        from kinv.hub import listing

        if self.remote is None:
            rows, titles = listing.local(), listing.LOCAL_TITLES
        else:
            rows, titles = listing.remote(self.remote), listing.REMOTE_TITLES
        table = Table()
        table.add_column("artifact", no_wrap=True)  # names are there to be copied
        for title in titles:
            table.add_column(title, overflow="fold")
        for row in rows:
            table.add_row(*map(plain, row))
        place = "on this machine" if self.remote is None else f"of {self.remote} on the hub"
        Console().print(table if table.row_count else f"There are no artifacts {place}.")


@dataclasses.dataclass
class Show:
    """Shows what an artifact is: card, results, size, endpoints; with --metadata, the details of its training."""

    handle: tyro.conf.Positional[str]
    """A folder, the name of an artifact, or hf://organisation/name@revision."""
    metadata: bool = False
    """Prints metadata.json."""

    def run(self) -> None:
        from rich.console import Console
        from rich.table import Table

        from kinv.artifacts.summary import abstract, metrics, signatures, summarise
        from kinv.hub import find, read_metadata, verify
        from kinv.hub.resolve import origin

        folder = find(self.handle)
        files, known, console = verify(folder), read_metadata(folder), Console()
        summary, pulled_from = summarise(folder), origin(folder)
        if self.metadata:
            console.print_json(data=known, ensure_ascii=True)
            return
        console.print(
            plain(f"{summary.name}: {summary.kind}, {len(files)} files, {summary.size:,} bytes"), style="bold"
        )
        console.print(plain(str(folder)))
        if pulled_from:
            console.print(plain(f"pulled from {pulled_from}, according to its origin.json"))
        console.print("", plain(abstract(folder)), "", sep="\n")
        table = Table("result", "value")
        for name, value in metrics(known).items():
            table.add_row(plain(name), f"{value:.4g}")
        console.print(table)
        table = Table("endpoint", "of the SavedModel" if signatures(folder) else "(kinv export makes it)")
        for name, signature in (signatures(folder) or _endpoints(folder)).items():
            table.add_row(plain(name), plain(signature))
        console.print(table)


def plain(text: str) -> Any:
    """Untrusted text, made safe for the terminal: no markup and no control characters."""
    from rich.text import Text

    return Text("\n".join(printable(line, LONGEST) for line in text.split("\n")))


@dataclasses.dataclass
class Verify:
    """Checks every byte of an artifact against its manifest."""

    handle: tyro.conf.Positional[str]
    """A folder, or the name of an artifact."""

    def run(self) -> None:
        from kinv.hub import find, verify

        folder = find(self.handle)
        files = verify(folder)
        print(f"{folder} is whole: {len(files)} files, {sum(file['size'] for file in files.values()):,} bytes.")


@dataclasses.dataclass
class Pull:
    """Downloads an artifact from a hub, and checks every byte of it. Resumes an interrupted download."""

    handle: tyro.conf.Positional[str]
    """hf://organisation/name, or hf://organisation/name@revision (a branch, a tag or a commit)."""
    folder: tyro.conf.Positional[Path | None] = None
    """Where to put it; default: the hub's cache, where kinv finds it by its name."""

    def run(self) -> None:
        from kinv.hub import pull
        from kinv.hub.resolve import origin

        folder = pull(self.handle, self.folder)
        commit = folder.name if self.folder is None else str(origin(folder)).rpartition("@")[2]
        print(f"{self.handle} is commit {commit}: {folder}")


@dataclasses.dataclass
class Push:
    """Publishes an artifact on a hub, in one commit, after verifying it; a card that was edited there is kept."""

    folder: tyro.conf.Positional[str]
    """A folder, or the name of an artifact."""
    handle: tyro.conf.Positional[str]
    """hf://organisation/name, or hf://organisation/name@branch."""
    private: bool = False
    """Makes a new repository private."""
    create_pr: bool = False
    """Proposes it as a pull request."""
    tag: str | None = None
    """A name for the commit, such as v1."""
    message: str | None = None
    """The commit message."""
    saved_model: bool = True
    """Adds a SavedModel if the artifact has none."""
    overwrite_card: bool = False
    """Replaces the card even if somebody edited it on the hub."""

    def run(self) -> None:
        from kinv.hub import push

        settings = {name: value for name, value in vars(self).items() if name not in ("folder", "handle", "private")}
        print(f"Pushed: {push(self.folder, self.handle, private=self.private or None, **settings)}")


@dataclasses.dataclass
class Export:
    """Writes an artifact for programs without kinv: as a TensorFlow SavedModel, or each endpoint as ONNX or LiteRT."""

    handle: tyro.conf.Positional[str]
    """A folder, the name of an artifact, or hf://organisation/name@revision."""
    output: tyro.conf.Positional[Path]
    """The folder to create."""
    format: Literal["saved_model", "onnx", "litert"] = "saved_model"
    """ONNX needs additional packages: pip install kinv[onnx]."""

    def run(self) -> None:
        import kinv.backend  # noqa: F401  (starts TensorFlow quietly)
        from kinv import hub

        hub.check_new(self.output)
        model = hub.load(self.handle)
        for endpoint, path in hub.export(model, self.output, self.format).items():
            print(f"{endpoint}: {path}")


def _endpoints(folder: Path) -> dict[str, str]:
    """The endpoints of an artifact without SavedModel."""
    import kinv.backend  # noqa: F401  (starts TensorFlow quietly)
    from kinv.artifacts.summary import endpoints
    from kinv.hub import load

    return endpoints(load(folder))
