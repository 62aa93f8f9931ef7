# SPDX-License-Identifier: Apache-2.0
"""Settings are checked when they are made, not when the first pose comes."""

import math

import pytest

from kinest_ros.errors import KinestError
from kinest_ros.tracking.mount import Mount
from kinest_ros.tracking.settings import TrackerSettings


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"input_basis": "vive"}, "input_basis"),
        ({"mounts": {"nose": Mount()}}, "nose"),
        ({"tracker_timeout": 0.0}, "tracker_timeout"),
        ({"max_recovery_speed": math.nan}, "max_recovery_speed"),
    ],
)
def test_settings_are_checked(values, message):
    with pytest.raises(KinestError, match=message):
        TrackerSettings(**values)
