"""Both AlexNets against an independent forward pass: NumPy, float64, written from the papers, real shapes."""

import numpy as np
import pytest

from kinv import classifiers
from tests.data.test_foreign_files import FakeTensor, write_zip

BOUND = 1e-4  # of the largest logit: float32 against float64


def convolve(x, kernel, bias, stride=1, padding=0, groups=1):
    """Cross-correlation of `(C, H, W)` with `(O, C / groups, k, k)`, Caffe's and PyTorch's convention."""
    x = np.pad(x, ((0, 0), (padding, padding), (padding, padding)))
    size = kernel.shape[-1]
    windows = np.lib.stride_tricks.sliding_window_view(x, (size, size), (1, 2))[:, ::stride, ::stride]
    outputs = []
    for part, weights in zip(np.split(windows, groups), np.split(kernel, groups), strict=True):
        outputs.append(np.tensordot(weights, part, ((1, 2, 3), (0, 3, 4))))
    return np.concatenate(outputs) + bias[:, None, None]


def relu(x):
    return np.maximum(x, 0)


def pool(x):
    return np.lib.stride_tricks.sliding_window_view(x, (3, 3), (1, 2))[:, ::2, ::2].max((-1, -2))


def normalize(x):
    """Krizhevsky et al. 2012, section 3.3, with Caffe's constants."""
    result = np.empty_like(x)
    for channel in range(len(x)):
        neighbours = x[max(channel - 2, 0) : channel + 3]
        result[channel] = x[channel] / (1 + 1e-4 / 5 * (neighbours**2).sum(0)) ** 0.75
    return result


def draw(random, *shape):
    fan_in = np.prod(shape[1:])
    return random.normal(size=shape) * np.sqrt(2 / fan_in)


@pytest.mark.long
def test_two_towers_agree_with_numpy(tmp_path, random):
    shapes = {"conv1": (96, 3, 11), "conv2": (256, 48, 5), "conv3": (384, 256, 3), "conv4": (384, 192, 3)}
    shapes["conv5"] = (256, 192, 3)
    weights = {name: [draw(random, o, i, k, k), 0.1 * random.normal(size=o)] for name, (o, i, k) in shapes.items()}
    for name, shape in {"fc6": (4096, 9216), "fc7": (4096, 4096), "fc8": (1000, 4096)}.items():
        weights[name] = [draw(random, *shape), 0.1 * random.normal(size=shape[0])]
    image = random.uniform(0, 255, (227, 227, 3))

    bgr = image[..., ::-1] - np.array([103.939, 116.779, 123.68])
    x = relu(convolve(bgr.transpose(2, 0, 1), *weights["conv1"], stride=4))
    x = pool(normalize(x))
    x = pool(normalize(relu(convolve(x, *weights["conv2"], padding=2, groups=2))))
    x = relu(convolve(x, *weights["conv3"], padding=1))
    x = relu(convolve(x, *weights["conv4"], padding=1, groups=2))
    x = pool(relu(convolve(x, *weights["conv5"], padding=1, groups=2)))
    assert x.shape == (256, 6, 6)
    x = x.transpose(1, 2, 0).ravel()  # the .npy file's fc6 expects channels last
    for name in ("fc6", "fc7"):
        x = relu(weights[name][0] @ x + weights[name][1])
    expected = weights["fc8"][0] @ x + weights["fc8"][1]

    stored = {
        name: [kernel.transpose(2, 3, 1, 0) if kernel.ndim == 4 else kernel.T, bias]
        for name, (kernel, bias) in weights.items()
    }
    stored = {name: [value.astype("float32") for value in pair] for name, pair in stored.items()}
    np.save(tmp_path / "bvlc_alexnet.npy", np.array(stored, dtype=object), allow_pickle=True)
    model = classifiers.load("alexnet", weights=tmp_path / "bvlc_alexnet.npy")
    logits = model(image[None].astype("float32")).numpy()[0]
    np.testing.assert_allclose(logits, expected, atol=BOUND * np.abs(expected).max())


@pytest.mark.long
def test_one_tower_agrees_with_numpy(tmp_path, random):
    shapes = {0: (64, 3, 11), 3: (192, 64, 5), 6: (384, 192, 3), 8: (256, 384, 3), 10: (256, 256, 3)}
    tensors = {}
    for index, (o, i, k) in shapes.items():
        tensors[f"features.{index}.weight"] = draw(random, o, i, k, k)
        tensors[f"features.{index}.bias"] = 0.1 * random.normal(size=o)
    for index, shape in {1: (4096, 9216), 4: (4096, 4096), 6: (1000, 4096)}.items():
        tensors[f"classifier.{index}.weight"] = draw(random, *shape)
        tensors[f"classifier.{index}.bias"] = 0.1 * random.normal(size=shape[0])
    image = random.uniform(0, 255, (224, 224, 3))

    x = (image / 255 - [0.485, 0.456, 0.406]) / [0.229, 0.224, 0.225]
    x = x.transpose(2, 0, 1)
    for index, (stride, padding) in {0: (4, 2), 3: (1, 2), 6: (1, 1), 8: (1, 1), 10: (1, 1)}.items():
        x = relu(convolve(x, tensors[f"features.{index}.weight"], tensors[f"features.{index}.bias"], stride, padding))
        x = pool(x) if index in (0, 3, 10) else x
    x = x.ravel()
    for index in (1, 4, 6):
        x = tensors[f"classifier.{index}.weight"] @ x + tensors[f"classifier.{index}.bias"]
        x = relu(x) if index < 6 else x

    storages = {str(n): value.astype("float32").ravel() for n, value in enumerate(tensors.values())}
    state = {}
    for n, (name, value) in enumerate(tensors.items()):
        strides = tuple(int(s) // 8 for s in np.ascontiguousarray(value).strides)
        state[name] = FakeTensor(str(n), 0, value.shape, strides, value.size)
    write_zip(tmp_path / "alexnet.pth", state, storages)
    model = classifiers.load("alexnet_torchvision", weights=tmp_path / "alexnet.pth")
    logits = model(image[None].astype("float32")).numpy()[0]
    np.testing.assert_allclose(logits, x, atol=BOUND * np.abs(x).max())


def test_gradients_reach_the_image_on_cpus(random):
    from keras import ops

    from kinv import backend

    model = classifiers.build("alexnet")
    image = random.uniform(0, 255, (1, 227, 227, 3)).astype("float32")
    _, (gradient,) = backend.value_and_grad(lambda x: ops.sum(model(x, training=False)))(image)
    assert np.abs(gradient).max() > 0


def test_without_weights_the_message_names_both_files(no_data_folder, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(FileNotFoundError, match=r"bvlc_alexnet\.npy.*alexnet-owt-7be5be79\.pth"):
        classifiers.load("alexnet")


def test_a_file_of_other_weights_is_refused(tmp_path):
    np.save(
        tmp_path / "other.npy", np.array({"conv1": [np.zeros((3, 3)), np.zeros(3)]}, dtype=object), allow_pickle=True
    )
    with pytest.raises(ValueError, match="does not hold the weights of alexnet"):
        classifiers.load("alexnet", weights=tmp_path / "other.npy")
