# SPDX-License-Identifier: Apache-2.0
"""kinest evaluate: accuracy of weights on clips with ground truth, and scores of bags."""

from __future__ import annotations

import argparse
import contextlib
from pathlib import Path

from kinest_ros.errors import KinestError
from kinest_ros.motion.clips.clip_lists import SPLIT_HELP
from kinest_ros.motion.clips.clip_sources import SOURCE_NAMES

NAME = "evaluate"
HELP = "measure accuracy on AMASS-style clips or bags: MPJPE, MPJRE, MPJVE, jitter, foot slide, ..."
EXAMPLES = """\
Every clip is turned into ideal trackers at 60 Hz and run through the same body tracker as in the
node. Streaming weights see no future frames; the published architecture is run on adjacent windows
(offline: it sees the future) and on the last frame of each window (online). Means are over the
clips of a dataset; "mean" is the unweighted mean over datasets, "all clips" the mean over all
clips; brackets are 95 % bootstrap intervals over clips. Hands are snapped to their trackers, so
their error is what remains out of reach.

A bag is scored on its /kinest/body, or on the bodies that --weights give for its trackers; against
/kinest/ground_truth/body if it has one, and by metrics that need no ground truth. --truth names
another ground truth; its clock and frame are aligned first (hand-eye calibration), since they
rarely are those of the headset. Printed: clock offset (ms), rotation (degrees), residual (mm,
degrees).

examples:
  kinest evaluate --data motion/ --split rule --part test
  kinest evaluate --data motion/ --split rule --compare --figures figures/
  kinest evaluate --data motion/ --weights default runs/mine/weights.safetensors
  kinest evaluate --data motion/ --split rule --weights runs/base/weights.safetensors --every 10
  kinest evaluate --data motion/ --split rule --part all --source cmu --weights other.safetensors
  kinest evaluate --data my_clips/ --stature-only --by kind --by person
  kinest evaluate --data motion/ --split rule --ablate --every 10
  kinest evaluate --data motion/ --split rule --suite robustness --every 10
  kinest evaluate --data AMASS/ --split data_split/ --amass-protocol --body-model smplh/male.npz
  kinest evaluate my_bag other_bag --stature 1.80
  kinest evaluate my_bag --report report.html
  kinest evaluate my_bag --truth suit.bvh
  kinest evaluate my_bag --truth rigid_bodies --truth-source head:=Hat --truth-source pelvis:=Belt
  kinest evaluate lab/ --out results --jobs 4
  kinest evaluate my_bag --json --against old.json --fail-if 'mpjpe>+5%' > new.json
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    from kinest_ros.cli import fleet_options, input_options, options, truth_options

    parser.add_argument("bags", nargs="*", type=Path, metavar="BAG", help="bags to score")
    parser.add_argument("--data", type=Path, help="folder of .npz clips")
    parser.add_argument("--split", type=Path, metavar="SPLIT", help=SPLIT_HELP)
    parser.add_argument(
        "--part", default="test",
        help="part of the split (default test); all: every clip that the split names",
    )  # fmt: skip
    parser.add_argument(
        "--source", action="append", metavar="SOURCE",
        help=f"clips of it alone: {SOURCE_NAMES}; of bags, SLOT:=NAME, what a tracker is called",
    )  # fmt: skip
    parser.add_argument(
        "--body-model", type=Path, metavar="FILE",
        help="SMPL, SMPL-H or SMPL-X file, for original AMASS clips",
    )  # fmt: skip
    parser.add_argument(
        "--amass-protocol", action="store_true",
        help="read clips as AvatarPoser and later papers do: every n-th frame, mean body shape",
    )  # fmt: skip
    parser.add_argument(
        "--weights", nargs="+", metavar="NAME",
        help="bundled names, .safetensors files or released checkpoints (default: default)",
    )  # fmt: skip
    parser.add_argument(
        "--published-mode", choices=("offline", "online", "both"), default="both",
        help="how weights of the published architecture are run (default both)",
    )  # fmt: skip
    parser.add_argument("--device", default="auto", help="auto, cpu or cuda (default auto)")
    parser.add_argument(
        "--compare", action="store_true",
        help="also: state reset at every frame, a mean pose with wrist IK, and the true motion",
    )  # fmt: skip
    parser.add_argument(
        "--ablate", action="store_true",
        help="also: the first weights without each of the steps after the network, and with the "
        "true contacts of the feet",
    )  # fmt: skip
    parser.add_argument(
        "--true-rotations", action="store_true",
        help="also: the first weights' rotations replaced by the true ones, which shows how much "
        "of the error is the skeleton's (--stature-only)",
    )  # fmt: skip
    parser.add_argument(
        "--suite", choices=("accuracy", "robustness"), default="accuracy",
        help="robustness: a hand lost for a while, long streams, six trackers against three",
    )  # fmt: skip
    parser.add_argument(
        "--hours", type=float, default=1.0, help="of the long stream of the suite (default 1)"
    )
    parser.add_argument(
        "--stature-only", action="store_true",
        help="track with the default skeleton of each clip's stature, as for a new user",
    )  # fmt: skip
    parser.add_argument("--slots", nargs="+", help="trackers in use (default: head, both hands)")
    parser.add_argument(
        "--every", type=int, default=1, metavar="N",
        help="take each N-th clip of each dataset, at least 32 where it has them (default 1)",
    )  # fmt: skip
    parser.add_argument(
        "--by", action="append", choices=("action", "person", "kind"),
        help="print a row per action, person or kind of action (standing, stepping, reaching, "
        "sitting, ...) too, with the worst clip of each; repeatable",
    )  # fmt: skip
    parser.add_argument(
        "--per-action", action="append_const", const="action", dest="by", help="same as --by action"
    )
    parser.add_argument("--per-clip", action="store_true", help="print a row per clip too")
    parser.add_argument("--figures", type=Path, metavar="DIR", help="write plots there")
    parser.add_argument(
        "--report", type=Path, metavar="FILE",
        help="of bags: one HTML file with scores, errors over time and by joint, drop-outs and the "
        "worst moments",
    )  # fmt: skip
    parser.add_argument("--cache", type=Path, help="folder for the clips in compact form")
    parser.add_argument(
        "--against", type=Path, metavar="OLD.json",
        help="of bags: what --json printed before, to compare with",
    )  # fmt: skip
    parser.add_argument(
        "--fail-if", action="append", default=[], metavar="LIMIT",
        help="of bags: exit with 1 if it comes true, such as 'mpjpe>+5%%', 'jitter>1.5' or "
        "'reprojection_cm.head.p95>+0.5'; changes are against --against; repeatable",
    )  # fmt: skip
    options.add_json(parser)
    options.add_tracking(parser)
    options.add_body_size(parser)
    input_options.add_inputs(parser, sources=False)
    truth_options.add_truth(parser.add_argument_group("truth, of bags"))
    parser.add_argument(
        "--out", type=Path, metavar="DIR", help="of many bags: folder for the rows of results"
    )
    fleet_options.add_fleet(parser)


def run(args: argparse.Namespace) -> int:
    """Evaluate; returns the exit code."""
    if args.every < 1:
        raise KinestError(f"--every is {args.every}; give 1 or more")
    if args.figures is not None:
        _need_matplotlib()
    if args.report is not None and not args.bags:
        raise KinestError("--report is for bags; of clips, --figures draws")
    if args.report is not None and not args.report.parent.is_dir():
        raise KinestError(f"--report {args.report}: there is no folder {args.report.parent}")
    from kinest_ros.cli.fleet_options import wants_fleet

    fleet = args.out is not None or wants_fleet(args, args.bags)
    if args.bags or fleet:
        if args.data is not None:
            raise KinestError("give bags or --data, not both")
        if fleet:
            from kinest_ros.cli.evaluate_fleet import evaluate_fleet

            return evaluate_fleet(args)
        from kinest_ros.cli import sources
        from kinest_ros.cli.evaluate_bags import evaluate_bags

        with contextlib.ExitStack() as stack:
            args.bags = [sources.as_bag(path, stack) for path in args.bags]
            return evaluate_bags(args)
    if args.against or args.fail_if or args.truth:
        raise KinestError("--against, --fail-if and --truth are for bags")
    from kinest_ros.training.cpu_memory import keep_freed_memory

    keep_freed_memory()
    if args.data is None:
        raise KinestError("nothing to evaluate: give --data FOLDER, or bags (see --help)")
    of_bags = args.input or args.topic or args.hand_source or args.mount
    if args.stature is not None or args.skeleton is not None or of_bags:
        raise KinestError(
            "--stature, --skeleton, --input, --topic and --mount are for bags; clips "
            "have their own skeletons and ideal trackers"
        )
    if args.suite == "robustness":
        from kinest_ros.cli.evaluate_robustness import evaluate_robustness

        return evaluate_robustness(args)
    from kinest_ros.cli.evaluate_clips import evaluate_clips

    return evaluate_clips(args)


def _need_matplotlib() -> None:
    import importlib.util

    if importlib.util.find_spec("matplotlib") is None:
        raise KinestError("--figures needs matplotlib: pip install matplotlib")
