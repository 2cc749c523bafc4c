"""Dogs and cats from few labels, on features of a frozen ImageNet network: a linear probe, or its last block trained.

The trunk is frozen, so all images that a training could need go through it once; what it returns is kept on disk.
"""

import functools
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import keras
import numpy as np

import kinv
from kinv.whole_file import whole_file
from recipes.experiment.material import evenly
from recipes.experiment.naming import key_of
from recipes.families.augmentation import learned, probe
from recipes.families.augmentation.digits import balanced, start_anew
from recipes.families.augmentation.keras_layers import AugMix, RandAugment
from recipes.families.augmentation.maps import Maps, Nothing, affine_and_colour, flipped_and_cropped
from recipes.families.augmentation.material import Entry, Material
from recipes.families.augmentation.robustness import changed_images, mean_by_name
from recipes.families.augmentation.runs import Measured, packed
from recipes.families.augmentation.settings import PetSettings
from recipes.families.augmentation.trivial import TrivialAugment
from recipes.families.augmentation.trunks import CUTS, Trunk

FILL = "reflect"
AUGMENTED_AT_A_TIME = 64  # images
FOR_BOX = 16  # images that the box is calibrated on, without their labels


TABLE = {
    "none": Entry(lambda _, strength: Nothing()),
    "flip and crop": Entry(lambda _, strength: Maps(flipped_and_cropped(strength), FILL), (0.15, 0.3, 0.5)),
    "affine and colour": Entry(lambda _, strength: Maps(affine_and_colour(strength, True), FILL), (0.5, 1.0, 2.0)),
    "RandAugment": Entry(lambda _, strength: RandAugment(strength), (0.1, 0.25, 0.5)),
    "AugMix": Entry(lambda _, strength: AugMix(strength), (0.1, 0.3, 0.5)),
    "TrivialAugment": Entry(lambda _, strength: TrivialAugment(strength, FILL), (0.1, 0.25, 0.5)),
    "calibrated box": Entry(learned.box, (0.5, 1.0, 2.0), learned=True),
    "artifact of the own network": Entry(
        lambda material, strength: learned.artifact(f"itn_{material.name}", strength), (0.5, 1.0, 2.0), learned=True
    ),
    "artifact of the other network": Entry(
        lambda material, strength: learned.artifact(f"itn_{CUTS[material.name].other}", strength),
        (0.5, 1.0, 2.0),
        learned=True,
    ),
}


class PetFeatures:
    """Images, and what a trunk makes of them and of their augmented versions.

    Args:
        network: in `CUTS`.
        settings: of the tasks.
        seeds: whose subsets are needed.
        folder: of what is kept.
    """

    def __init__(self, network: str, settings: PetSettings, seeds: range, folder: Path):
        self.settings, self.folder = settings, folder
        self.trunk = Trunk(network, settings.size)
        source = kinv.data.find("pets").fitted((settings.size, settings.size, 3))
        images, labels = source.load(dtype="uint8")
        if labels is None or len(np.unique(labels)) != 2:
            raise ValueError(f"expected a folder of two classes, received {source.description}")
        self.images, self.labels, self.description = images, labels.astype("int32"), source.description
        in_turn = balanced(self.labels, len(labels), 0)
        ends = np.cumsum([2 * settings.validation, 2 * settings.test, 2 * settings.pool])
        self.validation, self.test, self.pool = (np.array(part) for part in np.split(in_turn, ends)[:3])
        self.needed = np.zeros(len(self.pool), int)  # versions of every image of the pool
        for seed in seeds:
            for count, versions in zip(settings.labels, settings.versions, strict=True):
                at = self.subset(count, seed)
                self.needed[at] = np.maximum(self.needed[at], versions)
        self.box = Material(
            images[self.pool[:FOR_BOX]].astype("float32"), None, 0, FILL, network,
            untrained=lambda: self.trunk.network, network=lambda: self.trunk.network,
            trained_with=lambda _: self.trunk.network, other=lambda: None,
        )  # fmt: skip
        self.augmented = functools.lru_cache(maxsize=4)(self._augmented)
        self.seen = functools.lru_cache(maxsize=1)(self._seen)

    def subset(self, count: int, seed: int) -> np.ndarray:
        """Which images of the pool have labels, `count` of each class. Of one seed, fewer are among more."""
        return balanced(self.labels[self.pool], 2 * count, seed)

    def identity(self) -> dict[str, Any]:
        """What features depend on."""
        names = ("size", "validation", "test", "pool")
        return {"images": self.description, **{name: getattr(self.settings, name) for name in names}}

    def _augmented(self, name: str, entry: Entry, strength: float) -> Mapping[str, np.ndarray]:
        """`rows`, int `(P, V)`: where version `v` of an image of the pool is in `maps` and `features`; -1: nowhere."""

        def made():
            augmentation, parts = entry.make(self.box, strength), []
            rows = np.full((len(self.pool), int(self.needed.max())), -1)
            for version in range(rows.shape[1]):
                at = np.flatnonzero(self.needed > version)
                rows[at, version] = sum(map(len, parts)) + np.arange(len(at))
                for start in range(0, len(at), AUGMENTED_AT_A_TIME):
                    some = self.images[self.pool[at[start : start + AUGMENTED_AT_A_TIME]]].astype("float32")
                    changed = np.asarray(augmentation.augment(some, 1000 * version + start))
                    parts.append(self.trunk.maps(changed))
            maps = np.concatenate(parts)
            return {"rows": rows, "maps": maps, "features": self.trunk.features(maps)}

        what = {"augmentation": name, "version": entry.version, "strength": strength, "needed": self.needed.tolist()}
        return self._kept(what, made)

    def _seen(self) -> Mapping[str, np.ndarray]:
        """Maps and features of validation images, test images, and test images under the eleven transformations."""

        def made():
            some = self.images[self.test[evenly(len(self.test), self.settings.robustness)]]
            changed = changed_images(some, FILL)
            whole = [self.images[self.validation], self.images[self.test], *changed.values()]
            maps = np.concatenate([self.trunk.maps(part) for part in whole])
            return {"maps": maps, "features": self.trunk.features(maps), "names": np.array(list(changed))}

        return self._kept({"seen": self.settings.robustness}, made)

    def _kept(self, what: Mapping[str, Any], made: Callable[[], dict[str, Any]]) -> Mapping[str, np.ndarray]:
        path = self.folder / f"{key_of({'network': self.trunk.name, **self.identity(), **what})}.npz"
        if not path.is_file():
            self.trunk.block.set_weights(self.trunk.pretrained)
            path.parent.mkdir(parents=True, exist_ok=True)
            arrays = made()
            with whole_file(path) as draft, open(draft, "wb") as file:
                np.savez(file, **arrays)
        with np.load(path) as kept:
            return {name: kept[name] for name in kept.files}


class Pets:
    """A task: dogs or cats, by a linear probe on a frozen network, or with its last block trained as well.

    The strengths of the second are those of the first, whose features are the same before the training.

    Args:
        features: of the network.
        kind: `"probe"` or `"block"`.
    """

    table = TABLE

    def __init__(self, features: PetFeatures, kind: str):
        self.features, self.kind, self.settings = features, kind, features.settings
        self.name, self.labels = f"pets_{features.trunk.name}_{kind}", features.settings.labels
        self.chosen_like = None if kind == "probe" else f"pets_{features.trunk.name}_probe"
        self.versions = dict(zip(self.settings.labels, self.settings.versions, strict=True))

    def identity(self) -> dict[str, Any]:
        """What a run's result depends on, besides its own settings."""
        used = asdict(self.settings)
        names = ("robustness", *(("block_steps", "block_rate", "batch_size") if self.kind == "block" else ()))
        return {"task": self.name, **self.features.identity(), **{name: used[name] for name in names}}

    def run(self, count: int, seed: int, entry: Entry, strength: float) -> Measured:
        """Trains once and measures."""
        name = next(name for name, one in self.table.items() if one is entry)
        made, seen = self.features.augmented(name, entry, strength), self.features.seen()
        at, versions = self.features.subset(count, seed), self.versions[count]
        rows = made["rows"][at, :versions].T.ravel()
        labels = np.tile(self.features.labels[self.features.pool[at]], versions)
        of_validation = self.features.labels[self.features.validation]
        first = len(of_validation)
        found, _ = probe.best(made["features"][rows], labels, seen["features"][:first], of_validation)
        of_test = self.features.labels[self.features.test]
        some = of_test[evenly(len(of_test), self.settings.robustness)]
        truth = np.concatenate([of_validation, of_test, np.tile(some, len(seen["names"]))])
        if self.kind == "probe":
            right = found.right(seen["features"], truth)
        else:
            network = self._trained(made["maps"][rows], labels, found, seed)
            said = network.predict(seen["maps"].astype("float32"), batch_size=100, verbose=0)[:, 0] > 0
            right = said == (truth == 1)
        second = first + len(of_test)
        changed = right[second:].reshape(len(seen["names"]), -1).mean(axis=1)
        return {
            "validation": float(right[:first].mean()),
            "right": packed(right[first:second]),
            "images": len(of_test),
            "robust": mean_by_name({str(name): changed for name in seen["names"]}, changed),
        }

    def _trained(self, maps: np.ndarray, labels: np.ndarray, found: probe.Probe, seed: int) -> keras.Model:
        """The last block from ImageNet's weights, and a head from the probe's, trained together."""
        network, trunk = self._network, self.features.trunk
        trunk.block.set_weights(trunk.pretrained)
        network.layers[-1].set_weights([found.weights[:, None], np.array([found.bias], "float32")])
        start_anew(network.optimizer)
        keras.utils.set_random_seed(seed)
        batches = kinv.training.shuffled_batches(maps.astype("float32"), labels, self.settings.batch_size, seed)
        network.fit(batches, steps_per_epoch=self.settings.block_steps, shuffle=False, verbose=0)
        return network

    @functools.cached_property
    def _network(self) -> keras.Model:
        """Block and head; batch normalisation stays as it is."""
        block = self.features.trunk.block
        for layer in block.layers:
            layer.trainable = not isinstance(layer, keras.layers.BatchNormalization)
        head = keras.layers.Dense(1)
        network = keras.Model(block.input, head(block.output))
        network.compile(
            keras.optimizers.Adam(
                keras.optimizers.schedules.CosineDecay(self.settings.block_rate, self.settings.block_steps)
            ),
            keras.losses.BinaryCrossentropy(from_logits=True),
            steps_per_execution=10,
            jit_compile=False,
        )
        network.optimizer.build(network.trainable_variables)
        return network
