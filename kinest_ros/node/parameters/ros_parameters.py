# SPDX-License-Identifier: Apache-2.0
"""Declares the table of parameters on a ROS node and reads it back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rcl_interfaces.msg import FloatingPointRange, IntegerRange, ParameterDescriptor
from rclpy.exceptions import InvalidParameterTypeException, InvalidParameterValueException
from rclpy.node import Node
from rclpy.parameter import Parameter

from kinest_ros.errors import KinestError
from kinest_ros.node.parameters.body_parameters import body_ids, check_all_names, personal
from kinest_ros.node.parameters.spec import ParameterSpec
from kinest_ros.node.parameters.table import BY_NAME, PARAMETERS


def declare_parameters(node: Node) -> None:
    """Declare every parameter with its description and range.

    Those that a body has to itself (``anna.stature``) are declared where they are given.

    Raises:
        KinestError: for an unknown name, a wrong type or a value out of range.
    """
    given = getattr(node, "_parameter_overrides", {})
    for spec in PARAMETERS:
        declare(node, spec.name, spec, spec.default)
    ids = body_ids(node.get_parameter("bodies").value, node.get_parameter("body_id").value)
    # rclpy silently ignores a mistyped parameter; a robot should not move on one.
    check_all_names(given, ids)
    for name in given:
        whose = personal(name, ids)
        if whose is not None:
            spec = BY_NAME[whose[1]]
            declare(node, name, spec, node.get_parameter(spec.name).value)


def declare(node: Node, name: str, spec: ParameterSpec, default: Any) -> None:
    """Declare one parameter; a whole number that is given for a decimal one is taken as such.

    Raises:
        KinestError: for a wrong type or a value out of range.
    """
    given = getattr(node, "_parameter_overrides", {})
    if name in given:
        given[name] = with_decimals(given[name], spec)
    try:
        node.declare_parameter(name, default, descriptor(spec))
    except InvalidParameterTypeException as error:
        text = f"parameter '{name}' must be of type {_type_name(spec.default)}, "
        if isinstance(spec.default, str):
            value = given[name].value
            text += (
                f"and {value!r} is none: in a file put quotes around it, on the command line write "
                f"-p {name}:='\"...\"'"
            )
        else:
            text += f"such as {spec.default!r}"
        raise KinestError(text) from error
    except InvalidParameterValueException as error:
        raise KinestError(
            f"parameter '{name}' must lie in [{spec.minimum}, {spec.maximum}]"
        ) from error


def read_parameters(node: Node) -> tuple[dict[str, Any], dict[str, dict[str, Any]]]:
    """Return the value of every parameter by name, and by body id what is that body's alone."""
    values = {spec.name: node.get_parameter(spec.name).value for spec in PARAMETERS}
    own: dict[str, dict[str, Any]] = {}
    for name in body_ids(values["bodies"], values["body_id"]):
        given = node.get_parameters_by_prefix(name)
        own[name] = {key: parameter.value for key, parameter in given.items()}
    return values, own


def with_decimals(parameter: Parameter[Any], spec: ParameterSpec | None) -> Parameter[Any]:
    """Return a parameter with its whole numbers as decimal ones, where those are meant.

    ROS 2 reads `stature: 2` as an integer, and would refuse it for a decimal parameter.
    """
    first = spec.default[0] if spec and isinstance(spec.default, list) else spec and spec.default
    if isinstance(first, float):
        kinds = Parameter.Type
        if parameter.type_ == kinds.INTEGER:
            return Parameter(parameter.name, kinds.DOUBLE, float(parameter.value))
        if parameter.type_ == kinds.INTEGER_ARRAY:
            values = [float(value) for value in parameter.value]
            return Parameter(parameter.name, kinds.DOUBLE_ARRAY, values)
    return parameter


def take_whole_numbers(node: Node, spec_of: Callable[[str], ParameterSpec | None]) -> None:
    """Take whole numbers for decimal parameters also where they are set later.

    Args:
        node: whose parameters were declared.
        spec_of: description of a parameter, None for those of others.
    """
    # Not before ROS 2 Iron.
    add = getattr(node, "add_pre_set_parameters_callback", None)
    if add is not None:
        add(lambda parameters: [with_decimals(p, spec_of(p.name)) for p in parameters])


def spec_of(node: Node, name: str) -> ParameterSpec | None:
    """Return the description of a parameter, also of one body's alone; None if it is not ours."""
    whose = personal(name, node.get_parameter("bodies").value)
    return BY_NAME.get(whose[1] if whose else name)


def descriptor(spec: ParameterSpec) -> ParameterDescriptor:
    """Describe one parameter to ROS tools (``ros2 param describe``)."""
    message = ParameterDescriptor(description=spec.description)
    # Old parameter files say true or false; whatever else it is not, check_value finds.
    message.dynamic_typing = spec.switch is not None
    if spec.choices:
        message.additional_constraints = "one of: " + ", ".join(spec.choices)
        if isinstance(spec.default, list):
            message.additional_constraints = "any of: " + ", ".join(spec.choices)
    elif spec.constraint:
        message.additional_constraints = spec.constraint
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
