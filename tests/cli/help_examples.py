# SPDX-License-Identifier: Apache-2.0
"""The examples of each command's help, and why some of them are not run as they stand."""

from __future__ import annotations

import importlib
import re
import shlex

from kinest_ros.cli.main import find_commands

#: What makes an example end in seconds; of an option that is given twice the last counts.
SHORTER = {
    r"^kinest train.*": r"\g<0> --steps 1 --width 32 --length 16 --batch 1 --procedural 0.003 "
    "--device cpu --threads 1",
    r"^kinest bench.*": r"\g<0> --device cpu --frames 30 --windows 1",
    r"^kinest export.*": r"\g<0> --frames 20",
    r"--paced \d+": "--paced 30",
    r"--ros( \d+)?": "--ros 2",
}
#: Left out, with the reason; what is behind the arrow is a test that does the same another way.
_LIVE = "serves until Ctrl-C -> "
LEFT_OUT = {
    "kinest up": _LIVE + "tests/cli/test_up.py",
    "kinest up --host 0.0.0.0": "opens ports to the network -> tests/cli/test_up.py",
    "kinest up --host 0.0.0.0 --calibration anna": "opens ports to the network",
    "kinest up --no-view --param publish_tf:=root": _LIVE + "tests/cli/test_up.py",
    "kinest web": _LIVE + "tests/web/test_headset.py",
    "kinest web --host 0.0.0.0": "opens ports to the network -> tests/web/test_sharing.py",
    "kinest web --prefix /kinest/anna --port 8444": _LIVE + "tests/web/test_headset.py",
    "kinest view": _LIVE + "tests/view/test_live.py",
    "kinest view my_bag": _LIVE + "tests/view/test_view_browser.py",
    "kinest view walk.npz --weights default runs/mine/weights.safetensors": _LIVE
    + "tests/view/test_view_browser.py",
    "kinest play /tmp/sample": "waits for a node -> tests/cli/test_play.py",
    "kinest play /tmp/sample --rate 0.5 --loop": "waits for a node -> tests/cli/test_play.py",
    "kinest play recording.mcap --topic head:=/vr/hmd": "waits for a node -> "
    "tests/cli/test_play.py",
    "kinest demo": "the whole performance -> tests/demo/test_demo.py",
    "kinest calibrate --live": "needs a node and a wearer -> tests/node/test_calibrate_service.py",
    "kinest replay --list bags.txt --out /nfs/results --ray head-node:6379": "needs a cluster -> "
    "tests/fleet/test_ray_cluster.py",
    "kinest evaluate --data motion/ --split rule --suite robustness --every 10": "hours of stream "
    "-> tests/cli/test_evaluate.py",
    "kinest evaluate --data AMASS/ --split data_split/ --amass-protocol --body-model "
    "smplh/male.npz": "needs AMASS and SMPL-H, for which one has to register -> "
    "tests/motion/clips/test_amass.py",
    "kinest evaluate my_bag --truth rigid_bodies --truth-source head:=Hat --truth-source "
    "pelvis:=Belt": "needs mocap in the bag -> tests/evaluation/truth/test_given.py",
    "torchrun --nproc-per-node 2 -m kinest_ros.cli.main train --device cpu --threads 1 ...": "has "
    "a gap to be filled -> tests/training/test_trainer.py",
    "torchrun --nproc-per-node 4 -m kinest_ros.cli.main train --device cuda --bf16 ...": "needs "
    "four GPUs",
    "kinest bench --stream 1 10 60": "an hour of stream -> tests/bench/test_scaling.py",
    "kinest bench --bodies 1 8 64": "a minute on a quick machine -> tests/bench/test_scaling.py",
    "kinest bench --ros --web": "takes port 8443, which another run may have",
    "kinest bench --training": "minutes -> tests/bench/test_scaling.py",
    "kinest bench --device cuda --bodies 1 64 1024 --training --stream 1 10 60 --json": "needs a "
    "GPU",
}


def examples(command: str) -> list[str]:
    """Return the command lines in a command's help, without what is said behind them."""
    module = importlib.import_module(f"kinest_ros.cli.{command.replace('-', '_')}")
    after = module.EXAMPLES.partition("examples:\n")[2]
    block = after.replace(" \\\n    ", " ").partition("\n\n")[0]
    lines = [line[2:] for line in block.splitlines() if line.startswith("  ")]
    # Within a command there is one space, and before a remark there are several.
    return [re.split(r" {2,}", line)[0] for line in lines]


#: Of all commands.
ALL = [line for name in find_commands() for line in examples(name)]


def live(example: str) -> bool:
    """Return whether an example starts nodes."""
    return "--ros" in example or example.startswith("kinest demo")


def words_of(example: str, folder: str) -> list[str]:
    """Return what follows `kinest` in an example.

    Args:
        example: a command line; what it is redirected to is left out.
        folder: stands for /tmp.
    """
    words = shlex.split(example.partition(" > ")[0])
    return [word.replace("/tmp/", f"{folder}/") for word in words[1:]]


def shorter(example: str) -> str:
    """Return an example as it ends in seconds."""
    for pattern, instead in SHORTER.items():
        example = re.sub(pattern, instead, example)
    return example
