"""Puts the small artifacts of `artifacts/` into the wheel, as `kinv/zoo/`, without their figures."""

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

BUNDLED = 2_000_000  # bytes of an artifact without figures


class Zoo(BuildHookInterface):
    """The build hook, named in pyproject.toml."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if version == "editable":
            return
        for manifest in sorted(Path(self.root, "artifacts").glob("*/manifest.json")):
            artifact = manifest.parent
            files = [path for path in artifact.rglob("*") if path.is_file() and path.parent != artifact / "figures"]
            if sum(path.stat().st_size for path in files) > BUNDLED:
                continue
            within = "kinv/zoo" if self.target_name == "wheel" else "artifacts"
            for path in files:
                place = path.relative_to(artifact.parent).as_posix()
                build_data["force_include"][str(path)] = f"{within}/{place}"
