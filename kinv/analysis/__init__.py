"""What is measured on a trained network."""

import kinv.backend  # noqa: F401  (starts the backend quietly, before anything else imports it)
from kinv.classifiers.predict import accuracy, predict, predict_classes, resized_for
from kinv.intervals import wilson_interval
from kinv.public_names import lend
from kinv.surgery.tap import Tap, tap

from .directions.directions import invariant_directions
from .directions.result import Directions, InvariantDirections
from .layers.movement import LayerMovement, measure_layers
from .metamers.result import Metamers
from .screening.class_means import class_means
from .screening.corruption_errors import CorruptionErrors
from .screening.learned_transformation import LearnedTransformation
from .screening.paired import compared_tolerance
from .screening.screen import screen
from .screening.strip import class_examples, transformed_strip
from .screening.tables import Screening
from .units.combination import combine_filters
from .units.decomposition import InvarianceDecomposition, decompose_invariance
from .units.great_circles import follow_great_circles
from .units.manifold import InvarianceManifold, trace_manifold
from .units.maximization import ActivationMaxima, maximize_activation
from .units.measure import LayerInvariance, measure_invariance, summarise_manifold
from .units.sampling import UnitSamples, sample_unit

__all__ = [
    "ActivationMaxima",
    "CorruptionErrors",
    "Directions",
    "InvarianceDecomposition",
    "InvarianceManifold",
    "InvariantDirections",
    "LayerInvariance",
    "LayerMovement",
    "LearnedTransformation",
    "Metamers",
    "Screening",
    "Tap",
    "UnitSamples",
    "accuracy",
    "class_examples",
    "class_means",
    "combine_filters",
    "compared_tolerance",
    "decompose_invariance",
    "follow_great_circles",
    "invariant_directions",
    "maximize_activation",
    "measure_invariance",
    "measure_layers",
    "predict",
    "predict_classes",
    "resized_for",
    "sample_unit",
    "screen",
    "summarise_manifold",
    "tap",
    "trace_manifold",
    "transformed_strip",
    "wilson_interval",
]
__getattr__, __dir__ = lend(__name__, __all__)
