"""What a shell asks the `kinv` command: completion and the version."""

import pytest

import kinv
from kinv import cli


@pytest.mark.parametrize("shell", ["bash", "zsh"])
def test_tab_completion_knows_every_command(shell, capsys):
    with pytest.raises(SystemExit) as ended:
        cli.main(["--tyro-print-completion", shell])
    assert not ended.value.code
    script = capsys.readouterr().out
    assert all(command in script for command in cli.COMMANDS) and "create-pr" in script


def test_the_version(capsys):
    cli.main(["--version"])
    assert capsys.readouterr().out == f"kinv {kinv.__version__}\n"
