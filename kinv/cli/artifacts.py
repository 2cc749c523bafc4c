"""Commands of `kinv` for artifacts. Nothing slow is imported before it is needed."""

import dataclasses
from pathlib import Path
from typing import Any, Literal

import tyro

from kinv.printable import printable

from .output import Output

LONGEST = 2000  # letters of a line


@dataclasses.dataclass(kw_only=True)
class List(Output):
    """Shows kinv's own artifacts (presets), and all others on this machine."""

    remote: str | None = None
    """An organisation or a user on the hub: shows the artifacts there instead."""

    def result(self) -> dict[str, Any]:
        from kinv.hub import listing

        found = listing.local() if self.remote is None else listing.remote(self.remote)
        place = "on this machine" if self.remote is None else f"of {self.remote} on the hub"
        return {"place": place, "artifacts": [one._asdict() for one in found]}

    def show(self, result: dict[str, Any]) -> None:
        from rich.console import Console
        from rich.table import Table

        if not result["artifacts"]:
            Console().print(plain(f"There are no artifacts {result['place']}."))
            return
        rows = [_shown(one) for one in result["artifacts"]]
        table = Table()
        for name in rows[0]:
            column = {"no_wrap": True} if name == "artifact" else {"overflow": "fold"}  # names are there to be copied
            table.add_column({"seen_by": "who sees it"}.get(name, name), **column)
        for row in rows:
            table.add_row(*(plain(str(value)) for value in row.values()))
        console = Console()
        console.print(table)
        for one in result["artifacts"]:
            if not one.get("here", True):
                console.print(plain(f"{one['artifact']} is not here: {one['where']}."))


def _shown(one: dict[str, Any]) -> dict[str, Any]:
    """The columns of a table; results stand above their controls."""
    if "bytes" not in one:
        return one
    return {
        "artifact": one["artifact"],
        "what it is": one["about"] or one["kind"],
        "result, control": "\n".join(filter(None, (one["result"], one["control"]))),
        "size": "" if one["bytes"] is None else f"{one['bytes'] / 1e6:.1f} MB",
        "where": one["where"] if one["here"] else "not here",
    }


@dataclasses.dataclass(kw_only=True)
class Show(Output):
    """Shows what an artifact is: card, results, size, endpoints; with --metadata, the details of its training."""

    handle: tyro.conf.Positional[str]
    """A folder, the name of an artifact, or hf://organisation/name@revision."""
    metadata: bool = False
    """Prints metadata.json."""

    def result(self) -> dict[str, Any]:
        from kinv.artifacts.summary import abstract, metrics, signatures, summarise
        from kinv.hub import find, read_metadata, verify
        from kinv.hub.resolve import origin

        folder = find(self.handle)
        files, known = verify(folder), read_metadata(folder)
        if self.metadata:
            return known
        summary, exported = summarise(folder), signatures(folder)
        return {
            "name": summary.name,
            "kind": summary.kind,
            "files": len(files),
            "bytes": summary.size,
            "folder": folder,
            "pulled_from": origin(folder),
            "abstract": abstract(folder),
            "metrics": metrics(known),
            "saved_model": bool(exported),
            "endpoints": exported or _endpoints(folder),
        }

    def show(self, result: dict[str, Any]) -> None:
        from rich.console import Console
        from rich.table import Table

        console = Console()
        if self.metadata:
            console.print_json(data=result, ensure_ascii=True)
            return
        said = f"{result['name']}: {result['kind']}, {result['files']} files, {result['bytes']:,} bytes"
        console.print(plain(said), style="bold")
        console.print(plain(str(result["folder"])))
        if result["pulled_from"]:
            console.print(plain(f"pulled from {result['pulled_from']}, according to its origin.json"))
        console.print("", plain(result["abstract"]), "", sep="\n")
        table = Table("result", "value")
        for name, value in result["metrics"].items():
            table.add_row(plain(name), f"{value:.4g}")
        console.print(table)
        table = Table("endpoint", "of the SavedModel" if result["saved_model"] else "(kinv export makes it)")
        for name, signature in result["endpoints"].items():
            table.add_row(plain(name), plain(signature))
        console.print(table)


def plain(text: str) -> Any:
    """Untrusted text, made safe for the terminal: no markup and no control characters."""
    from rich.text import Text

    return Text("\n".join(printable(line, LONGEST) for line in text.split("\n")))


@dataclasses.dataclass(kw_only=True)
class Verify(Output):
    """Checks every byte of an artifact against its manifest."""

    handle: tyro.conf.Positional[str]
    """A folder, or the name of an artifact."""

    def result(self) -> dict[str, Any]:
        from kinv.hub import find, verify

        folder = find(self.handle)
        sizes = [file["size"] for file in verify(folder).values()]
        return {"folder": folder, "whole": True, "files": len(sizes), "bytes": sum(sizes)}

    def show(self, result: dict[str, Any]) -> None:
        print(f"{result['folder']} is whole: {result['files']} files, {result['bytes']:,} bytes.")


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
    """Writes an artifact for programs without kinv: a TensorFlow SavedModel, ONNX, LiteRT, or its weights alone."""

    handle: tyro.conf.Positional[str]
    """A folder, the name of an artifact, or hf://organisation/name@revision."""
    output: tyro.conf.Positional[Path]
    """The folder to create."""
    format: Literal["saved_model", "onnx", "litert", "safetensors"] = "saved_model"
    """ONNX needs additional packages: pip install 'kinv[onnx]'. Safetensors are the weights as plain arrays."""

    def run(self) -> None:
        import kinv.backend  # noqa: F401  (starts TensorFlow quietly)
        from kinv import hub

        hub.check_new(self.output)
        model = hub.load(self.handle)
        for endpoint, path in hub.export(model, self.output, self.format).items():
            print(f"{endpoint}: {path}")


def _endpoints(folder: Path) -> dict[str, str]:
    """The endpoints of an artifact without SavedModel; of a preset, without loading it."""
    from kinv.hub.presets import presets

    preset = presets().get(folder.name)
    if preset is not None and preset.is_at(folder):
        return preset.endpoints
    import kinv.backend  # noqa: F401  (starts TensorFlow quietly)
    from kinv.artifacts.summary import endpoints
    from kinv.hub import load

    return endpoints(load(folder))
