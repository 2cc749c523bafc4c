"""Names that the command line knows before it starts TensorFlow, so that a misspelt one is refused at once."""

from .choices import unknown

CLASSIFIERS = (
    "squeezenet",
    "efficientnet_lite0",
    "alexnet",
    "alexnet_torchvision",
    "vgg16",
    "resnet101",
    "digit_cnn",
)
TRANSFORMATIONS = (
    "translate_x",
    "translate_y",
    "rotation",
    "scale_x",
    "scale_y",
    "zoom",
    "brightness",
    "contrast",
    "greyscale",
    "blur",
    "noise",
)


def unknown_classifier(name: str) -> str:
    """The message for a classifier that does not exist."""
    return unknown("classifier", name, CLASSIFIERS, " or a .keras file")


def transformation_names(name: str) -> list[str]:
    """The parts of the name of a transformation: `"zoom+rotation"` composes two.

    Raises:
        ValueError: if there is no such transformation.
    """
    parts = name.split("+")
    for part in parts:
        if part not in TRANSFORMATIONS:
            raise ValueError(unknown("transformation", part, TRANSFORMATIONS))
    return parts
