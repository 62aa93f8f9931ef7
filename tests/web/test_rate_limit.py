# SPDX-License-Identifier: Apache-2.0
"""A burst is allowed, and a rate in the long run."""

from hypothesis import given
from hypothesis import strategies as st

from kinest_ros.web.rate_limit import RateLimit


def test_a_burst_and_then_the_rate():
    limit = RateLimit(10.0, 5.0)
    assert [limit.take(100.0) for _ in range(7)] == [True] * 5 + [False] * 2
    assert not limit.take(100.05)
    assert [limit.take(100.11), limit.take(100.12)] == [True, False]
    assert [limit.take(200.0) for _ in range(7)] == [True] * 5 + [False] * 2  # no more is saved


@given(st.lists(st.floats(0.0, 0.5), max_size=200))
def test_never_more_than_the_burst_and_the_rate(pauses):
    limit, now, taken = RateLimit(10.0, 5.0), 0.0, 0
    for pause in pauses:
        now += pause
        taken += limit.take(now)
        assert taken <= 5.0 + 10.0 * now + 1e-6
