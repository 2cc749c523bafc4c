"""What holds for all transformations beyond affine maps: gradients, shapes, compilation."""

import numpy as np
import pytest
import tensorflow as tf
from keras import ops

from kinv import backend
from kinv.ops.flows import FLOWS

each = pytest.mark.parametrize("name", FLOWS)


def test_warps_come_first_and_noise_last():
    assert list(FLOWS) == ["warp", "tone", "kernels", "noise"]
    assert [len(flow.modes) for flow in FLOWS.values()] == [8, 3, 4, 1]


@each
def test_gradients_are_those_of_finite_differences(name, images, random):
    flow = FLOWS[name]
    sizes = random.uniform(0.1, 0.3, (4, len(flow.modes))).astype("float32")
    weights = random.normal(size=images.shape).astype("float32")

    def objective(images, sizes):
        return ops.mean(flow.apply(images, sizes) * ops.convert_to_tensor(weights))

    _, gradients = backend.value_and_grad(objective)(images, sizes)
    directions = random.normal(size=images.shape), random.normal(size=sizes.shape)
    for step, which, gradient in zip((0.1, 1e-3), (0, 1), gradients, strict=True):
        ends = []
        for sign in (-1, 1):
            moved = [images.astype("float64"), sizes.astype("float64")]
            moved[which] = moved[which] + sign * step * directions[which]
            ends.append(float(objective(*(part.astype("float32") for part in moved))))
        slope = np.sum(ops.convert_to_numpy(gradient) * directions[which])
        assert (ends[1] - ends[0]) / (2 * step) == pytest.approx(slope, rel=0.05, abs=2e-3)


@each
def test_it_is_the_same_compiled_and_of_any_size(name, images, random):
    flow = FLOWS[name]
    sizes = random.uniform(-0.3, 0.3, (4, len(flow.modes))).astype("float32")
    signature = [tf.TensorSpec((None, None, None, 3)), tf.TensorSpec((None, len(flow.modes)))]
    found = tf.function(flow.apply, input_signature=signature)(images, sizes)
    np.testing.assert_allclose(found, flow.apply(images, sizes), atol=1e-3)


@each
@pytest.mark.long
def test_it_compiles_with_xla(name, images, random):
    flow = FLOWS[name]
    sizes = random.uniform(-0.3, 0.3, (4, len(flow.modes))).astype("float32")
    found = tf.function(flow.apply, jit_compile=True)(images, sizes)
    np.testing.assert_allclose(found, flow.apply(images, sizes), atol=2e-3)


@each
def test_wrong_shapes_are_refused(name, images):
    modes = len(FLOWS[name].modes)
    apply = FLOWS[name].apply
    with pytest.raises(ValueError, match=r"images must have shape \(batch, height, width, channels\)"):
        apply(images[0], np.zeros((4, modes)))
    with pytest.raises(ValueError, match=rf"sizes must have shape \(batch, {modes}\).*received \(4, {modes + 1}\)"):
        apply(images, np.zeros((4, modes + 1)))
    with pytest.raises(ValueError, match="received 4 images, but sizes for 3"):
        apply(images, np.zeros((3, modes)))
    with pytest.raises(ValueError, match="sizes must be finite"):
        apply(images, np.full((4, modes), np.nan))
