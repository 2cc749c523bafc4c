"""The benchmark of augmentations: what is drawn, what is paired, what is chosen, what is kept, and the table."""

import json
from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pytest

from kinv.models import InvariantTransformer
from recipes import augmentation_benchmark
from recipes.families.augmentation import digits, learned, probe, report, robustness
from recipes.families.augmentation.keras_layers import AugMix, RandAugment
from recipes.families.augmentation.maps import Maps, Nothing, Warped, affine_and_colour, flipped_and_cropped, shifted
from recipes.families.augmentation.material import Entry
from recipes.families.augmentation.runs import Measured, Runs, packed, unpacked
from recipes.families.augmentation.settings import DigitSettings, PetSettings
from recipes.families.augmentation.trivial import TrivialAugment

SMALL = augmentation_benchmark.SMALL
MADE = {
    "none": Nothing,
    "shift": lambda: Maps(shifted(0.2), "zeros"),
    "crop": lambda: Maps(flipped_and_cropped(0.3), "reflect"),
    "jitter": lambda: Maps(affine_and_colour(1.0, True), "reflect"),
    "elastic": lambda: Warped(Maps(affine_and_colour(1.0, False), "zeros"), 0.3),
    "trivial": lambda: TrivialAugment(0.5, "zeros"),
    "RandAugment": lambda: RandAugment(0.3),
    "AugMix": lambda: AugMix(0.3),
}


@pytest.mark.parametrize("name", MADE)
@pytest.mark.parametrize("channels", [1, 3])
def test_a_seed_determines_what_an_augmentation_does(name, channels):
    images = np.random.default_rng(0).uniform(0, 255, (5, 28, 28, channels)).astype("float32").round()
    before = images.copy()
    first, again, other = (MADE[name]().augment(images, seed) for seed in (1, 1, 2))
    assert first.shape == images.shape and first.dtype == np.float32
    assert first.min() >= 0 and first.max() <= 255
    np.testing.assert_array_equal(first, again)
    np.testing.assert_array_equal(images, before)
    assert (first == images).all() == (name == "none")
    assert (first == other).all() == (name == "none")


def test_at_strength_0_nothing_changes():
    images = np.random.default_rng(0).uniform(0, 255, (40, 12, 12, 3)).astype("float32")
    np.testing.assert_array_equal(TrivialAugment(0.0, "zeros").augment(images, 3), images)
    np.testing.assert_array_equal(Maps(shifted(0.0), "zeros").augment(images, 3), images)
    np.testing.assert_allclose(Maps(affine_and_colour(0.0, False), "zeros").augment(images, 3), images, atol=1e-3)
    np.testing.assert_array_equal(Warped(Maps(shifted(0.0), "zeros"), 0.0).augment(images, 3), images)


def test_shifts_are_whole_pixels_and_mirror_images_are_half():
    images = np.random.default_rng(0).uniform(0, 255, (200, 10, 10, 1)).astype("float32")
    moved = Maps(shifted(0.2), "zeros").augment(images, 0)
    assert np.isin(moved[moved > 0], images).all()
    mirrored = Maps(flipped_and_cropped(0.0), "zeros").augment(images, 0)
    flips = np.isclose(mirrored, images[:, :, ::-1], atol=1e-3).all(axis=(1, 2, 3))
    same = np.isclose(mirrored, images, atol=1e-3).all(axis=(1, 2, 3))
    assert (flips ^ same).all() and 70 < flips.sum() < 130


def test_a_learned_family_is_scaled_about_the_identity():
    import kinv

    family = kinv.models.InvariantTransformer(channels=1, seed=1)
    images = np.random.default_rng(0).uniform(0, 255, (3, 12, 12, 1)).astype("float32")
    np.testing.assert_array_equal(learned.Scaled(family, 0.0).augment(images, 5), images)
    own = np.asarray(family.augment(images, 5))
    np.testing.assert_allclose(learned.Scaled(family, 1.0).augment(images, 5), own, atol=1e-2)
    assert np.abs(learned.Scaled(family, 2.0).augment(images, 5) - own).max() > 1e-2


def test_flows_of_a_learned_family_are_scaled_too():
    images = np.random.default_rng(0).uniform(0, 255, (6, 12, 12, 1)).astype("float32")
    family = InvariantTransformer(channels=1, beyond=("warp", "noise"))
    as_it_is = learned.Scaled(family, 1.0).augment(images, 3)
    np.testing.assert_allclose(as_it_is, family.augment(images, 3), atol=1e-3)
    np.testing.assert_allclose(learned.Scaled(family, 0.0).augment(images, 3), images, atol=1e-3)
    half = learned.Scaled(family, 0.5).augment(images, 3)
    assert 1 < np.abs(half - images).mean() < np.abs(as_it_is - images).mean()


@pytest.mark.release
def test_the_family_of_the_own_network_goes_on_from_the_one_before(no_data_folder, monkeypatch):
    """Every strength starts from the first family, which is learned once."""
    task, starts = digits.Digits("digits", SMALL, False), []
    fit = learned.fit

    def recorded(transformer, images, labels, steps, seed):
        parts = [*transformer.get_weights(), np.asarray(transformer.seed_generator.state)]
        starts.append((steps, np.concatenate([part.ravel() for part in parts])))
        fit(transformer, images, labels, steps, seed)

    monkeypatch.setattr(learned, "fit", recorded)
    material = task.material(10, 0)
    for strength in (0.5, 1.0):
        learned.of_own_network(material, strength)
    steps = [one for one, _ in starts]
    assert steps == [2, *[1] * 2 * (learned.ROUNDS - 1)]
    again = 1 + learned.ROUNDS - 1  # where the second strength begins
    np.testing.assert_array_equal(starts[1][1], starts[again][1])
    assert not np.array_equal(starts[1][1], starts[2][1])


def test_equal_seeds_share_images_and_fewer_are_among_more():
    labels = np.random.default_rng(0).integers(0, 10, 500)
    few, more = (digits.balanced(labels, count, 1) for count in (10, 100))
    assert set(few) < set(more) and len(set(more)) == 100
    assert (np.bincount(labels[more]) == 10).all()
    assert set(digits.balanced(labels, 100, 2)) != set(more)


def test_trainings_of_a_seed_start_alike_and_repeat(no_data_folder):
    task = digits.Digits("digits", replace(SMALL, steps=3), False)
    material = task.material(10, 4)
    assert task.material(10, 4) is material and material.labels is not None
    assert sorted(material.labels) == list(range(10))
    first = [weight.copy() for weight in material.untrained().get_weights()]
    entry = task.table["shift crop"]
    measured = task.run(10, 4, entry, 0.2)
    for before, after in zip(first, material.untrained().get_weights(), strict=True):
        np.testing.assert_array_equal(before, after)
    assert task.run(10, 4, entry, 0.2) == measured
    assert set(measured["robust"]) == set(robustness.TRANSFORMATIONS)
    other = [weight.copy() for weight in task.material(10, 5).untrained().get_weights()]
    assert any((one != two).any() for one, two in zip(first, other, strict=True))


class Known:
    """A task whose accuracy is known: strength 2 is best on validation images, 3 in the test."""

    name: str = "known"
    labels: tuple[int, ...] = (4, 8)
    chosen_like: str | None = None
    table: Mapping[str, Entry] = {
        "none": Entry(lambda _, strength: Nothing()),
        "baseline": Entry(lambda _, strength: Nothing(), (1.0, 2.0, 3.0)),
        "ours": Entry(lambda _, strength: Nothing(), (1.0, 2.0, 3.0), learned=True),
    }

    def __init__(self):
        self.asked = []

    def identity(self):
        return {"task": self.name}

    def run(self, count: int, seed: int, entry: Entry, strength: float) -> Measured:
        self.asked.append((count, seed, strength))
        right = np.arange(100) < (50 + 10 * strength + 5 * entry.learned - seed)
        validation = 1 - abs(strength - 2) / 10
        return {"validation": validation, "right": packed(right), "images": 100, "robust": {"rotation": 0.5}}


def test_strengths_are_chosen_on_validation_images_and_nothing_is_run_twice(tmp_path, capsys):
    task, runs = Known(), Runs(tmp_path, range(3), 2, 3)
    runs.of(task)
    assert len(task.asked) == 2 * (3 + 7 + 7)  # labels; none, and two that are tuned on two of three seeds
    assert runs.chosen["known", 4, "ours"] == 2.0 and runs.chosen["known", 4, "none"] == 1.0
    assert "known, 8 labels" in capsys.readouterr().out
    again = Runs(tmp_path, range(3), 2, 3)
    before = len(task.asked)
    again.of(task)
    assert len(task.asked) == before and again.rows == runs.rows
    found = {row["augmentation"]: row for row in report.summarised(runs.rows) if row["labels"] == 4}
    assert found["none"]["mean"] == pytest.approx(0.59) and found["baseline"]["mean"] == pytest.approx(0.69)
    assert found["ours"]["best_baseline"] == "baseline" and found["baseline"]["over_best"] is None
    assert found["ours"]["over_best"]["difference"] == pytest.approx(0.05)
    assert found["ours"]["over_none"]["verdict"] == "better"
    table = report.markdown(report.summarised(runs.rows))
    assert "| augmentation | 4 | 8 |" in table and "| ours | 74.0 ± 1.0 (+5.0, better) |" in table
    report.print_tables(report.summarised(runs.rows))
    assert report.drawn(report.summarised(runs.rows)).axes

    half = Runs(tmp_path / "middle", range(1), 1, 1, ("ours",))
    half.of(Known())
    assert {row["strength"] for row in half.rows} == {2.0}


def test_another_task_takes_the_strengths(tmp_path):
    runs, task, follower = Runs(tmp_path, range(2), 1, 3), Known(), Known()
    follower.name, follower.chosen_like = "follower", "known"
    runs.of(task)
    runs.of(follower)
    assert {strength for _, _, strength in follower.asked} == {1.0, 2.0}


def test_paired_differences_have_seeds_and_images_apart():
    random = np.random.default_rng(0)
    right = random.uniform(size=(5, 400)) < 0.8
    same = report.compared(right, right)
    assert same["difference"] == 0 and same["verdict"] == "as good"
    worse = report.compared(right, right | (random.uniform(size=right.shape) < 0.5))
    assert worse["verdict"] == "worse" and worse["low"] < worse["difference"] < worse["high"] < 0
    np.testing.assert_array_equal(unpacked(packed(right[0]), 400), right[0])


def test_the_probe_is_at_its_minimum():
    random = np.random.default_rng(0)
    features, labels = random.normal(3, 2, (60, 5)).astype("float32"), random.integers(0, 2, 60)
    features[:, 0] += 4 * labels
    found = probe.fitted(features, labels, 0.1)
    deviation = features.std(axis=0) + 1e-3 * features.std() + 1e-9
    margin = np.where(labels == 1, 1, -1) * (features @ found.weights + found.bias)
    slope = -np.where(labels == 1, 1, -1) / (1 + np.exp(margin)) / 60
    gradient = ((features - features.mean(axis=0)) / deviation).T @ slope + 0.1 * found.weights * deviation
    np.testing.assert_allclose(gradient, 0, atol=1e-4)
    assert found.right(features, labels).mean() > 0.8


@pytest.mark.long
def test_pets_go_through_the_trunk_once(tmp_path, monkeypatch):
    from PIL import Image

    from recipes.families.augmentation import pets

    random = np.random.default_rng(0)
    for number, name in enumerate(("cat", "dog")):
        (tmp_path / "pets" / name).mkdir(parents=True)
        for index in range(8):
            pixels = random.uniform(0, 100, (70, 80, 3)) + 120 * number
            Image.fromarray(pixels.astype("uint8")).save(tmp_path / "pets" / name / f"{index}.png")
    monkeypatch.setenv("KINV_DATA_DIR", str(tmp_path))
    settings = PetSettings(
        labels=(1, 2), versions=(3, 2), pool=3, validation=2, test=3, size=64, robustness=1, block_steps=10
    )
    features = pets.PetFeatures("squeezenet", settings, range(2), tmp_path / "features")
    assert not set(features.validation) & set(features.test) and not set(features.test) & set(features.pool)
    linear, block = (pets.Pets(features, kind) for kind in ("probe", "block"))
    entry = linear.table["flip and crop"]
    for task in (linear, block):
        measured = task.run(2, 0, entry, 0.3)
        assert unpacked(measured["right"], 6).mean() > 0.6 and set(measured["robust"]) == set(
            robustness.TRANSFORMATIONS
        )
        assert task.run(2, 0, entry, 0.3) == measured
    kept = features.augmented("flip and crop", entry, 0.3)
    assert (kept["rows"] >= 0).sum() == features.needed.sum() == len(kept["maps"])
    monkeypatch.setattr(features.trunk, "maps", lambda _: pytest.fail("went through the trunk again"))
    again = pets.PetFeatures("squeezenet", settings, range(2), tmp_path / "features")
    again.trunk.maps = features.trunk.maps
    assert pets.Pets(again, "probe").run(2, 0, entry, 0.3) == linear.run(2, 0, entry, 0.3)


def test_without_a_folder_pets_are_left_out(tmp_path, no_data_folder, capsys):
    config = replace(augmentation_benchmark.PRESETS["smoke"], tasks=("pets_squeezenet",))
    assert augmentation_benchmark.tasks("pets_squeezenet", config, tmp_path) == []
    assert "pets_squeezenet is left out" in capsys.readouterr().out
    with pytest.raises(ValueError, match="tasks must be among"):
        augmentation_benchmark.tasks("birds", config, tmp_path)


@pytest.mark.long
def test_from_end_to_end(tmp_path, no_data_folder, monkeypatch):
    config = replace(
        augmentation_benchmark.PRESETS["smoke"], output=tmp_path / "runs", checkpoints=tmp_path / "runs",
        augmentations=("none", "Augerino", "paper's ITN"), seeds=1,
    )  # fmt: skip
    found = augmentation_benchmark.run(config)
    assert [row["augmentation"] for row in found] == ["none", "Augerino", "paper's ITN"]
    (folder,) = (path.parent for path in (tmp_path / "runs").glob("*/numbers.json"))
    assert json.loads((folder / "numbers.json").read_text())["results"] == found
    assert "| none |" in (folder / "summary.md").read_text()
    assert len((folder / "runs.csv").read_text().splitlines()) == 4
    monkeypatch.setattr(digits, "train", lambda *_: pytest.fail("trained again"))
    assert augmentation_benchmark.run(config) == found


def test_the_default_compares_all_that_it_should():
    assert {"none", "RandAugment", "AugMix", "TrivialAugment", "Augerino", "paper's ITN"} < set(digits.TABLE)
    assert all(len(entry.strengths) in (1, 3) for entry in digits.TABLE.values())
    assert DigitSettings().labels == (10, 100, 300)
