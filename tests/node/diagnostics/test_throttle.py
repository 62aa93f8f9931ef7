# SPDX-License-Identifier: Apache-2.0
"""One line per period and key."""

from kinest_ros.node.diagnostics.throttle import MAX_KEYS, Throttle


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


def test_memory_is_bounded_and_the_newest_lines_are_remembered() -> None:
    throttle = Throttle(5.0, clock=lambda: 0.0)
    for index in range(3 * MAX_KEYS):
        assert throttle(index, "bad")
        assert throttle(index, "bad") is None
    assert len(throttle._last) == len(throttle._held) == MAX_KEYS
    assert throttle(2 * MAX_KEYS, "bad") is None
