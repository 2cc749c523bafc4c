"""The `kinv` command."""

from .main import COMMANDS, main

__all__ = ["COMMANDS", "main"]
