"""Two well-known networks, for orientation beside one's own: how many of their predictions stay, as numbers.

python -m kinv.reports.landmarks --images imagenet_samples    # measures them again and writes landmarks.json
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from kinv.analysis.screening.screen import screen
from kinv.analysis.screening.tables import write_json
from kinv.analysis.screening.tolerance import mean_over_range
from kinv.classifiers.registry import load
from kinv.data.find import find

from .magnitudes import MAGNITUDES

FILE = Path(__file__).parent / "landmarks.json"
NETWORKS = {"SqueezeNet": "squeezenet", "EfficientNet-Lite0": "efficientnet_lite0"}
IMAGES = 200


def landmarks() -> dict[str, Any]:
    """By name: `images`, in words, and `curves`: magnitudes and shares of predictions that stay, by transformation."""
    return json.loads(FILE.read_text(encoding="utf-8"))


def kept_by(landmark: dict[str, Any], transformation: str, magnitudes: np.ndarray) -> float | None:
    """The mean share of predictions that stay over these ascending magnitudes `(M,)`; None if it was not measured."""
    if transformation not in landmark["curves"]:
        return None
    return mean_over_range(magnitudes, np.interp(magnitudes, *landmark["curves"][transformation]))


@dataclass(frozen=True)
class Landmarks:
    """Measures the landmarks of reports again, and writes them where reports read them."""

    images: str
    """A folder of ImageNet's photographs, or the name of a data set."""

    def run(self) -> None:
        """Screens both networks at the magnitudes of a report."""
        found = {}
        for title, name in NETWORKS.items():
            network = load(name)
            source = find(self.images, classes=network.output_shape[-1]).fitted(network.input_shape[1:]).evenly(IMAGES)
            screened = screen(
                network, source, transformations=list(MAGNITUDES), magnitudes=MAGNITUDES, progress=True
            ).accuracy
            found[title] = {
                "images": f"{source.count} photographs of ImageNet",
                "curves": {
                    transformation: [table["magnitude"].tolist(), table["unchanged"].round(4).tolist()]
                    for transformation, table in screened.groupby("transformation", sort=False)
                },
            }
        write_json(found, FILE)


if __name__ == "__main__":
    import tyro

    tyro.cli(Landmarks).run()
