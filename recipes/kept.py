"""Results that take long and are measured once: kept in a file each, so that a stopped recipe goes on where it was."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any


def measure_once(path: Path, run: Any, measure: Callable[[], Any]) -> Any:
    """What `measure` returned for this run: now, or when it was called before.

    Args:
        path: the file that keeps it; one of another run is replaced.
        run: what identifies the run, as JSON values.
        measure: returns JSON values.
    """
    run = json.loads(json.dumps(run))
    kept = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    if kept.get("run") != run:
        kept = {"run": run, "result": measure()}
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_suffix(".draft")
        draft.write_text(json.dumps(kept), encoding="utf-8")
        os.replace(draft, path)
    return kept["result"]
