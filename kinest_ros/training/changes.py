# SPDX-License-Identifier: Apache-2.0
"""Settings changed on the command line, each given as "name=number"."""

from collections.abc import Collection, Sequence

from kinest_ros.errors import KinestError


def read_changes(
    changes: Sequence[str], names: Collection[str], option: str, form: str, most: float
) -> dict[str, float]:
    """Return the numbers by name.

    Args:
        changes: each "name=number".
        names: that there are.
        option: that they were given to, for the message.
        form: what it takes, for the message.
        most: largest number allowed; the smallest is 0.

    Raises:
        KinestError: no such name, or a number out of range.
    """
    found: dict[str, float] = {}
    for change in changes:
        name, _, value = change.partition("=")
        try:
            number = float(value)
        except ValueError:
            number = -1.0
        if name not in names or not 0.0 <= number <= most or number == float("inf"):
            raise KinestError(f"{option} {change}: give {form}")
        found[name] = number
    return found
