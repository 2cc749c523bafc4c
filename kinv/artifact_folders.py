"""Where artifacts lie that a name, not a path, stands for."""

from pathlib import Path


def artifact_folders() -> list[Path]:
    """`artifacts/` of the working folder, and of kinv's own checkout."""
    return list(dict.fromkeys([Path.cwd() / "artifacts", Path(__file__).parents[1] / "artifacts"]))
