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
CLASSIFIERS_OF_DIGITS = ("digit_cnn",)  # the others know ImageNet's classes
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
PREPROCESSING_MODES = ("caffe", "tf", "torch")  # of keras.applications.imagenet_utils
PREPROCESSINGS = (
    *PREPROCESSING_MODES,
    "convnext",
    "densenet",
    "efficientnet",
    "efficientnet_v2",
    "inception_resnet_v2",
    "inception_v3",
    "mobilenet",
    "mobilenet_v2",
    "mobilenet_v3",
    "nasnet",
    "resnet",
    "resnet50",
    "resnet_v2",
    "vgg16",
    "vgg19",
    "xception",
)


def unknown_classifier(name: str) -> str:
    """The message for a classifier that does not exist."""
    return unknown("classifier", name, CLASSIFIERS, " or a .keras file")


def check_preprocessing(name: str) -> None:
    """Raises a ValueError if `keras.applications` has no such preprocessing."""
    if name not in PREPROCESSINGS:
        raise ValueError(unknown("preprocessing", name, PREPROCESSINGS, " or a function"))


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
