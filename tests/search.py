# SPDX-License-Identifier: Apache-2.0
"""How far property tests search: the same examples each time, or at random and further.

`make test` must say the same of the same code, so its examples are derived from the test itself.
Random search is a job of its own (`make explore`): what it finds becomes an @example.
"""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

PROFILE = os.environ.get("HYPOTHESIS_PROFILE", "suite")
#: Times as many examples as the suite tries.
EXPLORE_FACTOR = 10

# Time limits per example fail by chance on a busy machine.
settings.register_profile(
    "suite", max_examples=50, derandomize=True, deadline=None, database=None, print_blob=True
)
settings.register_profile(
    "explore",
    max_examples=50 * EXPLORE_FACTOR,
    deadline=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)


def load_profile() -> None:
    """Load the profile that HYPOTHESIS_PROFILE names: "suite" by default, or "explore"."""
    settings.load_profile(PROFILE)


def examples(count: int) -> int:
    """Return how many examples to try of a test of which the suite tries ``count``."""
    return count * EXPLORE_FACTOR if PROFILE == "explore" else count
