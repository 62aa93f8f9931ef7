# SPDX-License-Identifier: Apache-2.0
"""Kills, stops and restarts a source, the node and a robot's node at random, and judges by stamps.

python -m tests.campaign.chaos --acts 200 --seed 0
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Sequence

import numpy as np

from tests.campaign.chaos_acts import ACTS, act
from tests.campaign.chaos_judging import judge
from tests.campaign.chaos_stage import PATIENCE, Stage
from tests.node.node_process import wait_for


def run(acts: int, seed: int, kinds: Sequence[str] = tuple(ACTS), domain: int = 54) -> Stage:
    """Do so many acts; return the stage, closed, with what was broken."""
    rng = np.random.default_rng(seed)
    stage = Stage(domain)
    try:
        wait_for(lambda: min(len(stage.heard.bodies), len(stage.heard.robot)) > 60, PATIENCE)
        for index in range(acts):
            what = str(rng.choice(kinds))
            print(f"{index + 1}: {what}", flush=True)
            act(stage, what, rng)
        judge(stage)
    finally:
        stage.close()
    return stage


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--acts", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--domain", type=int, default=54)
    parser.add_argument("--only", nargs="+", choices=ACTS, default=list(ACTS))
    chosen = parser.parse_args()
    os.environ.setdefault("ROS_AUTOMATIC_DISCOVERY_RANGE", "LOCALHOST")
    begin = time.monotonic()
    stage = run(chosen.acts, chosen.seed, chosen.only, chosen.domain)
    minutes = (time.monotonic() - begin) / 60.0
    print(f"{chosen.acts} acts, {len(stage.heard.bodies)} bodies, {len(stage.heard.robot)} samples "
          f"of the robot in {minutes:.1f} min")  # fmt: skip
    for what, value in sorted(stage.worst.items()):
        print(f"  {what}: {value:.1f}")
    print(f"broken: {len(stage.broken)} times" if stage.broken else "broken: nothing")
    for text in stage.broken[:20]:
        print(f"  {text}")
    return 1 if stage.broken else 0


if __name__ == "__main__":
    sys.exit(main())
