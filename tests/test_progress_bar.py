"""A bar is shown on stderr if asked for, and what it measures is complete at the end."""

import importlib
from contextlib import contextmanager
from pathlib import Path

import keras
import numpy as np
import pytest
from keras import layers

import kinv
from kinv import backend
from kinv.progress_bar import progress_bar

ROOT = Path(__file__).parents[1]


@pytest.mark.parametrize(("terminal", "shown"), [(True, True), (True, False), (False, True)])
def test_it_is_shown_on_a_terminal_if_asked_for(terminal, shown, capsys, monkeypatch):
    if terminal:
        monkeypatch.setenv("FORCE_COLOR", "1")  # rich takes it for a terminal
    with progress_bar("counting [bold][/] \x1b[31m", 3, shown) as advance:  # a layer may be called so
        for _ in range(3):
            advance(1)
    printed = capsys.readouterr()
    assert not printed.out and (
        "counting [bold][/] \N{REPLACEMENT CHARACTER}[31m" in printed.err and "100%" in printed.err
    ) is (terminal and shown)
    assert printed.err or not (terminal and shown)


@pytest.fixture
def bars(monkeypatch):
    """The title of every bar that is shown, what there is to do, and what was done."""
    seen = []

    @contextmanager
    def recorded(title, total, shown):
        bar = [title, total, 0]

        def advance(amount):
            bar[2] += amount

        yield advance
        if shown:
            seen.append(bar)

    for path in (ROOT / "kinv").rglob("*.py"):
        if "\nfrom kinv.progress_bar import" in path.read_text(encoding="utf-8"):
            module = importlib.import_module(".".join(path.relative_to(ROOT).with_suffix("").parts))
            monkeypatch.setattr(module, "progress_bar", recorded)
    return seen


def test_analyses_of_units_reach_the_end_of_their_bars(bars, monkeypatch):
    monkeypatch.setattr(backend, "compile", lambda function, **settings: function)  # tracing takes most of the time
    model = keras.Sequential([keras.Input((16,)), layers.Dense(5, "tanh", name="a"), layers.Dense(3, name="b")])
    maxima = kinv.maximize_activation(model, "a", restarts=3, norm=1.0, steps=10, progress=True)
    around = model, "a", None, maxima.best, [0, 1]
    traced = kinv.trace_manifold(*around, starts=2, steps=3, progress=True)
    kinv.decompose_invariance(*around, traced, (4, 4), samples=4, proposals=1, progress=True)
    kinv.analysis.follow_great_circles(*around, "hessian", directions=1, products=4, progress=True)
    kinv.analysis.fit_gabors(np.random.default_rng(0).normal(size=(2, 5, 5)), progress=True)
    titles = [title.split()[0] for title, _, _ in bars]
    assert titles == ["maximizing", "tracing", "transforming", "following", "fitting"]
    assert [done for _, _, done in bars] == [total for _, total, _ in bars]
    bars.clear()
    kinv.maximize_activation(model, "a", restarts=1, norm=1.0, steps=10)
    assert not bars


def test_sampling_reaches_the_end_of_its_bar_and_draws_the_same(bars):
    net = kinv.models.DeepBeliefNetwork((6, 4, 3))
    shown = kinv.sample_unit(net, 2, samples=2, steps=7, progress=True)
    kinv.analysis.estimate_log_partition(net.blocks[0], chains=2, temperatures=5, progress=True)
    assert bars == [["sampling", 7, 7], ["annealing", 5, 5]]
    hidden = kinv.sample_unit(net, 2, samples=2, steps=7)
    np.testing.assert_array_equal(shown.samples, hidden.samples)
    assert len(bars) == 2
