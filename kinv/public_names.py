"""Public names of a package that are defined in a later one, and what `kinv` itself shows: imported on first use.

A layer that serves one method is defined beside that method, and people look for it in `kinv.layers`. An import there
would invert the dependencies, and would load every method with the first layer.
"""

import sys
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any

from kinv.requirements import tensorflow_needed

# package: public name: the module that defines it; where that ends in a colon, the name stands for the module itself.
PUBLIC_NAMES = {
    "kinv": {
        "ArtifactError": "kinv.artifacts.errors",
        "Screening": "kinv.analysis.screening.tables",
        "analysis": "kinv.analysis:",
        "classifiers": "kinv.classifiers:",
        "combine_filters": "kinv.analysis.units.combination",
        "data": "kinv.data:",
        "decompose_invariance": "kinv.analysis.units.decomposition",
        "describe_layers": "kinv.analysis.layers.describe",
        "export": "kinv.artifacts.export_formats",
        "figures": "kinv.figures:",
        "free_filters": "kinv.analysis.filters.free",
        "hub": "kinv.hub:",
        "invariant_directions": "kinv.analysis.directions.directions",
        "layers": "kinv.layers:",
        "list_presets": "kinv.hub.presets",
        "load": "kinv.hub.resolve",
        "match_activations": "kinv.models.filter_gan.matching",
        "maximize_activation": "kinv.analysis.units.maximization",
        "measure_invariance": "kinv.analysis.units.measure",
        "measure_layers": "kinv.analysis.layers.movement",
        "metamers": "kinv.analysis.metamers.metamers",
        "models": "kinv.models:",
        "ops": "kinv.ops:",
        "preflight": "kinv.classifiers.preflight",
        "pull": "kinv.hub.pull",
        "push": "kinv.hub.push",
        "report": "kinv.reports.report",
        "sample_unit": "kinv.analysis.units.sampling",
        "save": "kinv.artifacts.artifact",
        "screen": "kinv.analysis.screening.screen",
        "trace_manifold": "kinv.analysis.units.manifold",
        "training": "kinv.training:",
        "verify": "kinv.artifacts.verification",
        "wrap": "kinv.surgery.wrap",
    },
    "kinv.figures": {
        "contact_sheet": "kinv.figures.images",
        "directions": "kinv.analysis.directions.figures:",
        "filter_gan": "kinv.models.filter_gan.figures:",
        "invariant_transformer": "kinv.models.invariant_transformer.figures:",
        "labelled_rows": "kinv.figures.images",
        "layers": "kinv.analysis.layers.figures:",
        "layerwise": "kinv.models.layerwise.figures:",
        "metamers": "kinv.analysis.metamers.figures:",
        "sensitivity": "kinv.analysis.screening.figures:",
        "units": "kinv.analysis.units.figures:",
    },
    "kinv.layers": {
        "ActivationDiscriminator": "kinv.models.filter_gan.discriminator",
        "ColorTransformer": "kinv.models.invariant_transformer.transformers",
        "Conditioner": "kinv.models.invariant_transformer.conditioner",
        "FeatureGain": "kinv.models.coupled_generator.feature_gain",
        "FilterGenerator": "kinv.models.filter_gan.generator",
        "FlowGenerator": "kinv.models.invariant_transformer.flow_generator",
        "InvariancePooling": "kinv.models.filter_gan.invariance_pooling",
        "LearnedAugmentation": "kinv.hub.learned_augmentation",
        "LieGenerator": "kinv.models.invariant_transformer.lie_generator",
        "MatrixGenerator": "kinv.models.invariant_transformer.matrix_generator",
        "RandomViews": "kinv.models.coupled_generator.random_views",
        "SpatialTransformer": "kinv.models.invariant_transformer.transformers",
        "SpectralDecoder": "kinv.models.coupled_generator.spectral_decoder",
        "TiedAutoencoder": "kinv.models.layerwise.tied_autoencoder",
    },
    "kinv.analysis": {  # of methods, which need TensorFlow, as the rest of `analysis` does not
        "ActivationMatches": "kinv.models.filter_gan.matching",
        "FilterQuality": "kinv.analysis.filters.quality",
        "FreeFilters": "kinv.analysis.filters.free",
        "GaborFit": "kinv.models.layerwise.gabor",
        "InvarianceComparison": "kinv.models.invariant_transformer.comparison",
        "LogPartition": "kinv.models.layerwise.partition_function",
        "FamilyComparison": "kinv.models.invariant_transformer.family_comparison",
        "ImageStatistics": "kinv.models.coupled_generator.judgement",
        "accuracy_of_sets": "kinv.classifiers.filter_sets",
        "averaged_and_control": "kinv.analysis.filters.quality",
        "class_ranks": "kinv.models.coupled_generator.judgement",
        "LayerDescription": "kinv.analysis.layers.describe",
        "LayerDescriptions": "kinv.analysis.layers.describe",
        "compare_families": "kinv.models.invariant_transformer.compare_families",
        "compare_with_random": "kinv.models.invariant_transformer.comparison",
        "describe_layers": "kinv.analysis.layers.describe",
        "estimate_log_partition": "kinv.models.layerwise.partition_function",
        "exact_log_partition": "kinv.models.layerwise.partition_function",
        "filter_quality": "kinv.analysis.filters.quality",
        "fit_gabors": "kinv.models.layerwise.gabor",
        "log_likelihood": "kinv.models.layerwise.partition_function",
        "match_activations": "kinv.models.filter_gan.matching",
        "image_statistics": "kinv.models.coupled_generator.judgement",
        "predictions_along_k": "kinv.models.invariant_transformer.comparison",
        "retrain_above": "kinv.analysis.filters.quality",
        "shape_share": "kinv.models.filter_gan.matching_metrics",
        "summarise_matches": "kinv.models.filter_gan.matching_metrics",
    },
}


def public(name: str) -> Any:
    """What `kinv` shows under a name, imported now: for the rare use of a later package."""
    return getattr(import_module(PUBLIC_NAMES["kinv"][name]), name)


def lend(
    package: str, names: list[str], lent: Mapping[str, str] | None = None
) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """The `__getattr__` and `__dir__` of a package that exposes public names of later packages.

    Args:
        package: its `__name__`.
        names: its `__all__`, of what it imports itself; the others are put between them.
        lent: the table, if it is not in `PUBLIC_NAMES`.
    """
    table = PUBLIC_NAMES[package] if lent is None else lent
    names[:] = sorted({*names, *table})

    def find(name: str) -> Any:
        if name not in table:
            message = f"module {package!r} has no attribute {name!r}"
            raise AttributeError(message, name=name, obj=sys.modules[package])  # Python suggests a near one
        with tensorflow_needed(f"{package}.{name}"):
            module = import_module(table[name].removesuffix(":"))
            return module if table[name].endswith(":") else getattr(module, name)

    return find, lambda: sorted({*vars(sys.modules[package]), *names})
