"""kinv: what does a trained image network ignore? See the README."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.2.0"

if TYPE_CHECKING:
    from . import analysis, classifiers, data, figures, hub, layers, models, ops
    from .analysis import (
        Screening,
        combine_filters,
        decompose_invariance,
        match_activations,
        maximize_activation,
        measure_invariance,
        sample_unit,
        screen,
        trace_manifold,
    )
    from .hub import ArtifactError, load, pull, push, save, verify

_PACKAGES = {"analysis", "classifiers", "data", "figures", "hub", "layers", "models", "ops"}
_ANALYSIS = (
    "Screening",
    "combine_filters",
    "decompose_invariance",
    "match_activations",
    "maximize_activation",
    "measure_invariance",
    "sample_unit",
    "screen",
    "trace_manifold",
)
_FUNCTIONS = {
    **dict.fromkeys(_ANALYSIS, "analysis"),
    **dict.fromkeys(("ArtifactError", "load", "pull", "push", "save", "verify"), "hub"),
}

__all__ = [
    "ArtifactError",
    "Screening",
    "analysis",
    "classifiers",
    "combine_filters",
    "data",
    "decompose_invariance",
    "figures",
    "hub",
    "layers",
    "load",
    "match_activations",
    "maximize_activation",
    "measure_invariance",
    "models",
    "ops",
    "pull",
    "push",
    "sample_unit",
    "save",
    "screen",
    "trace_manifold",
    "verify",
]


def __getattr__(name: str) -> Any:
    if name in _FUNCTIONS:
        return getattr(import_module(f"kinv.{_FUNCTIONS[name]}"), name)
    if name in _PACKAGES:
        return import_module(f"kinv.{name}")
    raise AttributeError(f"module 'kinv' has no attribute {name!r}")


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
