"""`kinv layers`."""

import dataclasses
from typing import Any

import tyro

from kinv.printable import printable

from .networks import Network

WIDE = 200  # columns where the table is read by a program
LONGEST_NAME = 100  # letters: a longer one would leave no room for the other columns


@dataclasses.dataclass(kw_only=True)
class Layers(Network):
    """Lists the layers of a network in order, and what each method can use them for."""

    classifier: tyro.conf.Positional[str]
    """The name of a classifier, or a .keras file."""

    def result(self) -> dict[str, Any]:
        self.check_names()
        network = self.load()

        from kinv.analysis.layers.describe import describe_layers

        described = describe_layers(network)
        layers = [{**dataclasses.asdict(layer), "usable_for": layer.usable_for} for layer in described]
        return {"network": described.network, "layers": layers}

    def show(self, result: dict[str, Any]) -> None:
        from rich.console import Console
        from rich.table import Table

        from .artifacts import plain

        console = Console()
        if not console.is_terminal:
            console.width = WIDE
        table, reasons = Table(box=None, pad_edge=False), []
        for title in ("layer", "kind", "output", "weights", "activation", "units", "Filter GAN"):
            right = title in ("weights", "units")
            table.add_column(title, no_wrap=title == "layer", justify="right" if right else "left")
        for layer in result["layers"]:
            refused = layer["refused"]
            convolution = "Conv" in layer["kind"]
            output = "x".join("?" if size is None else str(size) for size in layer["output_shape"])
            filter_gan = "yes" if "filter_gan" in layer["usable_for"] else "no" if convolution else ""
            cells = [
                printable(layer["name"], LONGEST_NAME),
                layer["kind"],
                output,
                f"{layer['parameters']:,}",
                layer["activation"],
            ]
            table.add_row(*map(plain, [*cells, str(layer["units"] or "none"), filter_gan]))
            methods = ["maximize_activation", *(["filter_gan"] if convolution else [])]
            reasons += [f"{layer['name']}, {method}: {refused[method]}" for method in methods if method in refused]
        console.print(table)
        for reason in dict.fromkeys(reasons):
            console.print(plain(reason))
        console.print(
            "units: for kinv.maximize_activation(model, layer, units) and targets of a CoupledGenerator; "
            "Filter GAN: for kinv.models.FilterGAN(model, layer)."
        )
