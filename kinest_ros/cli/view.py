# SPDX-License-Identifier: Apache-2.0
"""`kinest view`: a page with the body in 3D, live or from a bag or clip."""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from kinest_ros.cli import input_options, options
from kinest_ros.errors import KinestError

NAME = "view"
HELP = "show bodies in 3D in a browser: live, or from a bag or clip, next to ground truth"
EXAMPLES = """examples:
  kinest view                                  every published body, live
  kinest view my_bag                           with a timeline, and ground truth if any
  kinest view walk.npz --weights default runs/mine/weights.safetensors
  kinest view my_bag --html body.html          one file that opens offline

Colours: blue to orange for high to low confidence, pink balls for the tracked joints as measured,
yellow plates for feet in contact, grey for ground truth. Tracker axes (x red, y green, z blue) are
labelled with the slot; grey: not valid; the checkbox "tracker axes" hides them. A robot that
follows live (kinest_retarget) stands 1.2 m to the left of its person. For a bag, /kinest/body is
shown, or the bodies that --weights give for its trackers, with plots over the whole bag: age and
validity of each tracker, confidence, distance of links from their trackers and from ground truth,
latency."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "bag", nargs="?", type=Path, metavar="BAG", help="bag, or a clip (.npz, .bvh)"
    )
    parser.add_argument(
        "--weights", nargs="+", metavar="NAME", help="bundled names or .safetensors files"
    )
    parser.add_argument("--html", type=Path, metavar="FILE", help="write one file and end")
    parser.add_argument(
        "--together", action="store_true", help="bodies on top of each other, not side by side"
    )
    parser.add_argument(
        "--host", default="127.0.0.1", help="what to listen on (default: %(default)s)"
    )
    parser.add_argument("--port", type=options.port, default=8080, help="(default: %(default)s)")
    parser.add_argument("--device", default="cpu", help="auto, cpu or cuda (default: cpu)")
    options.add_json(parser)
    options.add_body_size(parser)
    input_options.add_inputs(parser)
    options.add_tracking(parser)


def run(args: argparse.Namespace) -> int:
    """Show."""
    if args.bag is None:
        if args.html is not None or args.weights:
            raise KinestError("--html and --weights need a bag or clip to read")
        return _live(args)
    if args.html is not None:
        _need_viser()
        if not args.html.parent.is_dir():
            raise KinestError(f"--html {args.html}: there is no folder {args.html.parent}")
    with tempfile.TemporaryDirectory() as folder:
        shown, plots = _shown(args, Path(folder))
    apart = 0.0 if args.together else 1.5
    if args.html is not None:
        from kinest_ros.view.recording import write_html

        write_html(args.html, shown, apart=apart, plots=plots)
        size = args.html.stat().st_size / 1e6
        summary = {"html": str(args.html), "bodies": [s.name for s in shown]}
        options.report(args, summary, [f"{args.html}: {size:.1f} MB"])
        return 0
    from kinest_ros.node.signals import until_signal
    from kinest_ros.view.player import Player
    from kinest_ros.view.recording import centre_of
    from kinest_ros.view.stage import close_stage, open_stage

    with until_signal() as stop:
        server = open_stage(args.host, args.port, centre_of(shown, apart))
        player = Player(server, shown, apart)
        player.controls(plots(player.ticks_ns))
        _say_where(args)
        player.play(stop)
        close_stage(server)
    return 0


def _shown(args: argparse.Namespace, folder: Path):  # type: ignore[no-untyped-def]
    import torch

    from kinest_ros.bags.reader import BagReader, read_bodies
    from kinest_ros.bags.topics import GROUND_TRUTH
    from kinest_ros.cli.evaluate_bags import has_bodies, skeleton_for, tracker_for
    from kinest_ros.evaluation.bag_scores import tracker_stamps
    from kinest_ros.evaluation.bag_tracking import track_bag
    from kinest_ros.evaluation.models import load_weights
    from kinest_ros.evaluation.tracked_links import tracked_links
    from kinest_ros.formats.clips.load import CLIP_SUFFIXES
    from kinest_ros.view.bag_plots import plots_of, residuals_of
    from kinest_ros.view.shown import Shown

    # For one frame at a time, a second thread costs more than it computes.
    torch.set_num_threads(1)
    bag = args.bag
    if bag.suffix in CLIP_SUFFIXES:
        bag = _bag_of_clip(bag, folder / bag.stem)
    shown, residuals, choice = [], {}, input_options.inputs_of(args)
    if has_bodies(bag) and not args.weights:
        bodies = read_bodies(bag)
        links = tracked_links(bag, bodies, choice)
        shown.append(Shown.estimate("body", bodies, links))
        residuals["body"] = residuals_of(shown[0], links.positions)
    else:
        skeleton = skeleton_for(args, bag)
        for weights in load_weights(args.weights or ["default"], args.device):
            tracker = tracker_for(weights, skeleton, args)
            bodies, links = track_bag(bag, tracker, choice)
            shown.append(Shown.estimate(weights.name, bodies, links))
            residuals[weights.name] = residuals_of(shown[-1], links.positions)
    with BagReader(bag) as reader:
        known = GROUND_TRUTH in reader.types
    if known:
        truth = read_bodies(bag, GROUND_TRUTH)
        if len(truth):
            shown.append(Shown.truth(truth))
    if not shown or not len(shown[0].stamps_ns):
        raise KinestError(f"{args.bag} has no body to show")
    stamps = tracker_stamps(bag, choice)
    return shown, lambda ticks_ns: plots_of(shown, stamps, ticks_ns, residuals)


def _bag_of_clip(clip: Path, bag: Path) -> Path:
    from kinest_ros.cli import synth

    parser = argparse.ArgumentParser()
    synth.add_arguments(parser)
    # What it says of the bag is of no interest here.
    made = parser.parse_args(["--out", str(bag), "--motion", str(clip)])
    import contextlib
    import io

    with contextlib.redirect_stdout(io.StringIO()):
        synth.run(made)
    return bag


def _live(args: argparse.Namespace) -> int:
    try:
        import rclpy

        from kinest_ros.node.clients.body_listener import BodyListener
        from kinest_ros.node.clients.robot_listener import RobotListener
        from kinest_ros.node.spinning import ros_until_signal, spin
    except ModuleNotFoundError as error:
        raise KinestError(
            f"{error.name} is missing: source a ROS 2 workspace with kinest_ros in it, or run "
            "`make setup` and use .venv/bin/kinest; a bag or clip can be viewed without ROS"
        ) from error
    from kinest_ros.view.live import LivePage
    from kinest_ros.view.stage import close_stage, open_stage

    with ros_until_signal() as stop:
        server = open_stage(args.host, args.port)
        node = rclpy.create_node("kinest_view")
        try:
            page = LivePage(server)
            BodyListener(node, page)
            RobotListener(node, page.robots)
            _say_where(args)
            spin(node, stop)
        finally:
            node.destroy_node()
            close_stage(server)
    return 0


def _need_viser() -> None:
    import importlib.util

    if importlib.util.find_spec("viser") is None:
        raise KinestError("the view needs the Python package viser: pip install kinest_ros[view]")


def _say_where(args: argparse.Namespace) -> None:
    from kinest_ros.web.addresses import is_loopback, names_of

    name = names_of(args.host)[0]
    print(f"open http://{name}:{args.port} in a browser; Ctrl-C ends it", flush=True)
    if not is_loopback(args.host):
        options.note("no password: anyone who reaches this port can watch")
