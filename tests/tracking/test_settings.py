# SPDX-License-Identifier: Apache-2.0
"""Settings are checked when they are made, not when the first pose comes."""

import math

import pytest

from kinest_ros.errors import KinestError
from kinest_ros.tracking.devices.mount import Mount
from kinest_ros.tracking.settings import TrackerSettings


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"input_basis": "vive"}, "input_basis"),
        ({"mounts": {"nose": Mount()}}, "nose"),
        ({"tracker_timeout": 0.0}, "tracker_timeout"),
        ({"timeouts": {"nose": 0.5}}, "timeout for unknown slot 'nose'"),
        ({"timeouts": {"pelvis": 20.0}}, "timeout of pelvis is 20"),
        ({"patience": -0.01}, "patience is -0.01"),
        ({"patience": 1.5}, "patience is 1.5"),
        ({"max_recovery_speed": math.nan}, "max_recovery_speed"),
    ],
)
def test_settings_are_checked(values, message):
    with pytest.raises(KinestError, match=message):
        TrackerSettings(**values)


def test_a_tracker_may_have_a_timeout_of_its_own():
    settings = TrackerSettings(tracker_timeout=0.5, timeouts={"pelvis": 2.0})
    assert (settings.timeout_of("head"), settings.timeout_of("pelvis")) == (0.5, 2.0)
