"""What is misspelt ends the program at once, with the near name."""

import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

from kinv import cli
from kinv.cli.networks import Network
from kinv.cli.spelling import check_spelling

ROOT = Path(__file__).parents[2]
SCREEN = ["screen", "--classifier", "squeezenet", "--images", "mnist", "--output", "out"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["scren"], "unknown command 'scren': did you mean screen?"),
        (["evaluate", "--classifer", "x"], "unknown option '--classifer': did you mean --classifier?"),
        (["screen", "--transformation=zoom"], "unknown option '--transformation': did you mean --transformations?"),
        (["list", "--zzz"], "unknown option '--zzz'. See kinv list --help."),
    ],
)
def test_commands_and_options(arguments, said, capsys):
    with pytest.raises(SystemExit) as ended:
        cli.main(arguments)
    assert ended.value.code == 2 and capsys.readouterr().err.startswith(f"error: {said}")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["evaluate", "--classifier", "squeeznet", "--images", "x"], "classifier 'squeeznet': did you mean squeezenet"),
        (["layers", "vgg17"], "classifier 'vgg17': did you mean vgg16"),
        (["evaluate", "--classifier", "vgg16", "--images", "phots"], "folder 'phots': did you mean photos"),
        ([*SCREEN, "--transformations", "zoom+rotatoin"], "transformation 'rotatoin': did you mean rotation"),
        (
            [*SCREEN, "--split", "tets"],
            "split of mnist must be one of 'train', 'test', received 'tets': did you mean test",
        ),
        ([*SCREEN, "--magnitudes", "rotatoin=0,9"], "transformation 'rotatoin' in --magnitudes, not screened: did you"),
        ([*SCREEN, "--transformations", "zoom", "--magnitudes", "blur=0,9"], "not screened. Known: zoom."),
        ([*SCREEN, "--transformations", "imagenet_c", "--magnitudes", "fog=0,1"], "Known: imagenet_c.gaussian_noise, "),
        ([*SCREEN, "--transformations", "imagenet_c.fgo"], "did you mean imagenet_c.fog"),
        ([*SCREEN, "--magnitudes", "zoom"], "--magnitudes must look like rotation=-90,0,90, received 'zoom'"),
        ([*SCREEN, "--preprocessing", "mobilenetv2"], "preprocessing 'mobilenetv2': did you mean mobilenet_v2"),
        ([*SCREEN, "--value-range", "1", "0"], "--value-range must be two numbers, the smaller one first"),
        ([*SCREEN, "--classes", "goldfsh"], "class 'goldfsh': did you mean goldfish"),
        ([*SCREEN, "--learned", "digit_cn"], "artifact 'digit_cn': did you mean digit_cnn"),
        ([*SCREEN, "--limit", "0"], "--limit must be at least 1, received 0"),
        (["layers", "none.keras"], "There is no file none.keras: check the path."),
        (["show", "digit_cn"], "artifact 'digit_cn': did you mean digit_cnn"),
    ],
)
def test_names(arguments, said, no_data_folder, monkeypatch):
    monkeypatch.setattr(Network, "load", lambda self: pytest.fail("TensorFlow would start"))
    with pytest.raises(SystemExit) as ended:
        cli.main(arguments)
    assert said in str(ended.value) and "\n" not in str(ended.value)


def test_tensorflow_is_not_started_for_it():
    options = ["--split", "test", "--preprocessing", "caffe", "--value-range", "0", "1", "--magnitudes", "zoom=1,2"]
    command = [*SCREEN, *options, "--classes", "goldfish", "--learned", "digit_cn"]
    code = f"""
import sys
from kinv import cli
try:
    cli.main({command})
except SystemExit as ended:
    print(ended)
print(sorted({{"tensorflow", "keras", "pandas"}} & set(sys.modules)))
"""
    start = time.monotonic()
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT)
    assert "No artifact 'digit_cn'" in done.stdout and done.stdout.endswith("[]\n"), done.stderr
    assert time.monotonic() - start < 5  # alone: 0.7; TensorFlow alone takes 6


def test_every_option_in_the_help_is_known(capsys):
    """The check knows what tyro accepts."""
    for name in cli.COMMANDS:
        with pytest.raises(SystemExit) as ended:
            cli.main([name, "--help"])
        assert not ended.value.code
        options = re.findall(r"--[a-z][a-z-]+", capsys.readouterr().out)
        check_spelling([name, *options, options[-1].replace("-", "_").replace("__", "--", 1)], cli.COMMANDS)
