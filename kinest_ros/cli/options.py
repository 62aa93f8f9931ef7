# SPDX-License-Identifier: Apache-2.0
"""Options that several commands share, and how their values are read."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kinest_ros.body.joints import SLOTS
from kinest_ros.errors import KinestError
from kinest_ros.runtime.base import RUNTIMES
from kinest_ros.tracking.devices.basis import BASES
from kinest_ros.tracking.devices.mount import Mount

if TYPE_CHECKING:
    from kinest_ros.body.skeleton import Skeleton
    from kinest_ros.calibration.calibration import Calibration

DEFAULT_STATURE = 1.70


def add_output(parser: argparse.ArgumentParser) -> None:
    """--out, --overwrite, --json."""
    parser.add_argument(
        "--out", required=True, type=Path, metavar="BAG", help="folder of the bag to write"
    )
    parser.add_argument("--overwrite", action="store_true", help="replace the bag if it exists")
    add_json(parser)


def port(text: str) -> int:
    """Return a TCP port, for argparse.

    Raises:
        argparse.ArgumentTypeError: it is none.
    """
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= 65535:
        raise argparse.ArgumentTypeError(f"'{text}' is no port; give a number from 1 to 65535")
    return int(text)


def add_json(parser: argparse.ArgumentParser) -> None:
    """--json."""
    parser.add_argument(
        "--json", action="store_true", help="print the summary as one JSON object on stdout"
    )


def add_body_size(parser: argparse._ActionsContainer, unknown: str = f"{DEFAULT_STATURE}") -> None:
    """--stature or --skeleton; `unknown` says what is done without."""
    group = parser.add_mutually_exclusive_group()
    group.add_argument(
        "--stature", type=float, metavar="M", help=f"body height in m (default: {unknown})"
    )
    group.add_argument(
        "--skeleton", type=Path, metavar="FILE", help=".npz with rest_offsets (22, 3) in m"
    )


def add_wearer(parser: argparse.ArgumentParser) -> None:
    """--stature or --skeleton, and --calibration, for commands that track."""
    add_body_size(parser, "as calibrated, or else estimated from the head's height")
    add_calibration(parser, "--stature, --skeleton and --mount come before it")


def add_calibration(parser: argparse.ArgumentParser, precedence: str) -> None:
    """--calibration; precedence says which of the command's other options come before it."""
    parser.add_argument(
        "--calibration",
        metavar="FILE",
        help="calibration of the wearer: a .yaml file, or a user name (see kinest calibrate); "
        + precedence,
    )


def calibration_of(args: argparse.Namespace) -> Calibration | None:
    """Return the calibration asked for with add_calibration()."""
    return calibration_named("--calibration", args.calibration) if args.calibration else None


def calibration_named(option: str, file_or_name: str) -> Calibration:
    """Return a saved calibration.

    Args:
        option: that names it, for the error.
        file_or_name: a .yaml file, or a user name.

    Raises:
        KinestError: naming the option and what is wrong.
    """
    from kinest_ros.calibration.storage import calibration_path, load_calibration

    try:
        return load_calibration(calibration_path(file_or_name))
    except KinestError as error:
        raise KinestError(f"{option} {file_or_name}: {error}") from None


def skeleton_of(args: argparse.Namespace) -> Skeleton:
    """Return the skeleton asked for with add_body_size()."""
    from kinest_ros.body.skeleton import Skeleton

    if args.skeleton is not None:
        return Skeleton.load(args.skeleton)
    return Skeleton.from_stature(DEFAULT_STATURE if args.stature is None else args.stature)


def add_model(parser: argparse.ArgumentParser) -> None:
    """--weights, --device, --runtime."""
    parser.add_argument(
        "--weights",
        default="default",
        metavar="NAME",
        help="bundled weights, or the path of a .safetensors file (default: default)",
    )
    parser.add_argument(
        "--device",
        default="auto",
        choices=("auto", "cpu", "cuda"),
        help="where the network runs (default: auto)",
    )
    parser.add_argument(
        "--runtime",
        default="auto",
        choices=RUNTIMES,
        help="how it runs there; auto takes native on a CPU where it is compiled, and else the "
        "fastest by measurement (default: auto)",
    )


def add_tracking(parser: argparse.ArgumentParser) -> None:
    """--input-basis, --mount, --tracker-timeout, and --no-... for the steps after the network."""
    parser.add_argument(
        "--input-basis",
        default="ros",
        choices=BASES,
        help="axes of the poses in the bag (default: ros; converted bags are in it already)",
    )
    parser.add_argument(
        "--mount",
        action="append",
        default=[],
        metavar="SLOT:=X,Y,Z[,R,P,Y]",
        help="pose of the body link in a tracker's axes, m and rad; repeatable",
    )
    parser.add_argument(
        "--tracker-timeout",
        type=float,
        default=0.25,
        metavar="S",
        help="s without a sample after which a tracker is lost (default: 0.25)",
    )
    parser.add_argument(
        "--no-snap",
        action="store_true",
        help="leave the wrists where the network puts them instead of on the hand trackers",
    )
    parser.add_argument(
        "--no-body-snap",
        action="store_true",
        help="leave pelvis and feet where the network puts them instead of on their trackers",
    )
    parser.add_argument(
        "--no-smoothing", action="store_true", help="do not filter jitter out of the posture"
    )
    parser.add_argument(
        "--no-foot-lock", action="store_true", help="let standing feet slide and sink as predicted"
    )


def mounts_of(args: argparse.Namespace) -> dict[str, Mount]:
    """Return mount by slot as given with --mount."""
    mounts = {}
    for item in args.mount:
        slot, text = assigned("--mount", item)
        try:
            numbers = [float(part) for part in text.split(",")]
        except ValueError:
            numbers = []
        if len(numbers) not in (3, 6):
            raise KinestError(
                f"--mount {item}: give x,y,z in m, or x,y,z,roll,pitch,yaw with angles in rad"
            )
        try:
            mounts[slot] = Mount(numbers[:3], numbers[3:] or (0.0, 0.0, 0.0))
        except KinestError as error:
            raise KinestError(f"--mount {item}: {error}") from None
    return mounts


def assigned(option: str, item: str, keys: tuple[str, ...] = SLOTS) -> tuple[str, str]:
    """Return key and value of an option that is given as KEY:=VALUE.

    Raises:
        KinestError: naming the option, for another form or a key that is not known.
    """
    slot, sign, value = item.partition(":=")
    if not sign or not value:
        raise KinestError(f"{option} {item}: write it as SLOT:=VALUE, such as head:=/vr/head")
    if slot not in keys:
        raise KinestError(f"{option} {item}: '{slot}' is none of {', '.join(keys)}")
    return slot, value


def report(args: argparse.Namespace, summary: dict[str, Any], lines: Iterable[str]) -> None:
    """Print the summary as JSON or as lines of text."""
    if args.json:
        print(json.dumps(summary))
    else:
        print("\n".join(lines))


def note(text: str) -> None:
    """Tell the user something that is no result, on stderr."""
    print(text, file=sys.stderr, flush=True)
