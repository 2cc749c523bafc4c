"""Families of maps as elements of the Lie algebra, and their volumes at the same share."""

import numpy as np
import pytest

from kinv.analysis import compare_families
from kinv.models import InvariantTransformer
from kinv.models.invariant_transformer.box import FARTHEST, calibrated_box
from kinv.models.invariant_transformer.families import Generators, random_directions
from kinv.models.invariant_transformer.matrices import Matrices
from kinv.ops import lie

from .test_model import brightness_blind, colored_images

NAMES = [*lie.color_generators(3), *lie.SPACE]
LIGHT = NAMES.index("shift of light")


# === Families ===


def test_ends_of_the_box_are_where_predictions_change():
    def kept(member):  # shifts of less than 0.3 to the right and any to the left; no change of light
        return float(member[NAMES.index("shift sideways")] < 0.3 and abs(member[LIGHT]) < 1e-3)

    box = calibrated_box(kept, np.eye(18))
    sideways = NAMES.index("shift sideways")
    assert 0.27 < box.high[sideways] < 0.3 and box.low[sideways] == -FARTHEST
    assert abs(box.low[LIGHT]) < 0.01 and box.high[LIGHT] < 0.01
    assert box.high[NAMES.index("rotation")] == FARTHEST
    drawn = box.draw(500, np.random.default_rng(0))
    assert (drawn >= box.low).all() and (drawn <= box.high).all() and drawn[:, sideways].min() < -2


@pytest.mark.parametrize("channels", [1, 3])
def test_maps_and_sizes_lead_to_each_other(channels, random):
    generators = Generators(channels)
    sizes = 0.3 * random.normal(size=(20, generators.count))
    np.testing.assert_allclose(generators.sizes(generators.maps(sizes)), sizes, atol=2e-4)


def test_a_mirror_image_has_no_sizes_and_a_family_of_them_can_not_be_scaled():
    color, space = np.eye(3, 4)[None].repeat(3, 0), np.eye(2, 3)[None].repeat(3, 0)
    space[0, 0, 0] = -1
    sizes = Generators(3).sizes(Matrices(color, space))
    assert np.isnan(sizes[0]).all() and np.isfinite(sizes[1:]).all()
    space[:, 0, 0] = -1
    with pytest.raises(ValueError, match="0 of 3"):
        Generators(3).sizes(Matrices(color, space))


@pytest.mark.parametrize("channels", [1, 3])
def test_hand_made_directions_are_contrast_brightness_and_movements(channels):
    generators = Generators(channels)
    contrast, brightness, *moves = np.log(2) * channels**0.5 * generators.hand_made[:, None]
    maps = generators.maps(contrast)
    np.testing.assert_allclose(maps.color[0], 2 * np.eye(channels, channels + 1), atol=1e-5)
    color = generators.maps(brightness).color[0]
    np.testing.assert_allclose(color[:, :-1], np.eye(channels), atol=1e-6)
    np.testing.assert_allclose(color[:, -1], np.log(2), atol=1e-6)
    assert [np.abs(generators.maps(move).space - np.eye(2, 3)).max() > 0.1 for move in moves] == [True] * 4


def test_random_directions_have_the_sizes_that_they_are_like(random):
    like = random.normal(size=(50, 18)) * np.linspace(0.1, 1, 18)
    found = random_directions(Generators(3).split(like), random)
    for ours, theirs in zip(Generators(3).split(found), Generators(3).split(like), strict=True):
        np.testing.assert_allclose(np.linalg.norm(ours, axis=1), np.linalg.norm(theirs, axis=1))


# === At the same share ===


@pytest.fixture(scope="module")
def compared():
    """A network that compares channels, and a family that was made by hand to change the light of all of them."""
    random = np.random.default_rng(0)
    classifier = brightness_blind()
    transformer = InvariantTransformer(classifier, fill="nearest")
    reach = 0.02 * np.eye(12)
    reach[LIGHT, LIGHT] = 0.3
    transformer.color_generator.reach.assign(reach)
    transformer.space_generator.reach.assign(0.1 * np.eye(6))
    half = InvariantTransformer(classifier, fill="nearest")
    for generator, whole in zip(half.parts(), transformer.parts(), strict=True):
        generator.reach.assign(0.5 * whole.reach)
    images, labels = colored_images(random, 60)
    return compare_families(
        transformer, classifier, images, labels, calibrated_on=colored_images(random, 30)[0], share=0.85, draws=2,
        others={"half": half},
    )  # fmt: skip


@pytest.mark.long
def test_families_are_scaled_to_the_same_share(compared):
    assert [family.name for family in compared.families] == [
        "learned", "half", "random directions", "hand-made", "calibrated box",
    ]  # fmt: skip
    for family in compared.families:
        assert family.unchanged.shape == (60,) and family.unchanged.mean() == pytest.approx(0.85, abs=0.04)
        assert family.slope < 0 and family.factor > 0 and family.left_out == 0


@pytest.mark.long
def test_volumes_are_those_of_the_scaled_members(compared):
    learned = compared.families[0]
    expected = 11 * np.log(0.02) + np.log(0.3) + 12 * (np.log(learned.factor) - np.log(3) / 2)
    assert learned.log_volume("color") == pytest.approx(expected, abs=0.4)
    hand_made = compared.families[3]
    assert hand_made.log_volume("color") < learned.log_volume("color") - 50  # ten directions are missing


def learned_volume(compared):
    return compared.families[0].log_volume("both")


@pytest.mark.long
def test_the_verdict_names_the_best_simple_family_and_has_an_interval(compared):
    best, difference, (low, high) = compared.larger("color")
    assert best in ("random directions", "calibrated box") and low < difference < high
    words = {True: "larger than", False: "SMALLER than"}[low > 0] if low > 0 or high < 0 else "about as large as"
    assert f"In colour, the learned family is {words} {best}" in compared.summary()
    assert "In both together" in compared.summary()
    space, color = (max(family.log_volume(part) for family in compared.simple) for part in ("space", "color"))
    assert len(compared.simple) == 3
    assert compared.larger("both")[1] >= learned_volume(compared) - space - color - 1e-6
    assert len(compared.to_frame()) == 5 and compared.metrics()["color_larger"] == difference


@pytest.mark.long
def test_in_the_proportion_of_the_best_simple_family_it_is_larger_by_as_much_in_each_part(compared):
    best, difference, (low, high) = compared.larger_in_each()
    simple = next(family for family in compared.simple if family.name == best)
    for part in ("space", "color"):
        more = compared.in_proportion["learned"].log_volume(part) - simple.log_volume(part)
        assert more == pytest.approx(difference, abs=0.05)
    assert low < difference < high and compared.metrics()["each_larger"] == difference
    assert compared.in_proportion["learned"].unchanged.mean() == pytest.approx(0.85, abs=0.04)
    assert f"In the proportion of {best}" in compared.summary()


@pytest.mark.long
def test_every_learned_family_has_a_verdict_and_its_size_does_not_matter(compared):
    learned, half = (compared.metrics_of(name) for name in ("learned", "half"))
    assert half.keys() == learned.keys()
    assert compared.families[1].factor == pytest.approx(2 * compared.families[0].factor, rel=0.15)
    assert half["both_log_volume"] == pytest.approx(learned["both_log_volume"], abs=2)
    assert half["each_larger"] == pytest.approx(learned["each_larger"], abs=2)
    assert "In space, the learned family 'half' is" in compared.summary()
    with pytest.raises(ValueError, match="the learned families are learned, half; received 'hand-made'"):
        compared.larger("space", "hand-made")


@pytest.mark.long
def test_only_the_simple_families_that_are_asked_for():
    images, labels = colored_images(np.random.default_rng(0), 12)
    network = brightness_blind()
    transformer = InvariantTransformer(network, fill="nearest")
    found = compare_families(
        transformer, network, images, labels, calibrated_on=images, simple=("random directions",), draws=1
    )
    assert [family.name for family in found.families] == ["learned", "random directions"]
    assert "hand-made" not in found.summary() and "calibrated box" not in found.summary()
    same = compare_families(
        transformer, network, images, labels, calibrated_on=images, simple=("random directions",), draws=1,
        others={"again": transformer},
    )  # fmt: skip
    assert same.families[0].log_volume("both") == same.families[1].log_volume("both")  # of the same members
    assert same.metrics() == found.metrics()  # whatever else is compared
    flat = compare_families(transformer, network, images, labels, calibrated_on=images, simple=("hand-made",), draws=1)
    assert "the learned family cannot be compared with hand-made: one of them has no volume" in flat.summary()


def test_families_that_fill_in_another_way_are_not_compared():
    images, labels = colored_images(np.random.default_rng(0), 8)
    network = brightness_blind()
    transformer, other = (InvariantTransformer(network, fill=fill) for fill in ("nearest", "zeros"))
    with pytest.raises(ValueError, match="received 'zeros' of 'other' beside 'nearest'"):
        compare_families(transformer, network, images, labels, calibrated_on=images, others={"other": other})


def test_a_family_that_changes_nothing_at_any_size_is_refused():
    random = np.random.default_rng(0)
    images, _ = colored_images(random, 8)
    ignorant = brightness_blind()
    ignorant.layers[-1].set_weights([np.zeros((3, 3), "float32")])
    with pytest.raises(ValueError, match="no size of the family 'learned' keeps 85%"):
        compare_families(InvariantTransformer(ignorant), ignorant, images, calibrated_on=images)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"share": 1.0}, "share"),
        ({"draws": 0}, "draws"),
        ({"simple": ()}, "simple must be among .*, received none"),
        ({"simple": ("box",)}, "received box"),
        ({"others": {"hand-made": None}}, "names of their own, received hand-made"),
    ],
)  # fmt: skip
def test_wrong_numbers_are_refused(wrong, message):
    images, _ = colored_images(np.random.default_rng(0), 8)
    network = brightness_blind()
    with pytest.raises(ValueError, match=message):
        compare_families(InvariantTransformer(network), network, images, calibrated_on=images, **wrong)
