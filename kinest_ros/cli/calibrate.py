# SPDX-License-Identifier: Apache-2.0
"""`kinest calibrate`: body size, floor and mounts from a pose held for two seconds."""

from __future__ import annotations

import argparse
import json
import math
import time
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kinest_ros.calibration.devices import HAND_DEVICES
from kinest_ros.cli import input_options, options
from kinest_ros.cli.progress import Progress
from kinest_ros.errors import KinestError
from kinest_ros.tracking.devices.basis import BASES

if TYPE_CHECKING:
    from kinest_ros.calibration.calibration import Calibration
    from kinest_ros.calibration.samples import Samples

NAME = "calibrate"
HELP = "estimate stature, arm span, floor and tracker mounts from a T- or I-pose"
EXAMPLES = """examples:
  kinest calibrate --live                         a running node: get into the pose, hold it
  kinest calibrate --bag /tmp/mine --out anna --figure anna.png
  kinest calibrate --bag /tmp/mine --at 12.5 --stature 1.68 --out anna.yaml
  kinest calibrate --show anna
  kinest calibrate --check-stature /tmp/mine motion/bandai

Stand upright, look straight ahead and hold for two seconds: arms straight out to the sides with
the palms down (T), or hanging straight down with the palms to the thighs (I). If you know your
stature, give it, and everything else becomes more certain. --out takes a .yaml file or a user name,
which stands for $XDG_CONFIG_HOME/kinest/NAME.yaml (~/.config by default). The node loads it by its
parameter `calibration`, kinest replay and kinest demo with --calibration."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--show", metavar="FILE_OR_NAME", help="print a calibration")
    what.add_argument("--bag", type=Path, metavar="BAG", help="calibrate from a recording")
    what.add_argument(
        "--live", action="store_true", help="call the service ~/calibrate of a running node"
    )
    what.add_argument(
        "--check-stature",
        nargs="+",
        type=Path,
        metavar="PATH",
        help="no calibration: print the stature estimated from head height over time in bags, "
        "A-Frame .json files and .npz clips (or folders of those), and the clips' true ones",
    )
    live = parser.add_argument_group("with --live")
    live.add_argument(
        "--countdown", type=float, default=5.0, metavar="S",
        help="seconds until the call, to get into the pose (default: 5)",
    )  # fmt: skip
    live.add_argument(
        "--service", default="/kinest/calibrate", metavar="NAME",
        help="the service to call (default: /kinest/calibrate)",
    )  # fmt: skip
    bag = parser.add_argument_group("with --bag")
    bag.add_argument(
        "--at", type=float, metavar="S",
        help="the pose is held from S seconds after the first head pose (default: where it is "
        "held best)",
    )  # fmt: skip
    bag.add_argument("--out", metavar="FILE_OR_NAME", help="save the calibration")
    bag.add_argument(
        "--figure", type=Path, metavar="PNG", help="draw the estimated body over the trackers"
    )
    bag.add_argument(
        "--hand-device", default="controller", choices=tuple(HAND_DEVICES),
        help="held in the fist, or worn on (or tracked at) the wrist (default: controller)",
    )  # fmt: skip
    bag.add_argument(
        "--input-basis", default="ros", choices=BASES, help="axes of the poses (default: ros)"
    )
    options.add_body_size(bag, "not known: estimated")
    input_options.add_inputs(bag)
    options.add_json(parser)


def run(args: argparse.Namespace) -> int:
    """Calibrate or show."""
    if args.show is not None:
        return _show(args)
    if args.live:
        return _live(args)
    if args.check_stature:
        from kinest_ros.cli.stature_check import check_stature

        return check_stature(args)
    return _from_bag(args)


def _show(args: argparse.Namespace) -> int:
    from kinest_ros.calibration.storage import calibration_path

    found = options.calibration_named("--show", args.show)
    _print(args, found, {"file": str(calibration_path(args.show))})
    return 0


def _print(args: argparse.Namespace, calibration: Calibration, more: dict[str, Any]) -> None:
    from kinest_ros.calibration.summary import as_data, summary_lines

    lines = [*summary_lines(calibration), *(f"  {key}: {text}" for key, text in more.items())]
    options.report(args, {**as_data(calibration), **more}, lines)


def _from_bag(args: argparse.Namespace) -> int:
    from kinest_ros.bags.reader import BagReader
    from kinest_ros.body.skeleton import Skeleton
    from kinest_ros.calibration.calibration import calibrate
    from kinest_ros.calibration.held_pose import HOLD_SECONDS, held_pose
    from kinest_ros.calibration.refusal import Refusal
    from kinest_ros.calibration.samples import Samples
    from kinest_ros.calibration.storage import (
        calibration_path,
        keeping_other_kind,
        load_calibration,
        save_calibration,
    )

    skeleton = Skeleton.load(args.skeleton) if args.skeleton else None
    if args.stature is not None:
        Skeleton.from_stature(args.stature)  # refuses what cannot be a stature
    place = calibration_path(args.out) if args.out else None
    with BagReader(args.bag) as bag:
        samples = Samples.from_frames(input_options.chosen_input(bag, args).frames())
    start = _given(args, samples) if args.at is not None else _best(args, samples)
    stop = int(samples.tracks["head"].stamps_ns[0]) + round((start + HOLD_SECONDS) * 1e9)
    until = samples.between(0, stop)
    try:
        calibration = calibrate(
            until,
            args.input_basis,
            args.hand_device,
            args.stature,
            skeleton,
            created=datetime.now(timezone.utc).isoformat(timespec="seconds"),
        )
    except Refusal as refusal:
        where = f"from {start:.1f} s on" + ("" if args.at is not None else ", the best part")
        raise KinestError(f"{args.bag} cannot be calibrated from ({where}): {refusal}") from None
    more: dict[str, Any] = {"held_from_s": round(start, 2)}
    if place is not None:
        if place.is_file():  # what it says of the other kind of device stays
            calibration = keeping_other_kind(calibration, load_calibration(place))
        more["file"] = str(save_calibration(calibration, place))
    if args.figure is not None:
        _check_matplotlib()
        from kinest_ros.calibration.figure import draw_calibration

        pose = held_pose(until.last(HOLD_SECONDS).in_basis(args.input_basis))
        draw_calibration(calibration, pose, args.figure)
        more["figure"] = str(args.figure)
    _print(args, calibration, more)
    return 0


def _given(args: argparse.Namespace, samples: Samples) -> float:
    from kinest_ros.calibration.held_pose import HOLD_SECONDS
    from kinest_ros.calibration.search import length

    longest = length(samples)
    if not 0.0 <= args.at <= longest - 0.95 * HOLD_SECONDS:
        raise KinestError(
            f"--at {args.at:g}: the pose is held for {HOLD_SECONDS:g} s from there on, and "
            f"{args.bag} is {longest:.1f} s long"
        )
    return args.at


def _best(args: argparse.Namespace, samples: Samples) -> float:
    """Return where the pose is held best, s from the first head pose."""
    from kinest_ros.calibration.search import best_held, window_starts

    progress = Progress(f"looking through {args.bag.name}", len(window_starts(samples)))
    try:
        return best_held(samples, args.input_basis, on_window=progress.step).start
    finally:
        progress.close()


def _check_matplotlib() -> None:
    try:
        import matplotlib  # noqa: F401
    except ImportError:
        raise KinestError(
            "--figure draws with matplotlib, which is missing: pip install 'kinest_ros[plot]'"
        ) from None


def _live(args: argparse.Namespace) -> int:
    if not 0.0 <= args.countdown <= 120.0:
        raise KinestError(f"--countdown is {args.countdown}; give 0 to 120 seconds")
    try:
        from kinest_ros.node.clients.calibrate_client import call_calibrate
    except ImportError as error:
        raise KinestError(
            f"this Python cannot speak to ROS 2 ({error}). Source your ROS 2 installation, or run "
            "`make setup` and use .venv/bin/kinest; --bag works without ROS"
        ) from None
    if args.countdown:
        options.note(
            "stand upright, look straight ahead; arms straight out to the sides, palms down (T), "
            "or hanging, palms to the thighs (I)"
        )
    end = time.monotonic() + args.countdown
    while (left := end - time.monotonic()) > 0.0:
        options.note(f"{math.ceil(left)}" + (" hold still" if left <= 2.5 else ""))
        time.sleep(left - math.ceil(left) + 1.0)
    success, text = call_calibrate(args.service, timeout=10.0)
    if args.json:
        print(json.dumps({"success": success, "message": text}))
    elif success:
        print(text)
    else:
        options.note(f"not calibrated: {text}")
    return 0 if success else 1
