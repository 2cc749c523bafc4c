"""kinv: what does a trained image network ignore? See the README."""

from typing import TYPE_CHECKING

from .public_names import lend
from .registration import register

__version__ = "0.3.0"

if TYPE_CHECKING:
    from . import analysis, classifiers, data, figures, hub, layers, models, ops, training
    from .analysis import (
        Screening,
        combine_filters,
        decompose_invariance,
        describe_layers,
        invariant_directions,
        match_activations,
        maximize_activation,
        measure_invariance,
        measure_layers,
        sample_unit,
        screen,
        trace_manifold,
    )
    from .analysis.filters.free import free_filters
    from .analysis.metamers.metamers import metamers
    from .classifiers.preflight import preflight
    from .hub import ArtifactError, export, list_presets, load, pull, push, save, verify
    from .reports.report import report
    from .surgery.wrap import wrap

__all__ = [
    "ArtifactError",
    "Screening",
    "analysis",
    "classifiers",
    "combine_filters",
    "data",
    "decompose_invariance",
    "describe_layers",
    "export",
    "figures",
    "free_filters",
    "hub",
    "invariant_directions",
    "layers",
    "list_presets",
    "load",
    "match_activations",
    "maximize_activation",
    "measure_invariance",
    "measure_layers",
    "metamers",
    "models",
    "ops",
    "preflight",
    "pull",
    "push",
    "report",
    "sample_unit",
    "save",
    "screen",
    "trace_manifold",
    "training",
    "verify",
    "wrap",
]


__getattr__, _ = lend(__name__, __all__)
register()


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
