# SPDX-License-Identifier: Apache-2.0
"""kinest evaluate on many bags: a row of scores for each."""

from __future__ import annotations

import argparse

from kinest_ros.cli import fleet_options, options
from kinest_ros.cli.evaluate_bags import settings_of
from kinest_ros.errors import KinestError
from kinest_ros.tracking.wearer.wearer import Wearer


def evaluate_fleet(args: argparse.Namespace) -> int:
    """Score many bags; returns the exit code."""
    for option in ("figures", "report", "against", "fail_if"):
        if getattr(args, option):
            name = option.replace("_", "-")
            raise KinestError(f"--{name} is for a few bags; of many, read the rows in --out DIR")
    weights = args.weights or [""]
    if len(weights) > 1:
        raise KinestError("of many bags, --weights is one name: results of others go elsewhere")
    wearer = Wearer(options.skeleton_of(args), False, settings_of(args))
    own = args.stature is None and args.skeleton is None
    task = fleet_options.task_of(args, "evaluate", weights[0], wearer, own)
    return fleet_options.run(args, args.bags, task)
