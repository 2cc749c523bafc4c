"""`kinv metamers`."""

import dataclasses
from pathlib import Path
from typing import Any

from kinv.known_names import CLASSIFIERS, unknown_classifier

from .networks import OnImages

OTHERS = 50  # images of which the spectrum is, and those that metamers are compared with


@dataclasses.dataclass(kw_only=True)
class Metamers(OnImages):
    """Finds, for images and layers, other images that the layer answers alike: what the network has thrown away."""

    output: Path
    """A folder for the results: ladder.png and metamers.csv."""
    layers: tuple[str, ...] = ()
    """Names of layers, see kinv layers; default: five from the first to the last."""
    judge: str | None = None
    """Another classifier, whose predictions for the metamers are compared with those for the images."""
    pairs: bool = False
    """Two metamers of each image, as far apart as the layer allows."""
    limit: int = 10
    """Maximum number of images, evenly spread over the data set."""
    steps: int = 150
    """Most steps of a search."""
    restarts: int = 3
    """How often a search that has not converged goes on for so many steps."""
    seed: int = 0

    def check_names(self) -> None:
        super().check_names()
        for name, given, least in (("limit", self.limit, 1), ("steps", self.steps, 1), ("restarts", self.restarts, 0)):
            if given < least:
                raise ValueError(f"--{name} must be at least {least}, received {given}")
        if self.judge is not None and self.judge not in CLASSIFIERS and not Path(self.judge).exists():
            raise ValueError(unknown_classifier(self.judge))

    def result(self) -> dict[str, Any]:
        self.check_names()
        from kinv.locks import FolderLock

        with FolderLock(self.output):
            return self._result()

    def _result(self) -> dict[str, Any]:
        network = self.load()

        from kinv import classifiers
        from kinv.analysis.metamers.metamers import metamers
        from kinv.figures import metamers as figures
        from kinv.figures.style import save_figures
        from kinv.whole_file import whole_file

        judge = None if self.judge is None else classifiers.load(self.judge, download=self.download)
        source = self.find(network, labels=False)
        (images, _), (others, _) = source.evenly(self.limit).load(), source.evenly(OTHERS).load()
        found = metamers(
            network,
            self.layers or None,
            images,
            judge=judge,
            pairs=self.pairs,
            seed=self.seed,
            steps=self.steps,
            restarts=self.restarts,
            others=others,
            progress=self.progress,
        )
        title = f"{network.name}: under each image, others that a layer hardly tells from it"
        save_figures({"ladder": figures.ladder(found, title=title)}, self.output)
        with whole_file(self.output / "metamers.csv") as draft:
            found.to_frame().to_csv(draft, index=False)
        return {
            "network": network.name,
            "layers": found.layers,
            "summary": found.summary(),
            "metamers": found.to_frame().to_dict("records"),
            "files": [self.output / "ladder.png", self.output / "metamers.csv"],
        }

    def show(self, result: dict[str, Any]) -> None:
        from .artifacts import plain

        print(plain(result["summary"]))
        print("Files: " + ", ".join(map(str, result["files"])))
