"""Writes the table of presets that comes with kinv, from the artifacts in `artifacts/`.

python -m recipes.experiment.presets                        # after an artifact was added or trained again
python -m recipes.experiment.presets --published            # also pins what the organisation has on the hub
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from recipes.experiment.command_line import command

DATA = {
    "rotated_mnist": "rotated digits",
    "mnist": "handwritten digits",
    "patches": "patches of photographs",
    "silhouettes": "silhouettes",
}
METHODS = {"dbn": "deep belief net", "sdae": "stack of denoising autoencoders"}


def about(metadata: Mapping[str, Any]) -> str:
    """What an artifact is, in a line."""
    network, config = (metadata.get("classifier") or {}).get("name"), metadata["config"]
    if metadata["card"] == "layerwise":
        data = next(words for part, words in DATA.items() if metadata["name"].endswith(part))
        return f"a {METHODS[metadata['name'].partition('_')[0]]} of {data}"
    return {
        "invariant_transformer": f"transformations that {network} ignores, to augment images",
        "filter_gan": f"filters for the layer {config.get('layer')} of {network}",
        "coupled_generator": f"images that classes of {network} like best",
        "denoising_autoencoder": "a denoising autoencoder of photographs",
        "digit_cnn": "a convolutional network that reads digits",
    }[metadata["card"]]


def measured(metrics: Mapping[str, float], card: str) -> tuple[str, str]:
    """The result that counts, and its baseline, in words."""
    if card == "invariant_transformer":
        learned, control = metrics["learned_unchanged"], metrics["random_unchanged"]
        return f"{learned:.0%} of predictions unchanged", f"{control:.0%} under random ones of equal size"
    if card == "filter_gan":
        return (
            f"{metrics['generated']:.1%} right with drawn filters",
            f"{metrics['best_other']:.1%} with noise that moves outputs as far",
        )
    if card == "coupled_generator":
        return f"{metrics['first_five_of_judge']:.0%} among a judge's first five, one seed", "0.5% by chance"
    if card == "denoising_autoencoder":
        return f"{metrics['explained']:.0%} of the variance reconstructed", ""
    if card == "digit_cnn":
        return f"{metrics['test_accuracy']:.2%} right", ""
    if "test_error" in metrics:
        return f"{metrics['test_error']:.1%} test error, fine-tuned", ""
    return f"{metrics['explained_by_gabor']:.0%} of filters' variance explained by Gabors", ""


def run(folder: Path = Path("artifacts"), published: bool = False) -> dict[str, Any]:
    """Writes the table, and returns it.

    Args:
        folder: holds the artifacts.
        published: looks up each one's newest commit on the hub, pulls it, and pins it. Without this, pins stay as they
            are while the artifact does.
    """
    import kinv
    from kinv.artifacts.layout import CONFIG, FIGURES, read_json
    from kinv.artifacts.summary import endpoints
    from kinv.hub.handle import SCHEME
    from kinv.hub.presets import TABLE, manifest_sha256, organisation, presets

    before, table = json.loads(TABLE.read_text(encoding="utf-8")), {}
    for artifact in sorted(manifest.parent for manifest in folder.glob("*/manifest.json")):
        files, metadata = kinv.verify(artifact), kinv.hub.read_metadata(artifact)
        kind = read_json(artifact / CONFIG)["class"]
        result, control = measured(metadata["metrics"], metadata["card"])
        sizes = [entry["size"] for name, entry in files.items() if not name.startswith(f"{FIGURES}/")]
        known = {
            "kind": kind,
            "about": about(metadata),
            "result": result,
            "control": control,
            "bytes": sum(sizes),
            "license": "Apache-2.0",
            "recipe": metadata["recipe"],
            "endpoints": endpoints(kinv.load(artifact)),
            "manifest_sha256": manifest_sha256(artifact),
        }
        old = before.get(artifact.name, {})
        if published:
            pulled = kinv.pull(f"{SCHEME}{organisation()}/{artifact.name}")
            known |= {"commit": pulled.name, "published_sha256": manifest_sha256(pulled)}
        elif old.get("manifest_sha256") == known["manifest_sha256"] and "commit" in old:
            known |= {name: old[name] for name in ("commit", "published_sha256")}
        table[artifact.name] = known
    TABLE.write_text(json.dumps(table, indent=1) + "\n", encoding="utf-8")
    presets.cache_clear()
    print(f"{len(table)} presets: {TABLE}")
    return table


if __name__ == "__main__":
    command(run, __doc__)
