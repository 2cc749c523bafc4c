"""A family with flows beyond affine maps: smooth warps, tone curves, small kernels and noise."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import ops

import kinv
from kinv.analysis import compare_families, compare_with_random
from kinv.analysis.screening.learned_transformation import LearnedTransformation
from kinv.layers import FlowGenerator
from kinv.models import InvariantTransformer
from kinv.models.invariant_transformer.matrices import learned_and_random
from kinv.models.invariant_transformer.volume import DAMPING, margins
from kinv.ops.flows import FLOWS, add_noise, bend_tones, change_detail, warp_smoothly

from .test_model import brightness_blind, colored_images
from .test_volume import moved_logits, steps_of

EVERY = tuple(FLOWS)
MODES = 16


def family(flows=EVERY, reach=0.2, **kwargs):
    """A family that reaches as far along every mode, and nowhere else."""
    transformer = InvariantTransformer(beyond=flows, channels=3, **kwargs)
    for generator in transformer.parts():
        is_last = generator is transformer.beyond_generator
        generator.reach.assign((reach if is_last else 0.0) * np.eye(generator.controls))
    return transformer


@pytest.fixture
def pictures(random):
    return random.uniform(60, 180, (3, 16, 16, 3)).astype("float32")


# === What it does ===


def test_flows_come_in_the_order_of_the_catalogue_whatever_the_order_of_their_names():
    assert FlowGenerator(("noise", "tone")).get_config()["flows"] == ["tone", "noise"]
    assert FlowGenerator(EVERY).controls == MODES == sum(len(flow.modes) for flow in FLOWS.values())


def test_its_parts_are_the_flows_of_the_sizes(pictures, random):
    transformer = family()
    k = random.uniform(size=(3, MODES)).astype("float32")
    sizes = 0.2 * (2 * k - 1)
    still = (0.5 * np.ones(count, "float32") for count in transformer.controls[:2])
    expected = warp_smoothly(pictures, sizes[:, :8])
    expected = change_detail(bend_tones(expected, sizes[:, 8:11]), sizes[:, 11:15])
    expected = add_noise(expected, sizes[:, 15:], seed=5)
    np.testing.assert_allclose(transformer.transform(pictures, *still, k, seed=5), expected, atol=1e-3)


def test_in_the_middle_of_the_control_parameters_nothing_changes(pictures):
    transformer = family()
    ks = [0.5 * np.ones(count, "float32") for count in transformer.controls]
    np.testing.assert_array_equal(transformer.transform(pictures, *ks), pictures)
    np.testing.assert_array_equal(transformer.transform(pictures, *ks[:2]), pictures)


def test_one_seed_gives_the_same_images_and_noise_and_another_gives_others(pictures):
    for flows in (EVERY, ("noise",)):
        transformer = family(flows)
        first, again, other = (ops.convert_to_numpy(transformer.augment(pictures, seed)) for seed in (1, 1, 2))
        np.testing.assert_array_equal(first, again)
        assert all(np.abs(changed - pictures).mean() > 1 for changed in (first, other))
        assert np.abs(first - other).mean() > 1


def test_the_corners_of_figure_5_show_flows_where_all_is_changed(pictures):
    shown = kinv.figures.invariant_transformer.at_corners(family(), pictures)
    changes = np.abs(shown - pictures[:, None]).mean(axis=(0, 2, 3, 4))
    assert changes[[0, -1]].min() > 1 and changes[1:-1].max() == 0


def test_it_is_screened_along_a_walk_of_its_own(pictures):
    walks = LearnedTransformation.parts(family())
    assert [walk.part for walk in walks] == ["space", "color", "beyond"]
    magnitudes = np.array([0.0, 0.5, 1.0], "float32")
    moved = ops.convert_to_numpy(walks[-1].apply(pictures, magnitudes, "zeros", np.array([0, 0], "int32")))
    assert np.isnan(walks[-1].distance(magnitudes, (16, 16, 3))).all()
    np.testing.assert_array_equal(moved[1], pictures[1])
    assert min(np.abs(moved[place] - pictures[place]).mean() for place in (0, 2)) > 1


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"beyond": ("wrap",)}, "did you mean warp"),
        ({"beyond": ("warp", "warp")}, "different names"),
        ({"beyond": ("warp",), "family": "paper"}, "largest family"),
    ],
)
def test_wrong_flows_are_refused(wrong, message):
    with pytest.raises(ValueError, match=message):
        InvariantTransformer(channels=3, **wrong)


def test_one_flow_may_be_named_alone():
    assert InvariantTransformer(channels=3, beyond="warp").beyond == ("warp",)


def test_control_parameters_of_flows_that_are_not_there_are_refused(pictures):
    transformer = InvariantTransformer(channels=3)
    with pytest.raises(ValueError, match="k_beyond"):
        transformer.transform(pictures, 0.5 * np.ones(12), 0.5 * np.ones(6), 0.5 * np.ones(MODES))
    with pytest.raises(ValueError, match=r"k_beyond must have shape \(16,\)"):
        family().transform(pictures, 0.5 * np.ones(12), 0.5 * np.ones(6), 0.5 * np.ones(3))


# === Training ===


def test_without_a_share_to_keep_every_mode_grows_alike():
    images, labels = colored_images(np.random.default_rng(0), 8)
    transformer = InvariantTransformer(brightness_blind(), beyond=("tone", "noise"), seed=3)
    transformer.multiplier.assign(0.0)
    *_, beyond = steps_of(transformer, images, labels)
    np.testing.assert_allclose(beyond, np.eye(4), atol=1e-6)


@pytest.mark.long
def test_the_gradient_of_flows_is_that_of_the_share():
    """Along the reach of midtones, by differences of the share of the same members."""
    random, labels = np.random.default_rng(0), np.arange(2000, dtype="int32") % 2
    images = random.uniform(-40, 40, (2000, 16, 16, 3)) + np.where(labels, 115, 85)[:, None, None, None]
    images = images.astype("float32")
    transformer = InvariantTransformer(light_and_dark(), beyond=("tone",), smoothing=0.1, seed=3)
    for generator, reach in zip(transformer.parts(), (1e-4, 1e-4, 0.4), strict=True):
        generator.reach.assign(reach * np.eye(generator.controls))
    own = transformer.frozen.model(images)
    temperature = ops.mean(ops.abs(margins(own, labels)))

    def share(step):
        steps = [tf.zeros((12, 12)), tf.zeros((6, 6)), tf.constant(np.diag([step, 0, 0]), "float32")]
        return float(ops.mean(ops.sigmoid(margins(moved_logits(transformer, images, steps), labels) / temperature)))

    slope = (share(0.1) - share(-0.1)) / 0.2
    right, own_right = (
        np.mean(np.argmax(logits, axis=-1) == labels) for logits in (moved_logits(transformer, images), own)
    )
    transformer.multiplier.assign(10 * np.exp(-DAMPING * (transformer.accuracy_threshold * own_right - right)))
    *_, found = steps_of(transformer, images, labels)
    assert slope < -0.01
    assert (found[0, 0] - 1) / 10 == pytest.approx(slope, rel=0.15)


def light_and_dark():
    """Whether an image is lighter than a middle grey: tones matter, detail and noise hardly."""
    inputs = keras.Input((16, 16, 3))
    mean = keras.layers.GlobalAveragePooling2D()(keras.layers.Rescaling(1 / 40, offset=-100 / 40)(inputs))
    logits = keras.layers.Dense(2, use_bias=False)
    model = keras.Model(inputs, logits(mean))
    logits.set_weights([np.array([[-1, 1]] * 3, "float32")])
    return model


@pytest.mark.long
def test_it_starts_farther_along_what_the_network_ignores():
    random = np.random.default_rng(0)
    images = random.uniform(-40, 40, (20, 16, 16, 3)) + np.where(np.arange(20) % 2, 85, 115)[:, None, None, None]
    transformer = InvariantTransformer(light_and_dark(), beyond=("tone", "kernels"))
    transformer.adapt(images.astype("float32"))
    midtones, *_, sharpness, _, _, _ = np.diag(ops.convert_to_numpy(transformer.beyond_generator.reach))
    assert sharpness > 5 * midtones > 0


@pytest.mark.release
def test_training_keeps_the_share_and_grows_what_is_ignored():
    random = np.random.default_rng(0)
    images = random.uniform(-40, 40, (200, 16, 16, 3)) + np.where(np.arange(200) % 2, 85, 115)[:, None, None, None]
    network = light_and_dark()
    transformer = InvariantTransformer(network, beyond=("tone", "kernels"), accuracy_threshold=0.9)
    transformer.compile(keras.optimizers.SGD(0.1))
    keras.utils.set_random_seed(0)  # of the batches
    history = transformer.fit(images.astype("float32"), epochs=40, batch_size=50, verbose=0).history
    assert np.mean(history["accuracy"][-5:]) == pytest.approx(0.9, abs=0.05)
    assert history["beyond_volume"][-1] > history["beyond_volume"][0] + 5
    lengths = np.linalg.norm(ops.convert_to_numpy(transformer.beyond_generator.reach), axis=1)
    assert lengths[3:].mean() > 2 * lengths[0]


# === Kept and compared ===


def test_a_saved_one_does_the_same(tmp_path, pictures):
    transformer = family(("tone", "noise"))
    path = tmp_path / "family.keras"
    transformer.save(path)
    loaded = keras.saving.load_model(path)
    assert loaded.beyond == ("tone", "noise")
    np.testing.assert_array_equal(loaded.augment(pictures, 3), transformer.augment(pictures, 3))


@pytest.mark.long
def test_its_artifact_does_the_same(tmp_path, pictures):
    transformer = family()
    kinv.save(transformer, tmp_path / "artifact", {"name": "family"})
    loaded = kinv.load(tmp_path / "artifact")
    np.testing.assert_allclose(loaded.augment(pictures, 3), transformer.augment(pictures, 3), atol=1e-2)
    ks = [0.5 * np.ones((3, count), "float32") for count in transformer.controls]
    ks[-1][:] = 0.8
    np.testing.assert_allclose(loaded.transform(pictures, *ks), transformer.transform(pictures, *ks), atol=1e-2)


@pytest.mark.release
def test_it_is_compared_with_boxes_of_the_same_modes():
    images, labels = colored_images(np.random.default_rng(0), 40)
    network = brightness_blind()
    transformer = InvariantTransformer(network, beyond=("tone",), fill="nearest")
    compared = compare_families(transformer, network, images, labels, calibrated_on=images[:20])
    assert list(compared.families[0].parts) == ["space", "color", "beyond"]
    assert compared.families[0].parts["beyond"].generators == 3
    assert compared.families[0].whole == "all" and "all_larger" in compared.metrics()
    assert "In all three together" in compared.summary() and "In flows beyond affine maps" in compared.summary()
    simple = next(one for one in compared.simple if one.name == compared.larger_in_each()[0])
    for part in compared.families[0].parts:
        more = compared.in_proportion["learned"].log_volume(part) - simple.log_volume(part)
        assert more == pytest.approx(compared.larger_in_each()[1], abs=0.1)


def test_random_sizes_are_as_large_as_the_learned_ones():
    images, labels = colored_images(np.random.default_rng(0), 8)
    transformer = family(("tone", "noise"), reach=0.5)
    learned, at_random = learned_and_random(transformer, np.zeros((8, 4, 4, 3), "float32"), 1, 50, [0])
    sizes = np.linalg.norm(learned.beyond, axis=1)
    np.testing.assert_allclose(np.linalg.norm(at_random.beyond, axis=1), sizes, rtol=1e-5)
    assert np.abs(at_random.beyond - learned.beyond).max(axis=1).min() > 0.01
    compared = compare_with_random(transformer, brightness_blind(), images, labels, draws=1)
    np.testing.assert_allclose(compared.beyond_distance, sizes[None], rtol=1e-5)
    assert f"flows {sizes.mean():.2f}" in compared.summary() and "NEVER EXPLORED" not in compared.summary()


def test_it_is_compared_with_hand_made_families_which_have_no_flows():
    images, labels = colored_images(np.random.default_rng(0), 12)
    transformer = family(("tone", "noise"), classifier=brightness_blind())
    for generator in transformer.parts()[:2]:
        generator.reach.assign(0.05 * np.eye(generator.controls))
    found = transformer.evaluate_invariance(images, labels, draws=1)
    assert ", without flows, keeps" in found.summary() and found.hand_made_unchanged.shape == (1, 6)


def test_two_batches_share_no_noise():
    transformer = family(("noise",), reach=0.5)
    grey = np.full((4, 16, 16, 3), 128, "float32")
    batches = [transformer.augment(grey), transformer.augment(grey), transformer(grey, training=True)]
    batches += [transformer.augment(grey, (7, number)) for number in range(2)]
    signs = np.sign(np.concatenate([ops.convert_to_numpy(batch) - 128 for batch in batches]).reshape(20, -1))
    alike = np.abs(signs @ signs.T) / signs.shape[1]
    assert (alike - np.eye(20) * alike).max() < 0.3


def test_families_of_other_flows_are_not_compared():
    images, labels = colored_images(np.random.default_rng(0), 8)
    network = brightness_blind()
    for flows in (("warp",), ()):
        transformer = InvariantTransformer(network, beyond=flows)
        with pytest.raises(ValueError, match="received tone of 'other'"):
            compare_families(
                transformer, network, images, labels, calibrated_on=images,
                others={"other": InvariantTransformer(network, beyond="tone")},
            )  # fmt: skip
