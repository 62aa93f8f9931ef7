# SPDX-License-Identifier: Apache-2.0
"""`kinest demo`: plays a bag through the live node and shows what came out."""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path
from typing import Any

from kinest_ros.cli.options import add_calibration, add_model, calibration_of, note
from kinest_ros.errors import KinestError
from kinest_ros.files.whole import write_whole

NAME = "demo"
HELP = "play a recording through the live node; write a bag, a picture and a summary"
EXAMPLES = """examples:
  kinest demo                                     the bundled performance
  kinest demo --bag /tmp/mine --out /tmp/shown    your own recording (see kinest convert)

Starts the node, a player and a recorder, each in a process of its own on a private ROS domain.
Writes OUT/bag (what was published), OUT/body.png, OUT/robot.png (our robot under the body's poses),
OUT/summary.json and OUT/logs."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "--out",
        type=Path,
        default=Path("demo_output"),
        metavar="DIR",
        help="folder to write (default: demo_output)",
    )
    parser.add_argument(
        "--bag", type=Path, metavar="BAG", help="tracker bag to play (default: the sample)"
    )
    parser.add_argument(
        "--duration", type=float, metavar="S", help="length of the sample in s (default: all)"
    )
    parser.add_argument(
        "--stature",
        type=float,
        metavar="M",
        help="body height in m; default: the bag's skeleton, or as the head's height tells",
    )
    add_calibration(parser, "--stature comes before it")
    add_model(parser)


def run(args: argparse.Namespace) -> int:
    """Play, record, measure, draw and tell."""
    from kinest_ros.demo import robot, session

    if args.bag is not None and args.duration is not None:
        raise KinestError("--duration is the length of the bundled sample; leave it out with --bag")
    calibration_of(args)  # a wrong file should not be found out by the node
    session.check_ros()
    _check_matplotlib()
    from kinest_ros.demo.pictures import draw
    from kinest_ros.demo.recording import read_recording
    from kinest_ros.demo.story import closing_words
    from kinest_ros.demo.summary import summarise

    source = args.bag or _sample(args.out / "sample", args.duration)
    seconds = _length(source)
    session.use_private_domain()
    started = time.monotonic()
    bag = session.run(source, args.out, seconds, _node_parameters(args, source), note)
    note(f"measuring and drawing ({time.monotonic() - started:.0f} s so far)")
    recording = read_recording(bag, source)
    summary = {"source": str(source), "weights": args.weights, **summarise(recording)}
    if len(recording.bodies) > 1 and robot.available():
        summary["robot"] = robot.show_robot(bag, args.out / "robot.png")
    write_whole(args.out / "summary.json", json.dumps(summary, indent=2) + "\n")
    if not len(recording.bodies):
        raise KinestError(
            f"the node published no body; see {args.out / 'logs' / 'node.log'}. "
            f"Poses received: {summary['frames_in'] or 'none'}"
        )
    draw(recording, args.out / "body.png")
    print(closing_words(summary, args.out))
    return 0


def _check_matplotlib() -> None:
    try:
        import matplotlib  # noqa: F401
    except ImportError:
        raise KinestError(
            "the demo draws with matplotlib, which is missing: pip install 'kinest_ros[plot]'"
        ) from None


def _sample(path: Path, duration: float | None) -> Path:
    """Make the bundled performance; the same every time."""
    from kinest_ros.cli import synth

    note("making the bundled performance")
    parser = argparse.ArgumentParser()
    synth.add_arguments(parser)
    length = [] if duration is None else ["--duration", str(duration)]
    path.parent.mkdir(parents=True, exist_ok=True)
    chosen = parser.parse_args(["--out", str(path), "--overwrite", *length])
    chosen.quiet = True
    synth.run(chosen)
    return path


def _length(bag: Path) -> float:
    """Return the seconds from the first to the last head pose.

    Raises:
        KinestError: no bag, or no head in it.
    """
    from kinest_ros.bags.contents import read_tracker_frames
    from kinest_ros.bags.inputs import InputChoice

    stamps = [frame.stamp_ns for frame in read_tracker_frames(bag, InputChoice("pose"))]
    if len(stamps) < 2:
        raise KinestError(f"{bag} holds {len(stamps)} poses; there is nothing to play")
    return (max(stamps) - min(stamps)) * 1e-9


def _node_parameters(args: argparse.Namespace, source: Path) -> dict[str, Any]:
    parameters = {"weights": args.weights, "device": args.device, "runtime": args.runtime}
    skeleton = source / "skeleton.npz"
    if args.calibration:
        parameters["calibration"] = str(args.calibration)
    if args.stature is not None:
        parameters["stature"] = str(float(args.stature))
    elif skeleton.is_file() and not args.calibration:
        parameters["skeleton"] = str(skeleton)
    return parameters
