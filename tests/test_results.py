"""Results are shown by shapes and key numbers, and as tables."""

import dataclasses

import numpy as np
import pandas as pd

from kinv import data
from kinv.analysis import (
    ActivationMatches,
    ActivationMaxima,
    FilterQuality,
    GaborFit,
    InvarianceComparison,
    InvarianceDecomposition,
    InvarianceManifold,
    LayerInvariance,
    LogPartition,
    UnitSamples,
)
from kinv.analysis.filters.curves import MovementCurves
from kinv.models import Gallery
from kinv.results import Result, TableResult, short_repr

RANDOM = np.random.default_rng(0)
UNITS = np.arange(20, dtype="int32")
CURVES = RANDOM.uniform(0.1, 1, (20, 4, 3)).astype("float32")
BOOLS = CURVES[..., 0] > 0.5
EPSILONS = np.array([0.0, 1.0, 2.0])
MOVED = MovementCurves(
    "conv", ("generated", "noise"), np.array([0.5]), RANDOM.random((2, 1, 9)), RANDOM.random((2, 1, 99)), 0.9
)
RESULTS = {
    "maxima": ActivationMaxima("conv", UNITS, np.zeros((20, 4, 99)), CURVES[..., 0], BOOLS, ~BOOLS),
    "manifold": InvarianceManifold(
        "conv", UNITS, EPSILONS, np.ones((20, 99)), np.ones((20, 4, 3, 99)), CURVES, BOOLS[:, 0]
    ),
    "layer": LayerInvariance("conv", UNITS, EPSILONS, CURVES[:, 0], 1.5, 1.25, 1.75, 20),
    "decomposition": InvarianceDecomposition(
        "conv", UNITS, EPSILONS, ("a", "b", "c", "all"), CURVES, np.zeros((20, 4, 3, 6)), CURVES[:, 0], CURVES[:, 0, 0]
    ),
    "samples": UnitSamples(1, UNITS, np.zeros((20, 4, 99)), np.full((20, 4, 99), 0.25)),
    "matches": ActivationMatches(
        np.zeros((2, 3, 3, 9, 9, 1)), np.zeros((2, 3, 3, 4)), *RANDOM.random((2, 2, 3, 3)), UNITS
    ),
    "quality": FilterQuality(0.9, 0.8, 0.9, RANDOM.random(50), 0.5, 0.7, MOVED, 0.5, RANDOM.random(32), None),  # type: ignore
    "comparison": InvarianceComparison(BOOLS, BOOLS, None, None, CURVES[..., 1], CURVES[..., 2]),
    "gabors": GaborFit(CURVES[:, 0, 0], CURVES[:, 0, :2], CURVES[:, 0, 1], CURVES[:, 0, 2], CURVES[:, 1, :2]),
    "partition": LogPartition(451.28, 451.0, 451.5, RANDOM.random(100)),
}  # fmt: skip


def test_no_result_shows_its_arrays():
    for result in RESULTS.values():
        shown = repr(result)
        assert shown.startswith(f"{type(result).__name__}(") and "\n" not in shown and len(shown) < 450
        assert "array(" not in shown and "..." not in shown
    assert "inputs=float64 (20, 4, 99)" in repr(RESULTS["maxima"]) and "dead" in repr(RESULTS["maxima"])
    assert "area=1.5, low=1.25" in repr(RESULTS["layer"])
    assert "mean 0.25" in repr(RESULTS["samples"]) and "network=0.9" in repr(RESULTS["quality"])


def test_dead_units_do_not_hide_the_others():
    def manifold(dead):
        activations = np.where(dead[:, None, None], np.nan, CURVES)
        return InvarianceManifold("conv", UNITS, EPSILONS, np.ones((20, 9)), np.ones((20, 4, 3, 9)), activations, dead)

    some = np.arange(20) < 5
    assert f"mean activation at first {CURVES[5:, :, 0].max(axis=1).mean():.4g}" in repr(manifold(some))
    assert "dead 0.25" in repr(manifold(some)) and repr(manifold(some | True)).endswith("; dead 1)")


def test_the_tables_have_a_row_per_observation():
    rows = {name: len(result.to_frame()) for name, result in RESULTS.items() if isinstance(result, TableResult)}
    assert rows == {
        "maxima": 80,
        "manifold": 240,
        "layer": 60,
        "decomposition": 80,
        "matches": 18,
        "quality": 1,
        "comparison": 80,
        "gabors": 20,
    }


def test_tables_have_the_values_where_they_belong():
    table = RESULTS["manifold"].to_frame().set_index(["unit", "start", "epsilon"])["activation"]
    assert table[7, 2, 1.0] == CURVES[7, 2, 1]
    maxima = RESULTS["maxima"].to_frame().query("unit == 5 and best")
    assert maxima["activation"].tolist() == [RESULTS["maxima"].best_activations[5]]
    table = RESULTS["decomposition"].to_frame()
    assert table["family"].unique().tolist() == ["a", "b", "c", "all"] and (table["reach"] == 2).all()


def test_any_value_is_shown_shortly():
    @dataclasses.dataclass(repr=False)
    class Some(Result):
        few: np.ndarray
        many: list
        names: tuple
        size: float
        table: pd.DataFrame = dataclasses.field(repr=False)

    some = Some(np.array([1, 2]), list(range(99)), ("a",), 1 / 3, pd.DataFrame())
    assert repr(some) == "Some(few=[1, 2], many=99 values, names=('a'), size=0.3333)"
    assert short_repr(some, {"entries": {"a": 1}, "call": print}, {"of_all": 2}) == (
        "Some(entries=1 entries, call=print; of all 2)"
    )


def test_sources_and_galleries(no_data_folder):
    assert len(repr(data.find("mnist"))) < 400 and "count=" in repr(data.find("mnist"))
    gallery = Gallery(["tench", "goldfish"], "spectral", size=16)
    assert repr(gallery) == "Gallery(labels=('tench', 'goldfish'), decoder='spectral', size=16)"
