# SPDX-License-Identifier: Apache-2.0
"""Options that say where the trackers are in a bag; they are named like the node's parameters."""

from __future__ import annotations

import argparse

from kinest_ros.bags.contents import input_of, proposal
from kinest_ros.bags.inputs import BagInput, InputChoice, key_of
from kinest_ros.bags.reader import BagReader
from kinest_ros.body.joints import SLOTS
from kinest_ros.cli.options import assigned, note
from kinest_ros.decoding.hands_in_use import HANDS
from kinest_ros.decoding.kinds import DECODERS
from kinest_ros.decoding.options import InputOptions
from kinest_ros.decoding.worn import WORN_TOPIC
from kinest_ros.errors import KinestError


def _topics() -> tuple[str, ...]:
    """Return what topics can be named by: slots, and topics that hold all trackers or another."""
    options = InputOptions(hand_poses=True)
    decoders = [make(options, lambda *_: None) for make in DECODERS.values()]
    keys = [key_of(channel) for decoder in decoders for channel in decoder.channels]
    return tuple(dict.fromkeys([*SLOTS, *keys, WORN_TOPIC]))


#: What --topic can name.
TOPIC_KEYS = _topics()
SOURCE_HELP = "what a tracker is called: TF frame, name in an array, rigid body; repeatable"


def add_inputs(parser: argparse._ActionsContainer, sources: bool = True) -> None:
    """--input, --topic, --source, --hand-source, --hand-poses, --tf-fixed-frame, --trackers.

    Args:
        parser: takes them.
        sources: False where the command has an option --source already.
    """
    parser.add_argument(
        "--input",
        choices=tuple(DECODERS),
        help="kind of message with the tracker poses (default: what the bag holds)",
    )
    parser.add_argument(
        "--topic",
        action="append",
        default=[],
        metavar="SLOT:=/NAME",
        help="topic of a tracker where it is not /kinest/SLOT/pose (or odometry, ...), or of all "
        "in one: poses, trackers, rigid_bodies, tf, tf_static; also worn; repeatable. "
        f"Slots: {', '.join(SLOTS)}",
    )
    if sources:
        parser.add_argument("--source", action="append", metavar="SLOT:=NAME", help=SOURCE_HELP)
    parser.add_argument(
        "--hand-source",
        action="append",
        default=[],
        metavar="HAND:=NAME",
        help="name of a tracked hand, in addition to its controller; repeatable",
    )
    parser.add_argument(
        "--hand-poses",
        action="store_true",
        help="with a topic per tracker: also read hand tracking, /kinest/HAND/hand_pose",
    )
    parser.add_argument(
        "--tf-fixed-frame",
        default="world",
        metavar="FRAME",
        help="with --input tf: the frame in which the trackers are looked up (default: world)",
    )
    parser.add_argument(
        "--bag-time",
        action="store_true",
        help="use recording times instead of header stamps, if those are zero or wrong",
    )
    parser.add_argument(
        "--trackers",
        type=lambda text: tuple(text.split(",")),
        default=SLOTS,
        metavar="SLOT,SLOT",
        help="trackers to read (default: all in the bag)",
    )


def inputs_of(args: argparse.Namespace) -> InputChoice:
    """Return what was said with add_inputs() of the trackers in a bag.

    Raises:
        KinestError: naming the option and what it may be.
    """
    for slot in args.trackers:
        if slot not in SLOTS:
            raise KinestError(f"--trackers: '{slot}' is no tracker; use {', '.join(SLOTS)}")
    if "head" not in args.trackers:
        raise KinestError(f"--trackers {','.join(args.trackers)}: the head is needed")
    topics = dict(assigned("--topic", item, TOPIC_KEYS) for item in args.topic)
    hands = dict(assigned("--hand-source", item, HANDS) for item in args.hand_source)
    timeout = getattr(args, "tracker_timeout", InputOptions().timeouts["head"])
    options = InputOptions(
        trackers=tuple(args.trackers),
        sources=dict(assigned("--source", item) for item in args.source or ()),
        hand_sources={hand: name for hand, name in hands.items() if hand in args.trackers},
        hand_poses=args.hand_poses,
        tf_fixed_frame=args.tf_fixed_frame.strip("/"),
        timeouts=dict.fromkeys(SLOTS, timeout),
    )
    return InputChoice(args.input, options, topics, args.bag_time)


def chosen_input(bag: BagReader, args: argparse.Namespace) -> BagInput:
    """Return the input of a bag, and tell the user of one that was not asked for."""
    found = input_of(bag, inputs_of(args))
    if args.input is None and found.kind != "pose":
        note(proposal(bag, found))
    return found
