"""The `kinv` command. Nothing slow is imported before it is needed."""

import dataclasses
import sys
from pathlib import Path
from typing import Literal

import tyro


@dataclasses.dataclass
class List:
    """Shows the artifacts on this machine: in artifacts/ and in the hub's cache."""

    remote: str | None = None
    """An organisation or a user on the hub: shows the artifacts there instead."""

    def run(self) -> None:
        from rich.console import Console
        from rich.table import Table

        from kinv.hub import listing

        rows = listing.local() if self.remote is None else listing.remote(self.remote)
        table = Table()
        table.add_column("artifact", no_wrap=True)  # names are there to be copied
        for title in listing.TITLES:
            table.add_column(title, overflow="fold")
        for row in rows:
            table.add_row(*row)
        place = "on this machine" if self.remote is None else f"of {self.remote} on the hub"
        Console().print(table if table.row_count else f"There are no artifacts {place}.")


@dataclasses.dataclass
class Show:
    """Shows what an artifact is: card, results, size, endpoints; with --metadata, all that is known of its training."""

    handle: tyro.conf.Positional[str]
    """A folder, the name of an artifact, or hf://organisation/name@revision."""
    metadata: bool = False
    """Prints metadata.json."""

    def run(self) -> None:
        from rich.console import Console
        from rich.table import Table

        from kinv.hub import describing, find, read_metadata, verify

        folder = find(self.handle)
        files, known, console = verify(folder), read_metadata(folder), Console()
        summary, origin = describing.summarise(folder), describing.origin(folder)
        if self.metadata:
            console.print_json(data=known)
            return
        console.print(f"{summary.name}: {summary.kind}, {len(files)} files, {summary.size:,} bytes", style="bold")
        console.print(str(folder), markup=False)
        if origin:
            console.print(f"pulled from hf://{origin.get('repository')}@{origin.get('commit')}", markup=False)
        console.print(f"\n{describing.abstract(folder)}\n", markup=False)
        table = Table("result", "value")
        for name, value in describing.metrics(known).items():
            table.add_row(name, f"{value:.4g}")
        console.print(table)
        table = Table("endpoint", "of the SavedModel" if describing.signatures(folder) else "(kinv export makes it)")
        for name, signature in (describing.signatures(folder) or _endpoints(folder)).items():
            table.add_row(name, signature)
        console.print(table)


def _endpoints(folder: Path) -> dict[str, str]:
    """The endpoints of an artifact without SavedModel."""
    import kinv.backend  # noqa: F401  (starts TensorFlow quietly)
    from kinv.hub import describing, load

    return describing.endpoints(load(folder))


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
    """Downloads an artifact from a hub, and checks every byte of it. Stopped, it goes on where it was."""

    handle: tyro.conf.Positional[str]
    """hf://organisation/name, or hf://organisation/name@revision (a branch, a tag or a commit)."""
    folder: tyro.conf.Positional[Path | None] = None
    """Where to put it; default: the hub's cache, where kinv finds it by its name."""

    def run(self) -> None:
        from kinv.hub import describing, pull

        folder = pull(self.handle, self.folder)
        origin = describing.origin(folder) or {"commit": folder.name}
        print(f"{self.handle} is commit {origin['commit']}: {folder}")


@dataclasses.dataclass
class Push:
    """Publishes an artifact on a hub, in one commit, once it is verified; cards that were edited there are kept."""

    folder: tyro.conf.Positional[str]
    """A folder, or the name of an artifact."""
    handle: tyro.conf.Positional[str]
    """hf://organisation/name, or hf://organisation/name@branch."""
    private: bool = False
    """Hides a new repository."""
    create_pr: bool = False
    """Proposes it as a pull request."""
    tag: str | None = None
    """A name for the commit, such as v1."""
    message: str | None = None
    """Of the commit."""
    saved_model: bool = True
    """Makes the SavedModel that an artifact lacks."""
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
    """The folder to make."""
    format: Literal["saved_model", "onnx", "litert"] = "saved_model"
    """ONNX needs more packages: pip install kinv[onnx]."""

    def run(self) -> None:
        import kinv.backend  # noqa: F401  (starts TensorFlow quietly)
        from kinv import hub

        hub.check_new(self.output)
        model = hub.load(self.handle)
        if self.format == "saved_model":
            print(f"SavedModel: {hub.export(model, self.output)}")
            return
        write = {"onnx": hub.export_onnx, "litert": hub.export_litert}[self.format]
        for endpoint, path in write(model, self.output).items():
            print(f"{endpoint}: {path}")


@dataclasses.dataclass
class Evaluate:
    """Measures a classifier's accuracy on labelled pictures."""

    classifier: str
    """The name of a classifier, or a .keras file."""
    images: str
    """The name of a data set, or a folder of pictures."""
    split: str | None = None
    """all, train or test; default: everything there is (mnist: test)."""
    download: bool = False
    """Lets weights and data be fetched."""

    def run(self) -> None:
        import kinv.backend  # noqa: F401  (starts TensorFlow quietly)
        from kinv import analysis, classifiers, data

        source = data.find(self.images, self.split, download=self.download)
        network = classifiers.load(self.classifier, download=self.download)
        images, labels = source.load(network.input_shape[1])
        if labels is None:
            raise ValueError(f"{source.description} have no labels: put the pictures into one sub-folder a class.")
        share = analysis.accuracy(network, images, labels)
        print(f"{network.name} on {source.description}: top-1 {share:.3f}")


@dataclasses.dataclass
class Screen:
    """Measures which transformations a classifier tolerates: tables and figures. Stopped, it goes on where it was."""

    classifier: str
    """The name of a classifier, or a .keras file."""
    images: str
    """The name of a data set, or a folder of pictures, with or without labels."""
    output: Path
    """A folder for the results: tables/ (Parquet) and figures/."""
    transformations: tuple[str, ...] = ()
    """Names such as rotation, or two joined by a plus, such as translate_x+translate_y; default: the paper's eleven."""
    magnitudes: tuple[str, ...] = ()
    """Other magnitudes than the default ones, such as rotation=-90,-45,0,45,90 (of two transformations: a=0,1/0,1)."""
    every: int = 1
    """Takes every so-many-th of the default magnitudes."""
    learned: tuple[str, ...] = ()
    """Artifacts of Invariant Transformer Nets to screen as well, such as itn_squeezenet."""
    classes: tuple[int, ...] = ()
    """Classes to draw curves of; default: the three with the highest curves."""
    split: str | None = None
    """all, train or test; default: everything there is (mnist: test)."""
    labels: bool = True
    """False: the classifier's own predictions take their place."""
    limit: int | None = None
    """At most so many pictures, evenly spread over all of them."""
    batch_size: int = 32
    fill: Literal["zeros", "reflect", "nearest"] = "zeros"
    """What lies outside the frame."""
    seed: int = 0
    download: bool = False
    """Lets weights and data be fetched."""

    def run(self) -> None:
        from kinv import analysis, classifiers, data, hub, models
        from kinv.figures import sensitivity
        from kinv.ops import TRANSFORMATIONS, find

        chosen = [find(name) for name in self.transformations or TRANSFORMATIONS]
        for handle in self.learned:
            learned = hub.load(handle)
            if not isinstance(learned, models.InvariantTransformer):
                raise ValueError(f"--learned takes InvariantTransformers, {handle} is a {type(learned).__name__}.")
            family = "learned" if len(self.learned) == 1 else hub.find(handle).name
            chosen += analysis.LearnedTransformation.parts(learned, family)
        if self.every < 1:
            raise ValueError(f"--every must be at least 1, received {self.every}")
        magnitudes = {transformation.name: transformation.thinned(self.every) for transformation in chosen}
        magnitudes |= dict(_magnitudes(text) for text in self.magnitudes)
        network = classifiers.load(self.classifier, download=self.download)
        source = data.find(self.images, self.split, download=self.download)
        source = source if self.limit is None else source.evenly(self.limit)
        screening = analysis.screen(
            network,
            source,
            transformations=chosen,
            magnitudes=magnitudes,
            batch_size=self.batch_size,
            fill=self.fill,
            seed=self.seed,
            use_labels=self.labels,
            results=self.output / "tables",
            progress=True,
        )
        picture = source.read_first(network.input_shape[1]).astype("float32")
        figures = sensitivity.overview(screening, chosen, picture, self.classes)
        (self.output / "figures").mkdir(exist_ok=True)
        for name, figure in figures.items():
            figure.savefig(self.output / "figures" / f"{name}.png")
        print(f"Tables: {self.output / 'tables'}\nFigures: {self.output / 'figures'} ({len(figures)})")


def _magnitudes(text: str) -> tuple[str, list]:
    """`rotation=-90,0,90` as a name and numbers; `a+b=0,1/0,1` as a name and a list of numbers for each part."""
    name, _, values = text.partition("=")
    try:
        parts = [[float(value) for value in part.split(",")] for part in values.split("/")]
    except ValueError:
        raise ValueError(f"--magnitudes takes the likes of rotation=-90,0,90, received {text!r}") from None
    return name, parts if len(parts) > 1 else parts[0]


COMMANDS = {
    "list": List,
    "show": Show,
    "verify": Verify,
    "pull": Pull,
    "push": Push,
    "export": Export,
    "evaluate": Evaluate,
    "screen": Screen,
}


def main(arguments: list[str] | None = None) -> None:
    """The entry point of `kinv`."""
    command = tyro.extras.subcommand_cli_from_dict(
        COMMANDS, prog="kinv", description="What does a trained image network ignore?", args=arguments
    )
    from kinv.hub.errors import ArtifactError

    try:
        command.run()
    except (ArtifactError, ValueError, FileNotFoundError) as error:
        sys.exit(f"error: {error}")
    except KeyboardInterrupt:
        sys.exit(130)
