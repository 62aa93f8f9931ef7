# SPDX-License-Identifier: Apache-2.0
"""Whether what was published while things happened is right, by its stamps."""

from __future__ import annotations

import itertools
import time

import numpy as np

from tests.campaign.chaos_stage import Stage

#: m that the head may be from where it was at the stamp: one that is 0.15 s old is farther off.
MOST_OFF = 0.05
#: s after the last body at which a robot has come to rest.
AT_REST = 1.5
#: Bodies after which a head that was away is where its tracker is; the last ones before it goes are
#: extrapolated.
SETTLED, HELD = 60, 16
#: s within which a machine, however busy, has sent five samples.
STILL_SENT = 3.0


def judge_rest(stage: Stage) -> None:
    """The robot's reference has come to a stop, and is still published."""
    time.sleep(0.2)
    last = list(stage.heard.robot[-5:])
    if (time.monotonic_ns() - last[0][0]) * 1e-9 > STILL_SENT:
        stage.broken.append("nothing is published of a robot whose human is gone")
        return
    bodies = [stamp for stamp, _ in stage.heard.bodies if stamp]
    if not bodies or last[0][1] - bodies[-1] < AT_REST * 1e9:
        # By its own clock it had no time to stop: a busy machine lets it send too seldom.
        stage.worst["stops of the robot that were too slow to judge"] += 1
        return
    stage.worst["stops of the robot judged"] += 1
    moved = max(float(np.abs(a[2] - b[2]).max()) for a, b in itertools.pairwise(last))
    stage.note("robot's last step at rest, microrad", moved * 1e6)
    if moved > 1e-4:
        stage.broken.append(f"the robot still moves, {moved:.4f} rad a sample")


def judge(stage: Stage) -> None:
    """Look at all bodies: stamps rise, and none shows an old pose."""
    found = list(stage.heard.bodies)
    falls = [a - b for (a, _), (b, _) in itertools.pairwise(found) if a and b and b <= a]
    if falls:
        seconds = ", ".join(f"{fall * 1e-9:.3f}" for fall in falls[:5])
        stage.broken.append(f"{len(falls)} bodies whose stamps do not rise: by {seconds} s")
    # A head that was away is caught up with at a bounded speed, and while it is, held.
    steps = np.diff([stamp for stamp, _ in found], prepend=0)
    broken_at = np.flatnonzero((steps < 0) | (steps > 100_000_000))
    settled = [
        i - broken_at[broken_at <= i][-1] > SETTLED
        and not ((broken_at > i) & (broken_at - i <= HELD)).any()
        for i in range(len(found))
    ]
    offs = np.array([off for (_, off), good in zip(found, settled, strict=True) if good])
    offs = offs if len(offs) else np.zeros(1)
    for name, value in (("99.9 %", np.percentile(offs, 99.9)), ("worst", offs.max())):
        stage.note(f"head from where it was at the stamp, mm, {name}", value * 1e3)
    if offs.max() > MOST_OFF:
        stage.broken.append(f"a head {offs.max():.3f} m from where it was at its stamp")
