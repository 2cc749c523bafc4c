"""What is measured on a trained network."""

import kinv.backend  # noqa: F401  (starts the backend quietly, before anything else imports it)
from kinv.classifiers.predict import accuracy, predict, predict_classes
from kinv.public_names import lend
from kinv.surgery.tap import Tap, tap

from .activation_maximization import ActivationMaxima, maximize_activation
from .great_circles import follow_great_circles
from .invariance_decomposition import InvarianceDecomposition, decompose_invariance
from .invariance_manifold import InvarianceManifold, trace_manifold
from .invariance_measure import LayerInvariance, measure_invariance, summarise_manifold
from .learned_transformation import LearnedTransformation
from .linear_combination import combine_filters
from .screening import screen, transformed_strip
from .screening_results import Screening
from .unit_sampling import UnitSamples, sample_unit

__all__ = [
    "ActivationMaxima",
    "InvarianceDecomposition",
    "InvarianceManifold",
    "LayerInvariance",
    "LearnedTransformation",
    "Screening",
    "Tap",
    "UnitSamples",
    "accuracy",
    "combine_filters",
    "decompose_invariance",
    "follow_great_circles",
    "maximize_activation",
    "measure_invariance",
    "predict",
    "predict_classes",
    "sample_unit",
    "screen",
    "summarise_manifold",
    "tap",
    "trace_manifold",
    "transformed_strip",
]
__getattr__, __dir__ = lend(__name__, __all__)
