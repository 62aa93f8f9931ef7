# SPDX-License-Identifier: Apache-2.0
"""Whether names and values of parameters can be."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from typing import Any

from kinest_ros.errors import KinestError
from kinest_ros.node.parameters.spec import ParameterSpec
from kinest_ros.node.parameters.table import BODY_ID, BODY_ID_RULE, BY_NAME, MOUNT_LIMITS
from kinest_ros.node.topic_names import check_topic

#: Parameters every rclpy node takes, besides names under these prefixes.
ROS_PARAMETERS = ("use_sim_time", "start_type_description_service")
ROS_PREFIXES = ("qos_overrides.",)


def check_names(names: Iterable[str]) -> None:
    """Raise KinestError for a parameter the node does not have, proposing the nearest name."""
    for name in names:
        if name in BY_NAME or name in ROS_PARAMETERS or name.startswith(ROS_PREFIXES):
            continue
        near = difflib.get_close_matches(name, BY_NAME, n=1)
        hint = f"did you mean '{near[0]}'? " if near else ""
        valid = [known for known in BY_NAME if "." not in known]
        raise KinestError(
            f"unknown parameter '{name}': {hint}Valid are {', '.join(valid)}, source.<slot>, "
            "timeout.<slot>, mount.<slot>.xyz, mount.<slot>.rpy, hand_source.<hand>, "
            "hand_mount.<hand>.xyz, hand_mount.<hand>.rpy"
        )


def check_value(spec: ParameterSpec, value: Any, name: str = "") -> None:
    """Raise KinestError, with the reason, for a value of the right type that cannot be.

    Args:
        spec: of the parameter.
        value: to be checked.
        name: as the user knows it; empty: as in the specification.
    """
    value = spec.settle(value)
    given = f"parameter '{name or spec.name}' is {value!r}"
    if spec.name == "body_id" and not re.fullmatch(BODY_ID, value):
        raise KinestError(f"{given}: {BODY_ID_RULE}")
    if spec.name.endswith("_topic") and value:
        check_topic(value, f"parameter '{name or spec.name}'")
    if isinstance(spec.default, list):
        items = list(value)
        if spec.choices:
            _check_choices(given, items, spec.choices)
        elif isinstance(spec.default[0], str):
            pass
        else:
            limit = MOUNT_LIMITS[spec.name.rpartition(".")[2]]
            if len(items) != 3 or not all(abs(float(item)) <= limit for item in items):
                unit = "metres" if spec.name.endswith(".xyz") else "radians"
                raise KinestError(f"{given}: give {spec.constraint}, in {unit}")
    elif spec.choices:
        _check_choices(given, [value], spec.choices)
    elif None not in (spec.minimum, spec.maximum) and not spec.minimum <= value <= spec.maximum:
        raise KinestError(f"{given}: it must lie in [{spec.minimum}, {spec.maximum}]")


def _check_choices(given: str, items: list[Any], choices: tuple[str, ...]) -> None:
    wrong = [item for item in items if item not in choices]
    if wrong:
        raise KinestError(f"{given}: '{wrong[0]}' is none of {', '.join(choices)}")
