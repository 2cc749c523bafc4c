"""What is measured on a trained network."""

import kinv.backend  # noqa: F401  (starts the backend quietly, before anything else imports it)
from kinv.classifiers.predict import accuracy, predict, predict_classes
from kinv.surgery.tap import Tap, tap

from .activation_matching import ActivationMatches, match_activations
from .activation_maximization import ActivationMaxima, maximize_activation
from .filter_quality import FilterQuality, accuracy_of_sets, averaged_and_control, filter_quality, retrain_above
from .gabor import GaborFit, fit_gabors
from .great_circles import follow_great_circles
from .invariance_decomposition import InvarianceDecomposition, decompose_invariance
from .invariance_manifold import InvarianceManifold, trace_manifold
from .invariance_measure import LayerInvariance, measure_invariance, summarise_manifold
from .learned_invariance import InvarianceComparison, compare_with_random, predictions_along_k
from .learned_transformation import LearnedTransformation
from .linear_combination import combine_filters
from .matching_findings import shape_share, summarise_matches
from .partition_function import LogPartition, estimate_log_partition, exact_log_partition, log_likelihood
from .picture_judgement import PictureStatistics, class_ranks, picture_statistics, resized_for
from .screening import screen, transformed_strip
from .screening_results import Screening
from .unit_sampling import UnitSamples, sample_unit

__all__ = [
    "ActivationMatches",
    "ActivationMaxima",
    "FilterQuality",
    "GaborFit",
    "InvarianceComparison",
    "InvarianceDecomposition",
    "InvarianceManifold",
    "LayerInvariance",
    "LearnedTransformation",
    "LogPartition",
    "PictureStatistics",
    "Screening",
    "Tap",
    "UnitSamples",
    "accuracy",
    "accuracy_of_sets",
    "averaged_and_control",
    "class_ranks",
    "combine_filters",
    "compare_with_random",
    "decompose_invariance",
    "estimate_log_partition",
    "exact_log_partition",
    "filter_quality",
    "fit_gabors",
    "follow_great_circles",
    "log_likelihood",
    "match_activations",
    "maximize_activation",
    "measure_invariance",
    "picture_statistics",
    "predict",
    "predict_classes",
    "predictions_along_k",
    "resized_for",
    "retrain_above",
    "sample_unit",
    "screen",
    "shape_share",
    "summarise_manifold",
    "summarise_matches",
    "tap",
    "trace_manifold",
    "transformed_strip",
]
