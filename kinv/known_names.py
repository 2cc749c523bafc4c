"""Names that the command line knows before it starts TensorFlow, so that a misspelt one is refused at once."""

from collections.abc import Iterable

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
IMAGENET_C_SET = "imagenet_c"  # stands for all of these
IMAGENET_C = (
    "imagenet_c.gaussian_noise",
    "imagenet_c.shot_noise",
    "imagenet_c.impulse_noise",
    "imagenet_c.defocus_blur",
    "imagenet_c.glass_blur",
    "imagenet_c.motion_blur",
    "imagenet_c.zoom_blur",
    "imagenet_c.snow",
    "imagenet_c.frost",
    "imagenet_c.fog",
    "imagenet_c.brightness",
    "imagenet_c.contrast",
    "imagenet_c.elastic_transform",
    "imagenet_c.pixelate",
    "imagenet_c.jpeg_compression",
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
    parts, known = name.split("+"), (*TRANSFORMATIONS, *IMAGENET_C)
    for part in parts:
        if part == IMAGENET_C_SET:
            raise ValueError(f"{IMAGENET_C_SET} stands for {len(IMAGENET_C)} transformations, expected one in {name!r}")
        if part not in known:
            raise ValueError(unknown("transformation", part, known))
    return parts


def each_transformation(names: Iterable[str]) -> list[str]:
    """Names of transformations, with `"imagenet_c"` replaced by the fifteen that it stands for."""
    return [one for name in names for one in (IMAGENET_C if name == IMAGENET_C_SET else (name,))]
