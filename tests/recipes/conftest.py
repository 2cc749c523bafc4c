"""Shared by the tests of recipes."""

from importlib import import_module

import pytest


@pytest.fixture
def few_codes(monkeypatch):
    """Explained variance and diversity from 32 latent codes instead of 512, of which each test would take 10 s."""
    monkeypatch.setattr(import_module("kinv.analysis.filters.quality"), "CODES", 32)
