# SPDX-License-Identifier: Apache-2.0
"""Charts and stick figures as a person reads them: which side is which, and round numbers."""

import re

import numpy as np
import pytest

from kinest_ros.body.kinematics import forward_kinematics_np
from kinest_ros.body.skeleton import Skeleton
from kinest_ros.view.charts import line_chart, stick_figures


def t_pose() -> np.ndarray:
    """Positions (22, 3) m of a T-pose on the floor that faces +x."""
    skeleton = Skeleton.from_stature(1.7)
    root = np.array((0.0, 0.0, 0.9))
    turn = np.array(((0.0, 0.0, 1.0), (1.0, 0.0, 0.0), (0.0, 1.0, 0.0)))
    rotations = np.tile(np.eye(3), (22, 1, 1))
    rotations[0] = turn
    positions, _ = forward_kinematics_np(rotations, skeleton.rest_offsets, root)
    return positions


def ends(page: str) -> np.ndarray:
    """Ends (n, 2) of bones in the picture, in the order of the joints without the root."""
    found = re.findall(r'class="bone"[^>]* x2="([0-9.]+)" y2="([0-9.]+)"', page)
    return np.array(found, dtype=float)


def test_the_front_has_the_left_on_the_right_and_the_side_looks_to_the_right() -> None:
    drawn = ends(stick_figures({"estimate": t_pose()})).reshape(2, 21, 2)
    front, side = (dict(zip(range(1, 22), view[:, 0], strict=True)) for view in drawn)
    assert front[20] > front[21] + 50.0, "the left wrist, seen from the front"
    assert side[10] > side[7] + 5.0, "toes are ahead of the ankle"
    page = stick_figures({"estimate": t_pose()})
    assert "from the front" in page and "from the right" in page
    assert ">0 m<" in page and ">1.5 m<" in page


@pytest.mark.parametrize("end", [0.8, 7.97, 41.97, 63.0, 1800.0])
@pytest.mark.parametrize("top", [0.03, 2.2, 17.0])
def test_ticks_are_round_and_within_the_picture(end: float, top: float) -> None:
    times = np.linspace(0.0, end, 50)
    page = line_chart({"a": (times, np.full(50, top))}, "cm")
    labels = re.findall(r'<text x="([0-9.]+)" y="[0-9.]+" text-anchor="middle">([0-9.]+) s<', page)
    assert 4 <= len(labels) <= 11
    for x, label in labels:
        assert float(x) + 3.5 * len(f"{label} s") <= 860.0
        assert len(label.strip("0.").replace(".", "")) <= 2
    heights = re.findall(r'text-anchor="end">([0-9.]+)<', page)
    assert 4 <= len(heights) <= 11
    assert all(len(height.strip("0").replace(".", "").strip("0")) <= 3 for height in heights)
