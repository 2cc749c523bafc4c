"""Writes what README.md and docs/ show of artifacts: numbers, the zoo, images.

python -m recipes.experiment.pages

A page has places for them, `<!-- generated: NAME -->` to `<!-- /generated -->`. A test holds that they are up to date.
"""

import contextlib
import importlib
import io
import os
import re
import shutil
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path

from recipes.experiment.command_line import command
from recipes.experiment.papers import PAPERS
from recipes.experiment.result_tables import (
    ROOT,
    filter_curves,
    filter_gan,
    invariant_transformer,
    largest_family,
    largest_family_of_digits,
    largest_family_of_efficientnet,
    layerwise,
    metadata,
    table,
)

PLACE = re.compile(r"(<!-- generated: (\w+) -->\n).*?(<!-- /generated -->)", re.DOTALL)
IMAGES = {  # of artifacts, shown in docs/, which holds all it shows
    "itn_squeezenet_images.png": "itn_squeezenet/figures/images.png",
    "itn_squeezenet_draws.png": "itn_squeezenet/figures/draws.png",
    "itn_digit_cnn_draws.png": "itn_digit_cnn/figures/draws.png",
    "filter_gan_mnist_conv4_counterparts.png": "filter_gan_mnist_conv4/figures/counterparts.png",
    "filter_gan_mnist_conv4_curves.png": "filter_gan_mnist_conv4/figures/curves.png",
    "filter_gan_mnist_conv4_grids.png": "filter_gan_mnist_conv4/figures/grids.png",
    "coupled_squeezenet_sheet_00.png": "coupled_squeezenet/figures/sheet_00.png",
    "dbn_mnist_samples.png": "dbn_mnist/figures/samples.png",
    "sdae_patches_filters.png": "sdae_patches/figures/filters.png",
}
OTHERS = "classifiers", "data", "ops", "training"  # packages with a page of their own
HELP_WIDTH = 88  # letters of a line of --help


def methods() -> str:
    """Each method with one number and its control."""
    itn, gan = metadata("itn_squeezenet")["metrics"], metadata("filter_gan_mnist_conv4")["metrics"]
    gallery, dbn = metadata("coupled_squeezenet")["metrics"], metadata("dbn_mnist")["metrics"]
    page, tutorial = "docs/methods/{}.md".format, "[notebook](docs/tutorials/{}.ipynb)".format
    rows = [
        [
            f"[Invariant Transformer Net]({page('invariant_transformer')})",
            "[Bunne et al. 2018](https://arxiv.org/abs/1803.05963)",
            f"{itn['learned_unchanged']:.0%} of predictions stay",
            f"random, as far: {itn['random_unchanged']:.0%}",
            tutorial("augmentation_pipeline"),
        ],
        [
            f"[Screening]({page('screening')})",
            "the same paper",
            "two networks' tolerances correlate",
            "",
            tutorial("screening"),
        ],
        [
            f"[Filter GAN]({page('filter_gan')})",
            "[Kilcher et al. 2017](https://arxiv.org/abs/1710.11386)",
            f"{gan['generated']:.1%} right with other filters",
            f"noise that moves outputs as far: {gan['best_other']:.1%}",
            tutorial("filters"),
        ],
        [
            f"[Coupled generator]({page('coupled_generator')})",
            "[Despraz et al. 2017](https://doi.org/10.5220/0006495102150222)",
            f"{gallery['first_five_of_judge']:.0%} among a judge's first five, one seed",
            "chance: 0.5%",
            tutorial("class_pictures"),
        ],
        [
            f"[Deep belief nets, autoencoders]({page('layerwise')})",
            "[Hinton et al. 2006](https://doi.org/10.1162/neco.2006.18.7.1527)",
            f"{dbn['test_error']:.2%} test error",
            "published: 1.34%",
            tutorial("units"),
        ],
        [
            f"[Units]({page('units')})",
            "Erhan et al. 2010",
            "third layers are more invariant on digits",
            "linear units",
            tutorial("units"),
        ],
        [
            f"[Metamers, layers]({page('metamers')})",
            "[Feather et al. 2023](https://doi.org/10.1038/s41593-023-01442-0)",
            "seen above",
            "a judge's opinion",
            "`kinv metamers`",
        ],
    ]
    return table("method | paper | found | compare with | try it", rows)


def zoo() -> str:
    """The presets."""
    from kinv.hub.presets import presets

    rows = [
        [f"`{one.name}`", one.about, one.result, one.control, f"{one.bytes / 1e6:.1f} MB"] for one in presets().values()
    ]
    return table("preset | what it is | result | control | size", rows)


def badges() -> str:
    """What is true without a server that says so: Python and Keras versions, the licence."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    versions = [one.rpartition(" ")[2] for one in project["classifiers"] if re.search(r"Python :: 3\.", one)]
    keras = re.match(r"keras>=([\d.]+)", next(one for one in project["dependencies"] if one.startswith("keras")))
    shown = {"python": f"{versions[0]} to {versions[-1]}", "keras": f"{keras[1] if keras else ''}+"}
    shown["licence"] = project["license"]
    address = "https://img.shields.io/badge/{}-{}-0072B2".format
    quoted = {name: value.replace("-", "--").replace(" ", "%20").replace("+", "%2B") for name, value in shown.items()}
    return " ".join(f"![{name} {value}]({address(name, quoted[name])})" for name, value in shown.items()) + "\n"


def citations() -> str:
    """The papers, as BibTeX."""
    return "```bibtex\n" + "\n\n".join(paper.bibtex for paper in PAPERS.values()) + "\n```\n"


TABLES: dict[str, Callable[[], str]] = {
    made.__name__: made
    for made in (
        invariant_transformer,
        largest_family,
        largest_family_of_digits,
        largest_family_of_efficientnet,
        filter_gan,
        filter_curves,
        layerwise,
        methods,
        zoo,
        badges,
        citations,
    )
}


def commands() -> str:
    """What `kinv NAME --help` prints, as a page."""
    from kinv.cli.main import COMMANDS, main

    terminal = {"COLUMNS": str(HELP_WIDTH), "NO_COLOR": "1", "TERM": "dumb"}
    before = {name: os.environ.get(name) for name in terminal}
    os.environ.update(terminal)
    parts = ["# Commands\n\nWhat `--help` prints. How they are used: [command line](../guides/command_line.md).\n"]
    for name in COMMANDS:
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed), contextlib.suppress(SystemExit):
            main([name, "--help"])
        lines = "\n".join(line.rstrip() for line in printed.getvalue().strip().splitlines())
        parts.append(f"\n## `kinv {name}`\n\n```text\n{lines}\n```\n")
    for name, value in before.items():
        os.environ.pop(name) if value is None else os.environ.update({name: value})
    return "".join(parts)


def api() -> dict[str, str]:
    """Pages of the API by their place in docs/: commands and, for mkdocstrings, what is defined where."""
    from kinv.models import CLASSES
    from kinv.public_names import PUBLIC_NAMES

    functions = {name: place for name, place in PUBLIC_NAMES["kinv"].items() if not place.endswith(":")}
    own = {
        "Corruption": "kinv.layers.corruption",
        "LocalResponseNormalization": "kinv.layers.local_response_normalization",
    }
    pages = {
        "functions": ("kinv", functions),
        "models": ("kinv.models", CLASSES),
        "layers": ("kinv.layers", {**PUBLIC_NAMES["kinv.layers"], **own}),
        **{package: (f"kinv.{package}", defined_in(f"kinv.{package}")) for package in ("analysis", *OTHERS)},
    }
    written = {
        f"api/{page}.md": _page(package, names, {} if package == "kinv" else functions)
        for page, (package, names) in pages.items()
    }
    modules = {name: place[:-1] for name, place in PUBLIC_NAMES["kinv.figures"].items() if place.endswith(":")}
    parts = [
        _page(
            "kinv.figures", {name: place for name, place in PUBLIC_NAMES["kinv.figures"].items() if name not in modules}
        )
    ]
    for name, place in sorted(modules.items()):
        parts.append(_page(f"kinv.figures.{name}", defined_in(place, public=False)))
    return {"api/commands.md": commands(), "api/figures.md": "\n".join(parts), **written}


def defined_in(package: str, public: bool = True) -> dict[str, str]:
    """The functions and classes of a package or, without its public names, of a module: name to where it is defined."""
    module = importlib.import_module(package)
    names = module.__all__ if public else [name for name in vars(module) if not name.startswith("_")]
    things = {name: getattr(module, name) for name in names}
    places = {name: getattr(thing, "__module__", "") for name, thing in things.items() if callable(thing)}
    return {name: place for name, place in places.items() if place.startswith("kinv") and (public or place == package)}


def _page(package: str, names: Mapping[str, str], shown_elsewhere: Mapping[str, str] | None = None) -> str:
    """A page of a package, for mkdocstrings."""
    left = {name: place for name, place in names.items() if (shown_elsewhere or {}).get(name) != place}
    return f"# `{package}`\n" + "".join(f"\n::: {place}.{name}\n" for name, place in sorted(left.items()))


def filled(text: str) -> str:
    """A page with its places filled."""
    return PLACE.sub(lambda place: place[1] + TABLES[place[2]]() + place[3], text)


def pages() -> list[Path]:
    """All pages that are written by hand, but for their places."""
    written = {ROOT / "docs" / name for name in api()}
    return [ROOT / "README.md", *sorted(set((ROOT / "docs").rglob("*.md")) - written)]


def run() -> list[str]:
    """Fills all pages; returns the names of those that changed."""
    changed = []
    for page in pages():
        text = page.read_text(encoding="utf-8")
        if filled(text) != text:
            page.write_text(filled(text), encoding="utf-8")
            changed.append(page.relative_to(ROOT).as_posix())
    for name, text in api().items():
        page = ROOT / "docs" / name
        page.parent.mkdir(exist_ok=True)
        page.write_text(text, encoding="utf-8")
    for name, figure in IMAGES.items():
        shutil.copyfile(ROOT / "artifacts" / figure, ROOT / "docs" / "images" / name)
    print(f"Pages that changed: {', '.join(changed) or 'none'}")
    return changed


if __name__ == "__main__":
    command(run, __doc__)
