"""VGG-16 and ResNet-101 through `keras.applications`, with preprocessing inside and logits out."""

from pathlib import Path

import keras
from keras import layers

from kinv.data.hdf5_files import count_numbers
from kinv.data.refusal import refusing

CAFFE_MEAN_BGR = (103.939, 116.779, 123.68)


def build_vgg16() -> keras.Model:
    """VGG-16 (Simonyan and Zisserman 2015) with random weights."""
    return _build(keras.applications.VGG16, "vgg16")


def build_resnet101() -> keras.Model:
    """ResNet-101 v1 (He et al. 2016) with random weights."""
    return _build(keras.applications.ResNet101, "resnet101")


def _build(network, name: str) -> keras.Model:
    images = layers.Input((224, 224, 3), name="images")
    bgr = images[..., ::-1]
    x = layers.Rescaling(1.0, [-mean for mean in CAFFE_MEAN_BGR], name="preprocessing")(bgr)
    core = network(weights=None, input_tensor=x, classifier_activation=None)
    return keras.Model(images, core.output, name=name)


def load_weights(model: keras.Model, path: Path) -> None:
    """Reads Keras's own weight files, `.h5` and `.weights.h5`."""
    with refusing(path, f"does not hold the weights of {model.name}"):
        count_numbers(path)
        model.load_weights(path)


def download_vgg16() -> Path:
    """Fetches VGG-16's weights into Keras's cache, checked by Keras."""
    return _download(keras.applications.VGG16, "vgg16_weights_tf_dim_ordering_tf_kernels.h5")


def download_resnet101() -> Path:
    """Fetches ResNet-101's weights into Keras's cache, checked by Keras."""
    return _download(keras.applications.ResNet101, "resnet101_weights_tf_dim_ordering_tf_kernels.h5")


def _download(network, file_name: str) -> Path:
    network(weights="imagenet")
    return Path(keras.config.keras_home()) / "models" / file_name
