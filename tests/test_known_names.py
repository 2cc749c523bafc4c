"""What the command line knows before TensorFlow starts is what there is."""

from kinv import classifiers, ops
from kinv.known_names import CLASSIFIERS, TRANSFORMATIONS


def test_the_names_are_those_of_the_registries():
    assert tuple(classifiers.CLASSIFIERS) == CLASSIFIERS
    assert tuple(ops.TRANSFORMATIONS) == TRANSFORMATIONS
