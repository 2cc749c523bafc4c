"""What the command line knows before TensorFlow starts is what there is."""

import keras

from kinv import classifiers, ops
from kinv.known_names import CLASSIFIERS, CLASSIFIERS_OF_DIGITS, IMAGENET_C, PREPROCESSINGS, TRANSFORMATIONS


def test_the_names_are_those_of_the_registries():
    assert tuple(classifiers.CLASSIFIERS) == CLASSIFIERS
    assert tuple(ops.TRANSFORMATIONS) == TRANSFORMATIONS
    assert tuple(ops.IMAGENET_C) == IMAGENET_C
    assert all(classifiers.build(name).output_shape[-1] == 10 for name in CLASSIFIERS_OF_DIGITS)


def test_the_preprocessings_are_those_of_keras():
    modules = {
        name for name in dir(keras.applications) if hasattr(getattr(keras.applications, name), "preprocess_input")
    }
    assert {*PREPROCESSINGS} == {"caffe", "tf", "torch", *modules} - {"imagenet_utils"}
