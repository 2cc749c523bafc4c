"""Tables of what artifacts' recipes measured, for the pages."""

import json
from pathlib import Path
from typing import Any

from kinv.analysis.filters.change_parts import PARTS as CHANGES
from kinv.analysis.filters.change_parts import REST

ROOT = Path(__file__).parents[2]
LAYERWISE = {
    "dbn_mnist": "1.34 % (LISA tutorials)",
    "sdae_mnist": "1.30 % (LISA tutorials)",
    "sdae_silhouettes": "",
    "sdae_rotated_mnist": "",
    "sdae_patches": "like Gabor functions",
    "dbn_patches": "not like them",
}
PARTS = {"space": "space", "color": "colour", "beyond": "flows"}  # of a family of transformations
FILTERS = {
    "network": ("the network as it is", ".2%", "97.1 %"),
    "averaged": ("average of 10 sets of filters, layers above retrained", ".2%", "98.2 %"),
    "control": ("control: its own filters, layers above retrained", ".2%", ""),
    "single_mean": ("single sets, nothing retrained: mean of 100", ".2%", ""),
    "single_worst": ("the worst of them", ".2%", ""),
    "movement": ("how far these move outputs, in standard deviations between images", ".2f", ""),
    "generated": ("ten sets scaled to one movement", ".1%", ""),
    "best_other": ("control: the best of noise and hand-made filters at this movement", ".1%", ""),
    "apart": ("distance of the outputs of one image under two codes", ".2f", ""),
    "explained_variance": ("explained variance of the code", ".2f", ""),
    "diversity": ("diversity, in standard deviations of the real filters", ".2f", ""),
    "counterpart_mismatch": ("of the squared movement, what counterparts do not say", ".2f", ""),
    "counterpart_change": ("mean change of counterparts, of 255", ".1f", ""),
    "counterpart_unchanged": ("counterparts that are still the same digit to the classifier", ".1%", ""),
    "counterpart_judge": ("the same, to a second network", ".1%", ""),
    "grid_fall": ("grids of digits: the objective falls by", ".0%", ""),
    "control_grid_fall": ("control: a random linear code that moves outputs as far", ".0%", ""),
    "grid_unchanged": ("cells that are still the same digit to the classifier", ".1%", ""),
    "grid_corner_change": ("mean change of the corner cells, of 255", ".1f", ""),
    "control_grid_corner_change": ("control", ".1f", ""),
    **{
        f"grid_part_{name.replace(' ', '_')}": (f"of the squared change of these, {name}", ".0%", "")
        for name in (*CHANGES, REST)
    },
}


def metadata(name: str) -> dict[str, Any]:
    """What an artifact's recipe measured, and how."""
    return json.loads((ROOT / "artifacts" / name / "metadata.json").read_text(encoding="utf-8"))


def table(header: str, rows: list[list[str]]) -> str:
    """A table in Markdown; the header's columns are separated by `|`."""
    columns = header.split("|")
    lines = [[column.strip() for column in columns], ["---"] * len(columns), *rows]
    return "".join("| " + " | ".join(line) + " |\n" for line in lines)


def invariant_transformer() -> str:
    """Learned transformations and the control, of every network."""
    rows = []
    for network in ("squeezenet", "efficientnet_lite0", "digit_cnn"):
        known = metadata(f"itn_{network}")
        of, family = known["metrics"], known["config"].get("family", "paper")
        family += ", with flows" if known["config"].get("beyond") else ""
        distances = f"{of['space_distance']:.2f}, {of['color_distance']:.2f}"
        rows.append([network, family, f"{of['learned_unchanged']:.1%}", f"{of['random_unchanged']:.1%}", distances])
    return table("network | family | predictions unchanged, learned | random | distance in space, in colour", rows)


def largest_family() -> str:
    """SqueezeNet's largest family beside simple ones, at the same share of unchanged predictions."""
    return _families("itn_squeezenet")


def largest_family_of_efficientnet() -> str:
    """The same of EfficientNet-Lite0."""
    return _families("itn_efficientnet_lite0")


def largest_family_of_digits() -> str:
    """The same of digits, with flows."""
    return _families("itn_digit_cnn")


def _families(name: str) -> str:
    known, rows = metadata(name), []
    counts: dict[str, int] = dict(zip(("color", "space", "beyond"), known["controls"], strict=False))
    order = [part for part in PARTS if part in counts]
    for row in known["families"]:
        volumes = [(row[f"{part}_log_volume"], row[f"{part}_effective_dimension"]) for part in order]
        parts = [
            ("none" if volume is None else f"{volume:.1f}") + f", {directions:.1f}" for volume, directions in volumes
        ]
        rows.append([row["family"], f"{row['unchanged']:.1%}", *parts])
    columns = [f"{PARTS[part]}: log-volume, dimension of {counts[part]}" for part in order]
    return table(" | ".join(["family", "unchanged", *columns]), rows)


def filter_gan() -> str:
    """All numbers of the two Filter GANs."""
    conv4, conv2 = (metadata(f"filter_gan_mnist_{layer}")["metrics"] for layer in ("conv4", "conv2"))
    rows = [
        [title, format(conv4[name], form), format(conv2[name], form), paper]
        for name, (title, form, paper) in FILTERS.items()
    ]
    return table(" | conv4 | conv2 | the paper's", rows)


def filter_curves() -> str:
    """Accuracy of single sets of filters by how far they move outputs, of both layers."""
    of_layers = {layer: metadata(f"filter_gan_mnist_{layer}")["curves"] for layer in ("conv4", "conv2")}
    movements = sorted({round(row["movement"], 2) for curves in of_layers.values() for row in curves})
    rows, header = [], ["layer", "filters", *(f"{movement:g}" for movement in movements)]
    for layer, curves in of_layers.items():
        for name in dict.fromkeys(row["filters"] for row in curves):
            found = {round(row["movement"], 2): row for row in curves if row["filters"] == name}
            cells = [
                f"{row['accuracy']:.1%} ({row['low']:.0%} to {row['high']:.0%})" if row and row["accuracy"] else ""
                for row in map(found.get, movements)
            ]
            rows.append([layer, name, *cells])
    return table(" | ".join(header), rows)


def layerwise() -> str:
    """Test errors, or what filters look like."""
    rows = []
    for name, paper in LAYERWISE.items():
        of = metadata(name)["metrics"]
        edges = f"{of.get('edge_share', 0):.0%} edges; Gabor functions explain {of.get('explained_by_gabor', 0):.0%}"
        rows.append([f"`{name}`", f"{of['test_error']:.2%}" if "test_error" in of else edges, paper])
    return table("artifact | result | published, or the paper's words", rows)
