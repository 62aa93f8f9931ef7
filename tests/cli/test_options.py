# SPDX-License-Identifier: Apache-2.0
import argparse
import re

import pytest

from kinest_ros.cli import demo, input_options, options, replay
from kinest_ros.errors import KinestError


def parse(*arguments):
    parser = argparse.ArgumentParser()
    options.add_body_size(parser)
    input_options.add_inputs(parser)
    options.add_tracking(parser)
    return parser.parse_args(arguments)


def test_topics():
    args = parse("--topic", "head:=/vr/hmd", "--topic", "left_hand:=/vr/l")
    assert input_options.inputs_of(args).topics == {"head": "/vr/hmd", "left_hand": "/vr/l"}


def test_mounts():
    args = parse("--mount", "left_hand:=-0.1,0,0.02", "--mount", "head:=0,0,0,0,0.5,0")
    mounts = options.mounts_of(args)
    assert mounts["left_hand"].xyz == (-0.1, 0.0, 0.02)
    assert mounts["left_hand"].rpy == (0.0, 0.0, 0.0)
    assert mounts["head"].rpy == (0.0, 0.5, 0.0)


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("--topic", "head=/vr"),
        ("--topic", "nose:=/vr"),
        ("--topic", "head:="),
        ("--mount", "head:=1,2"),
        ("--mount", "head:=a,b,c"),
        ("--mount", "head:=nan,0,0"),
        ("--mount", "head:=0,150,0"),
    ],
)
def test_wrong_values_are_named(option, value):
    args = parse(option, value)
    with pytest.raises(KinestError, match=f"{option} {value}"):
        input_options.inputs_of(args)
        options.mounts_of(args)


def test_body_size(tmp_path):
    assert options.skeleton_of(parse()).stature == pytest.approx(1.70, rel=0.02)
    tall = options.skeleton_of(parse("--stature", "1.95"))
    assert tall.stature == pytest.approx(1.95, rel=0.02)
    tall.save(tmp_path / "tall.npz")
    again = options.skeleton_of(parse("--skeleton", str(tmp_path / "tall.npz")))
    assert again.stature == tall.stature
    with pytest.raises(SystemExit):
        parse("--stature", "1.7", "--skeleton", "a.npz")


@pytest.mark.parametrize(
    ("command", "sentence"),
    [
        (demo, "--stature comes before it"),
        (replay, "--stature, --skeleton and --mount come before it"),
    ],
)
def test_what_comes_before_a_calibration_is_an_option_of_the_command(command, sentence):
    parser = argparse.ArgumentParser()
    command.add_arguments(parser)
    text = " ".join(parser.format_help().split())
    assert f"(see kinest calibrate); {sentence}" in text
    options_named = re.findall(r"--\w+", sentence)
    assert all(f" {option} " in text.partition("options:")[2] for option in options_named)


@pytest.mark.parametrize(
    "command",
    ["replay BAG --out x --calibration", "demo --calibration", "calibrate --show"],
)
def test_a_calibration_that_is_not_there(command, kinest, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    _, _, err = kinest(*command.split(), "ana")
    option = command.split()[-1]
    assert err.startswith(f"error: {option} ana: ") and "parameter" not in err
    assert err.rstrip().endswith(f"In {tmp_path / 'kinest'} there is none yet")
    for name in ("ben", "anna"):
        (tmp_path / "kinest").mkdir(exist_ok=True)
        (tmp_path / "kinest" / f"{name}.yaml").touch()
    assert kinest(*command.split(), "ana")[2].rstrip().endswith("there are: anna, ben")
    assert kinest(*command.split(), "an na")[2].startswith(f"error: {option} an na: ")


@pytest.mark.parametrize("command", ["view --port", "web --port", "up --port", "up --view-port"])
@pytest.mark.parametrize("given", ["0", "99999", "-1", "http", "8080.0"])
def test_a_port_is_one(command, given, capsys):
    from kinest_ros.cli.main import main

    name, option = command.split()
    with pytest.raises(SystemExit) as done:
        main([name, f"{option}={given}"])
    assert done.value.code == 2
    assert f"argument {option}: '{given}' is no port" in capsys.readouterr().err
