# SPDX-License-Identifier: Apache-2.0
"""Options of kinest evaluate BAG that say where the truth is."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from kinest_ros.bags.inputs import InputChoice
from kinest_ros.body.joints import SLOTS
from kinest_ros.cli.input_options import TOPIC_KEYS
from kinest_ros.cli.options import assigned
from kinest_ros.decoding.kinds import DECODERS
from kinest_ros.decoding.options import InputOptions
from kinest_ros.errors import KinestError

if TYPE_CHECKING:
    from kinest_ros.evaluation.truth.given import GivenTruth


def add_truth(parser: argparse._ActionsContainer) -> None:
    """--truth, --truth-topic, --truth-source, --truth-fixed-frame, --no-align."""
    parser.add_argument(
        "--truth", metavar="WHERE",
        help="of bags: a topic of bodies, a clip (.npz, .bvh) or another bag, or what mocap bodies "
        f"in the same bag come as: {', '.join(DECODERS)} (default: the bag's own truth). Its clock "
        "and frame are found, from how head and hands move in both",
    )  # fmt: skip
    parser.add_argument(
        "--truth-source", action="append", default=[], metavar="SLOT:=NAME",
        help="what a mocap body is called; repeatable",
    )  # fmt: skip
    parser.add_argument(
        "--truth-topic", action="append", default=[], metavar="SLOT:=/NAME",
        help="topic of a mocap body, or of all (rigid_bodies, poses, tf, ...); repeatable",
    )  # fmt: skip
    parser.add_argument(
        "--truth-fixed-frame", default="world", metavar="FRAME",
        help="with --truth tf: the frame in which mocap bodies are looked up (default: world)",
    )  # fmt: skip
    parser.add_argument(
        "--no-align", action="store_true",
        help="the truth's clock and frame are the bag's: look for neither",
    )  # fmt: skip


def truth_of(args: argparse.Namespace) -> GivenTruth | None:
    """Return what was said with add_truth().

    Raises:
        KinestError: naming the option and what it may be.
    """
    from kinest_ros.evaluation.truth.given import GivenTruth

    if args.truth is None:
        if args.truth_source or args.truth_topic or args.no_align:
            raise KinestError("--truth-source, --truth-topic and --no-align need --truth")
        return None
    sources = dict(assigned("--truth-source", item) for item in args.truth_source)
    topics = dict(assigned("--truth-topic", item, TOPIC_KEYS) for item in args.truth_topic)
    mocap = args.truth in DECODERS
    if (sources or topics) and not mocap:
        raise KinestError(
            f"--truth-source and --truth-topic are of mocap bodies: --truth {' or '.join(DECODERS)}"
        )
    if mocap and args.no_align:
        raise KinestError("--no-align: how markers sit on mocap bodies is not known otherwise")
    named = {*sources, *(key for key in topics if key in SLOTS)}
    options = InputOptions(
        trackers=tuple(slot for slot in SLOTS if slot in named or slot == "head" or not named),
        sources=sources,
        tf_fixed_frame=args.truth_fixed_frame.strip("/"),
    )
    choice = InputChoice(args.truth if mocap else None, options, topics)
    return GivenTruth(args.truth, choice, args.no_align, args.body_model)


def said_of(given: GivenTruth | None) -> str:
    """Return what a truth is, for people; empty for the bag's own."""
    if given is None:
        return ""
    return f"mocap bodies ({given.where})" if given.is_mocap else given.where
