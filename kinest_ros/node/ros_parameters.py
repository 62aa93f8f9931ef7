# SPDX-License-Identifier: Apache-2.0
"""Declares the table of parameters on a ROS node and reads it back."""

from __future__ import annotations

from typing import Any

from rcl_interfaces.msg import FloatingPointRange, IntegerRange, ParameterDescriptor
from rclpy.exceptions import InvalidParameterTypeException, InvalidParameterValueException
from rclpy.node import Node

from kinest_ros.errors import KinestError
from kinest_ros.node.parameters import PARAMETERS, ParameterSpec, check_names


def declare_parameters(node: Node) -> None:
    """Declare every parameter with its description and range.

    Raises:
        KinestError: for an unknown name, a wrong type or a value out of range.
    """
    # rclpy silently ignores a mistyped parameter; a robot should not move on one.
    check_names(getattr(node, "_parameter_overrides", {}))
    for spec in PARAMETERS:
        try:
            node.declare_parameter(spec.name, spec.default, descriptor(spec))
        except InvalidParameterTypeException as error:
            raise KinestError(
                f"parameter '{spec.name}' must be of type {_type_name(spec.default)}, "
                f"such as {spec.default!r}"
            ) from error
        except InvalidParameterValueException as error:
            raise KinestError(
                f"parameter '{spec.name}' must lie in [{spec.minimum}, {spec.maximum}]"
            ) from error


def read_parameters(node: Node) -> dict[str, Any]:
    """Return the current value of every parameter, by name."""
    return {spec.name: node.get_parameter(spec.name).value for spec in PARAMETERS}


def descriptor(spec: ParameterSpec) -> ParameterDescriptor:
    """Describe one parameter to ROS tools (``ros2 param describe``)."""
    message = ParameterDescriptor(description=spec.description)
    if spec.choices:
        message.additional_constraints = "one of: " + ", ".join(spec.choices)
        if isinstance(spec.default, list):
            message.additional_constraints = "any of: " + ", ".join(spec.choices)
    if spec.minimum is not None and spec.maximum is not None:
        if isinstance(spec.default, int):
            message.integer_range = [
                IntegerRange(from_value=int(spec.minimum), to_value=int(spec.maximum), step=0)
            ]
        else:
            message.floating_point_range = [
                FloatingPointRange(from_value=spec.minimum, to_value=spec.maximum, step=0.0)
            ]
    return message


def _type_name(default: Any) -> str:
    if isinstance(default, list):
        return "list of strings" if isinstance(default[0], str) else "list of decimal numbers"
    return {bool: "boolean", int: "integer", float: "decimal number"}.get(type(default), "string")
