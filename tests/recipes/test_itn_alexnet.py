"""The recipe, as a user types it: the offline fallback, resuming after a kill, and what it leaves behind."""

import dataclasses
import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import kinv
from recipes import itn_alexnet
from recipes.experiment.kept import Kept
from recipes.experiment.material import Labelled
from tests.models.invariant_transformer.test_model import brightness_blind, colored_images

NAME = "itn_squeezenet_photos_smoke_epochs4"  # after what it was trained on
ROOT = Path(__file__).parents[2]


def start(*arguments, module="recipes.itn_alexnet", **options):
    environment = {key: value for key, value in os.environ.items() if key not in ("KINV_DATA_DIR", "TFDS_DATA_DIR")}
    command = [sys.executable, "-m", module, *map(str, arguments)]
    return subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options
    )


def finish(process):
    out, err = process.communicate(timeout=300)
    assert process.returncode == 0, err
    others = err  # but for kinv's own, which are true of a few smoke steps
    for own in ("the transformer never explored", "the family is too large", "the share hardly falls"):
        others = others.replace(f"UserWarning: {own}", "")
    assert "0000 00:00" not in others and "Warning" not in others, "lines of TensorFlow or Keras reached the user"
    return out


def test_the_start_of_a_family_is_found_once(tmp_path, monkeypatch):
    classifier, (images, labels) = brightness_blind(), colored_images(np.random.default_rng(0), 20)
    chosen = Labelled(images, labels, None)
    config = itn_alexnet.Config(adapted_on=12, fill="nearest")
    kept = Kept(tmp_path, {"part": "start"})
    first = itn_alexnet.untrained(classifier, chosen, config, kept)
    monkeypatch.setattr(kinv.models.InvariantTransformer, "adapt", lambda *_: pytest.fail("found again"))
    again = itn_alexnet.untrained(classifier, chosen, config, kept)
    assert float(first.multiplier) == pytest.approx(float(again.multiplier))
    np.testing.assert_array_equal(first.seed_generator.state, again.seed_generator.state)
    for one, other in zip(first.parts(), again.parts(), strict=True):
        np.testing.assert_allclose(one.reach, other.reach)
        assert not np.allclose(one.reach, one.start * np.eye(one.controls))


@pytest.fixture
def ctrl_c_heard():
    """Where tests run in the background of a shell, Ctrl-C is ignored, and what they start would ignore it too."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def check_what_is_left(out, folder):
    """A run that nothing disturbed, offline and from nothing: what it says and keeps."""
    assert "bvlc_alexnet.npy" in out and "Using squeezenet instead" in out
    assert "prediction unchanged" in out and "random" in out
    files = kinv.verify(folder)
    drawn = ("training", "classification", "images", "draws")
    assert {*(f"figures/{name}.png" for name in drawn), "README.md"} <= set(files)
    for name in drawn:
        assert np.asarray(Image.open(folder / "figures" / f"{name}.png").convert("L")).std() > 10
    card = (folder / "README.md").read_text()
    metadata = json.loads((folder / "metadata.json").read_text())
    assert f"{metadata['metrics']['learned_unchanged']:.1%}" in card and not re.search("{[{%]", card)
    assert "9 photographs" not in card and "photographs that come with Python packages" in metadata["data"]["train"]


@pytest.mark.release
def test_stopped_and_killed_and_started_again_it_ends_with_the_same_weights(tmp_path, ctrl_c_heard):
    settings = ["--preset", "smoke", "--epochs", 4]
    out = finish(start(*settings, "--output", tmp_path / "whole", "--checkpoints", tmp_path / "runs1"))
    check_what_is_left(out, tmp_path / "whole" / NAME)  # named after what it was trained on
    assert not (tmp_path / "runs1").exists() or not any((tmp_path / "runs1").iterdir())
    runs = tmp_path / "runs2" / "itn_squeezenet_photos"

    def state():
        return next((path.stat().st_mtime_ns for path in runs.glob("*/checkpoint.json")), None)

    for how in (signal.SIGINT, signal.SIGKILL):
        before = state()
        process = start(*settings, "--output", tmp_path / "parts", "--checkpoints", tmp_path / "runs2")
        deadline = time.monotonic() + 240
        while state() == before and time.monotonic() < deadline:
            assert process.poll() is None, process.communicate()[1]
            time.sleep(0.02)
        process.send_signal(how)
        _, err = process.communicate()
        assert process.returncode == (130 if how == signal.SIGINT else -signal.SIGKILL)
        assert how == signal.SIGKILL or err.strip().endswith("Stopped. The same command goes on where it was.")
        assert state() and not (tmp_path / "parts").exists()
    out = finish(start(*settings, "--output", tmp_path / "parts", "--checkpoints", tmp_path / "runs2"))
    assert "Going on after epoch" in out
    whole, parts = ((tmp_path / part / NAME).resolve() for part in ("whole", "parts"))
    for first, second in zip(kinv.load(whole).weights, kinv.load(parts).weights, strict=True):
        np.testing.assert_array_equal(first.numpy(), second.numpy(), err_msg=first.path)
    metrics = [json.loads((folder / "metadata.json").read_text())["metrics"] for folder in (whole, parts)]
    assert metrics[0] == metrics[1]


def test_help_shows_every_setting_and_starts_without_tensorflow():
    out = finish(start("--help"))
    for field in dataclasses.fields(itn_alexnet.Config):
        assert f"--{field.name.replace('_', '-')}" in out.replace("--no-", "--"), field.name
    assert "python -m recipes.itn_alexnet" in out


@pytest.mark.long
def test_wrong_settings_end_with_a_clear_line():
    process = start("--preset", "smoke", "--data", "no/such/folder")
    _, err = process.communicate(timeout=120)
    assert process.returncode == 1 and "no/such/folder" in err and "Traceback" not in err
