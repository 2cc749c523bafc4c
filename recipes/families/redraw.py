"""Draws the figures of committed artifacts again, without training: for when a figure's code has changed.

python -m recipes.families.redraw                           # all in artifacts/, a quarter of an hour
python -m recipes.families.redraw --names itn_squeezenet

What an artifact does not hold can't be drawn: the training of an Invariant Transformer Net whose metadata lack the
curves; reconstructions of a stack of which only the fine-tuned classifier was kept. Such figures go.
"""

import shutil
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

import kinv
from recipes.experiment import cards
from recipes.experiment.command_line import command
from recipes.experiment.material import Labelled, find_halves, load_digits

Metadata = Mapping[str, Any]
Drawn = tuple[dict[str, Any], dict[str, Any]]  # figures by name, and what the metadata say of them


@dataclass(frozen=True)
class Settings:
    """A recipe's settings as an artifact's metadata keeps them."""

    values: Metadata

    def __getattr__(self, name: str) -> Any:
        return self.values[name]


def invariant_transformer(transformer: Any, metadata: Metadata) -> Drawn:
    """Figures of the paper, and what the metadata say of them."""
    from recipes.families import invariant_transformer as family

    classifier = kinv.classifiers.load(metadata["classifier"]["name"])
    train, held_out = find_halves(metadata["config"]["data"], False)
    images, labels = held_out.load(classifier.input_shape[1], metadata["config"]["limit"])
    names, history = family.class_names(classifier, train), metadata.get("history")
    shown = family.publishable(classifier)
    figures, changes = family.draw(transformer, classifier, images, labels, names, history, shown)
    return figures, {"figure_5": changes}


def filter_gan(gan: Any, metadata: Metadata) -> Drawn:
    """Filters, their map, grids and counterparts; not the curves, which take minutes to measure."""
    from recipes.families import filter_gan as family
    from recipes.families import filter_gan_report

    config = Settings(metadata["config"])
    classifier = kinv.classifiers.load(metadata["classifier"]["name"])
    gan.set_classifier(classifier)
    images = load_digits(config.data, False, config.limit)[1].images
    shown = np.linspace(0, len(images) - 1, config.matched).astype(int)[: filter_gan_report.GRIDS]
    drawings = filter_gan_report.draw(gan, family.grids(gan, images[shown], config), config.layer, config.seed)
    if config.movement is not None:
        drawings["counterparts.png"] = filter_gan_report.draw_counterparts(gan, images, config.layer, config.seed)
    return drawings, {}


def layerwise(stack: Any, metadata: Metadata) -> Drawn:
    """Filters, reconstructions and samples."""
    import keras

    from kinv.models.layerwise import figures as deep_units
    from recipes.families import layerwise as family
    from recipes.families import patches

    config, name = Settings(metadata["config"]), metadata["name"]
    if name.endswith("patches"):
        held_out = kinv.data.natural_patches(
            config.limit // 10, size=config.size, source=config.data, seed=config.seed, held_out=True
        ).vectors
        kernel = keras.ops.convert_to_numpy(stack.blocks[0].kernel)
        fits = kinv.analysis.fit_gabors(kernel.T.reshape(-1, config.size, config.size))
        again = np.asarray(stack.reconstruct(held_out, 1))
        return patches.patch_figures(name, kernel[:, np.argsort(-fits.explained)], held_out, again, config.size), {}
    data: str = config.data
    test: Labelled = load_digits(family.SOURCES.get(data, data), False, config.limit)[1]
    if metadata["holds"] == "classifier":
        dense = next(layer for layer in stack.layers if isinstance(layer, keras.layers.Dense))
        title = f"{name}: weights of 100 units of the first layer"
        kernel = keras.ops.convert_to_numpy(dense.kernel)
        return {"filters.png": deep_units.filters(kernel, test.images.shape[1:3], title=title)}, {}
    return dict(family.stack_figures(stack, test, name, config.seed, metadata["config"].get("sample_steps", 0))), {}


def digit_cnn(classifier: Any, metadata: Metadata) -> Drawn:
    """The hardest digits."""
    from recipes.digit_cnn import hardest

    return {"hardest.png": hardest(classifier, load_digits(metadata["config"]["data"], False, None)[1])}, {}


def coupled_generator(gallery: Any, metadata: Metadata) -> Drawn:
    """The contact sheet."""
    from recipes.coupled_gallery import sheet

    return {"sheet_00.png": sheet(gallery.images(), list(gallery.labels), metadata["classifier"]["name"])}, {}


def denoising_autoencoder(autoencoder: Any, metadata: Metadata) -> Drawn:
    """Reconstructions of photographs."""
    from recipes.dae_photos import reconstructions

    return {"reconstructions.png": reconstructions(autoencoder)}, {}


DRAWN: dict[str, Callable[[Any, Metadata], Drawn]] = {
    made.__name__: made
    for made in (invariant_transformer, filter_gan, layerwise, digit_cnn, coupled_generator, denoising_autoencoder)
}


def run(names: tuple[str, ...] = (), folder: Path = Path("artifacts")) -> None:
    """Replaces the figures of artifacts, what their metadata say of figures, their cards and manifests.

    Then `recipes.experiment.presets` and `recipes.experiment.pages` follow.

    Args:
        names: of the artifacts; default: all of the folder.
        folder: holds them.
    """
    from kinv.artifacts.layout import METADATA, to_json
    from kinv.artifacts.manifest import write_manifest

    for artifact in sorted(folder / name for name in names) if names else sorted(folder.iterdir()):
        metadata = kinv.hub.read_metadata(artifact)
        figures, known = DRAWN[metadata["card"]](kinv.load(artifact), metadata)
        with tempfile.TemporaryDirectory(dir=folder) as drawn:
            for name, figure in figures.items():
                figure.savefig(Path(drawn) / name)
            shutil.rmtree(artifact / "figures")
            shutil.copytree(drawn, artifact / "figures")
        if known:
            metadata = {**metadata, **known}
            (artifact / METADATA).write_text(to_json(metadata), encoding="utf-8")
        (artifact / "README.md").write_text(cards.render(metadata), encoding="utf-8")
        write_manifest(artifact)
        kinv.verify(artifact)
        print(f"{artifact}: {', '.join(sorted(figures))}", flush=True)


if __name__ == "__main__":
    command(run, __doc__)
