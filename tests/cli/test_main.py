# SPDX-License-Identifier: Apache-2.0
import os
import subprocess
import sys
from pathlib import Path

import pytest

from kinest_ros import __version__
from kinest_ros.cli import main as cli
from kinest_ros.errors import KinestError


def test_help_lists_the_commands_and_teaches(capsys):
    with pytest.raises(SystemExit) as done:
        cli.main(["--help"])
    assert done.value.code == 0
    text = capsys.readouterr().out
    for word in ("convert", "synth", "replay", "play", "kinest synth --out"):
        assert word in text


def test_no_command_shows_the_help(capsys):
    assert cli.main([]) == 0
    assert "commands:" in capsys.readouterr().out


@pytest.mark.parametrize("name", list(cli.find_commands()))
def test_every_command_explains_itself(name, capsys):
    with pytest.raises(SystemExit) as done:
        cli.main([name, "--help"])
    assert done.value.code == 0
    assert f"kinest {name}" in capsys.readouterr().out


def test_help_is_light():
    """Nothing heavy is imported to show the help: it has to come at once."""
    code = (
        "import sys; from kinest_ros.cli.main import main\n"
        "try: main(['--help'])\n"
        "except SystemExit: pass\n"
        "heavy = {'torch', 'numpy', 'rosbags', 'rclpy', 'scipy', 'matplotlib', 'tempfile'}\n"
        "heavy &= sys.modules.keys()\n"
        "sys.exit(f'imported {heavy}' if heavy else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("folder", ["pl\xf6tz", "\udcff"])
def test_what_the_terminal_cannot_show_is_replaced(folder, tmp_path):
    out = tmp_path / folder / "own.xml"
    out.parent.mkdir()
    pytest.importorskip("daqp", reason="needs the extra kinest_ros[retarget]")
    done = subprocess.run(
        [sys.executable, "-m", "kinest_ros.cli.main", "retarget", "--export-own", out],
        capture_output=True, env={**os.environ, "PYTHONIOENCODING": "ascii"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert b"?" in done.stdout and out.is_file()


def test_version(capsys):
    with pytest.raises(SystemExit) as done:
        cli.main(["--version"])
    assert done.value.code == 0
    assert __version__ in capsys.readouterr().out


def test_unknown_command_and_option_exit_with_2(capsys):
    for arguments in (["dance"], ["synth", "--nonsense"], ["convert"]):
        with pytest.raises(SystemExit) as done:
            cli.main(arguments)
        assert done.value.code == 2
        assert "usage:" in capsys.readouterr().err


def test_a_path_below_home_that_the_shell_has_left_alone(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    chosen = cli._parse(["replay", "~/a bag", "/b", "--out=~/mine", "--weights=~"])
    assert chosen.bag == [tmp_path / "a bag", Path("/b")]
    assert chosen.out == tmp_path / "mine"


def _raising(error):
    def parse(arguments):
        raise error

    return parse


@pytest.mark.parametrize(
    ("error", "status", "text"),
    [
        (KinestError("topic /a is missing"), 2, "error: topic /a is missing\n"),
        (PermissionError(13, "Permission denied", "/root/x"), 2, "error: /root/x: Permission de"),
        (KeyboardInterrupt(), 130, "interrupted"),
    ],
)
def test_errors_are_one_line(monkeypatch, capsys, error, status, text):
    monkeypatch.setattr(cli, "_parse", _raising(error))
    assert cli.main(["synth"]) == status
    assert capsys.readouterr().err.startswith(text)


def test_bugs_are_not_hidden(monkeypatch):
    monkeypatch.setattr(cli, "_parse", _raising(ZeroDivisionError()))
    with pytest.raises(ZeroDivisionError):
        cli.main(["synth"])
