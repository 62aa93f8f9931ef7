# SPDX-License-Identifier: Apache-2.0
"""One line per period and key."""

from kinest_ros.node.throttle import Throttle


def test_one_line_per_period_and_key() -> None:
    now = [0.0]
    throttle = Throttle(5.0, clock=lambda: now[0])
    assert throttle("head", "bad") == "bad"
    assert throttle("head", "bad") is None
    assert throttle("left_hand", "bad") == "bad"
    now[0] = 4.9
    assert throttle("head", "bad") is None
    now[0] = 5.1
    assert throttle("head", "bad") == "bad (2 more like it since the last line)"
    now[0] = 10.3
    assert throttle("head", "bad") == "bad"
