"""Artifacts: seconds to load and to list them, and how fast their bytes are verified.

    python benchmarks/hub.py       # prints two tables; two minutes

Each artifact is loaded in a process of its own, in which TensorFlow and Keras have been imported: what is measured is
`import kinv` and the first `kinv.load`, with verification. `keras` is the time of Keras alone for the same: building
the model and reading its weights. Verification is measured on a file of 400 MB that is in memory already, beside
hashing with `hashlib` alone in the same process. `kinv list` is timed from the shell's side, `kinv --help` beside it.
"""

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from rich.console import Console
from rich.table import Table

from kinv.places import artifact_folders

LOAD = """
import time, json, sys, pathlib
import tensorflow, keras
begun = time.perf_counter()
import kinv
model = kinv.load(sys.argv[1])
loaded = time.perf_counter() - begun
from kinv.artifacts import registry
config = json.loads(pathlib.Path(sys.argv[1], "config.json").read_text())
times = []
for _ in range(3):
    begun = time.perf_counter()
    registry.build(config["class"], config["config"]).load_weights(pathlib.Path(sys.argv[1], "model.weights.h5"))
    times.append(time.perf_counter() - begun)
print(json.dumps([loaded, min(times)]))
"""
VERIFY = """
import hashlib, json, sys, time
from pathlib import Path
from kinv.artifacts.manifest import check_bytes, write_manifest
folder = Path(sys.argv[1])
(folder / "model.weights.h5").write_bytes(bytes(400_000_000))
write_manifest(folder)
begun = time.perf_counter()
check_bytes(folder)
checked = time.perf_counter() - begun
begun = time.perf_counter()
hashlib.sha256((folder / "model.weights.h5").read_bytes()).hexdigest()
print(json.dumps([400 / checked, 400 / (time.perf_counter() - begun)]))
"""


def measured(code: str, argument: str) -> list[float]:
    """What a fresh process prints."""
    done = subprocess.run([sys.executable, "-c", code, argument], capture_output=True, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])


def command(*arguments: str) -> float:
    """Seconds of a `kinv` command, the best of three."""
    times = []
    for _ in range(3):
        begun = time.perf_counter()
        subprocess.run([Path(sys.executable).with_name("kinv"), *arguments], check=True, capture_output=True)
        times.append(time.perf_counter() - begun)
    return min(times)


def main() -> None:
    table = Table("artifact", "size (MB)", "kinv.load (s)", "Keras alone, warm (s)")
    folders = {path.parent.name: path.parent for shelf in artifact_folders() for path in shelf.glob("*/manifest.json")}
    for name, folder in sorted(folders.items()):
        loaded, alone = measured(LOAD, str(folder))
        size = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
        table.add_row(name, f"{size / 1e6:.1f}", f"{loaded:.2f}", f"{alone:.2f}")
    Console().print(table)
    with tempfile.TemporaryDirectory() as folder:
        verified, hashed = measured(VERIFY, folder)
    table = Table("what", "measured", "beside it")
    table.add_row("verification", f"{verified:.0f} MB/s", f"hashlib alone {hashed:.0f} MB/s")
    table.add_row(
        f"kinv list, {len(folders)} artifacts", f"{command('list'):.2f} s", f"--help {command('--help'):.2f} s"
    )
    Console().print(table)


if __name__ == "__main__":
    main()
