# SPDX-License-Identifier: Apache-2.0
"""`kinest play`: a bag's trackers, live, for machines without `ros2 bag`."""

from __future__ import annotations

import argparse
import contextlib
from pathlib import Path

from kinest_ros.cli import input_options, options, sources
from kinest_ros.errors import KinestError

NAME = "play"
HELP = "publish a bag's tracker topics live into ROS 2 (DDS), at its own pace"
EXAMPLES = """examples:
  kinest play /tmp/sample
  kinest play /tmp/sample --rate 0.5 --loop
  kinest play recording.mcap --topic head:=/vr/hmd

Waits for a subscriber, then publishes the stored messages unchanged: header stamps are those of
the recording. The time in the recording goes to /clock, for nodes with use_sim_time; the
others do not look there. Where it exists, `ros2 bag play --clock` serves as well: it plays all
topics and waits for nobody. Needs rclpy."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("bag", type=Path, metavar="BAG", help="bag, or what kinest convert reads")
    parser.add_argument(
        "--rate", type=float, default=1.0, metavar="X", help="speed (default: 1, the bag's own)"
    )
    parser.add_argument("--loop", action="store_true", help="start again at the end, until Ctrl-C")
    parser.add_argument(
        "--wait",
        type=float,
        default=30.0,
        metavar="S",
        help="how long to wait for a listener; 0 plays at once (default: 30)",
    )
    parser.add_argument(
        "--listeners",
        type=int,
        default=1,
        metavar="N",
        help="subscriptions that each topic waits for, 2 for a node and a recorder (default: 1)",
    )
    parser.add_argument(
        "--no-clock",
        action="store_true",
        help="do not publish /clock, for example because a simulator does",
    )
    input_options.add_inputs(parser)
    options.add_json(parser)


def run(args: argparse.Namespace) -> int:
    """Play."""
    from kinest_ros.bags.reader import BagReader

    if not 0.01 <= args.rate <= 100.0:
        raise KinestError(f"--rate is {args.rate}; it must lie between 0.01 and 100")
    if not 0.0 <= args.wait < float("inf"):
        raise KinestError(f"--wait is {args.wait}; give seconds, 0 or more")
    if args.listeners < 1:
        raise KinestError(f"--listeners is {args.listeners}; give 1 or more, or --wait 0 for none")
    with contextlib.ExitStack() as stack, BagReader(sources.as_bag(args.bag, stack)) as bag:
        inputs = input_options.chosen_input(bag, args)
        messages = [heard.raw for heard in inputs.heard() if not heard.own]
    latched = [topic for topic, channel in inputs.topics.items() if channel.latched]
    if all(message.topic in latched for message in messages):
        raise KinestError(f"{args.bag} has no message on {', '.join(inputs.topics)}")
    try:
        from kinest_ros.node.clients.player import Player
    except ImportError as error:
        raise KinestError(
            f"this Python cannot publish into ROS 2 ({error}). Source your ROS 2 installation, or "
            "run `make setup` and use .venv/bin/kinest; `kinest replay` works without ROS"
        ) from None
    with Player(messages, not args.no_clock, latched) as player:
        player.wait_for_listeners(args.wait, args.listeners)
        if not args.json:
            options.note(f"playing {args.bag}, {player.seconds / args.rate:.1f} s")
        rounds = 0
        while rounds == 0 or args.loop:
            player.play(args.rate)
            rounds += 1
    summary = {
        "bag": str(args.bag),
        "published": player.published,
        "seconds": player.seconds,
        "largest_delay_ms": player.largest_delay * 1e3,
    }
    lines = [
        f"published {sum(player.published.values())} messages, "
        f"at most {player.largest_delay * 1e3:.1f} ms late"
    ]
    options.report(args, summary, lines)
    return 0
