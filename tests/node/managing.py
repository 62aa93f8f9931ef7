# SPDX-License-Identifier: Apache-2.0
"""Lifecycle and parameter services of the node, as a client calls them."""

from lifecycle_msgs.msg import Transition
from lifecycle_msgs.srv import ChangeState, GetState
from rcl_interfaces.msg import Parameter, ParameterType, ParameterValue, SetParametersResult
from rcl_interfaces.srv import SetParameters
from std_srvs.srv import Trigger

from tests.node.live import Client


def change(client: Client, transition: int) -> bool:
    """Ask for a transition; whether it succeeded."""
    request = ChangeState.Request()
    request.transition.id = transition
    return client.call(ChangeState, "/kinest/change_state", request).success


def state(client: Client) -> int:
    """The node's lifecycle state."""
    return client.call(GetState, "/kinest/get_state", GetState.Request()).current_state.id


def set_parameter(
    client: Client, name: str, value: str | float | list[float] | list[str]
) -> SetParametersResult:
    """Set a parameter that holds text, a number or a list of either."""
    if isinstance(value, str):
        wrapped = ParameterValue(type=ParameterType.PARAMETER_STRING, string_value=value)
    elif isinstance(value, list) and isinstance(value[0], str):
        wrapped = ParameterValue(
            type=ParameterType.PARAMETER_STRING_ARRAY, string_array_value=value
        )
    elif isinstance(value, list):
        wrapped = ParameterValue(
            type=ParameterType.PARAMETER_DOUBLE_ARRAY, double_array_value=value
        )
    else:
        wrapped = ParameterValue(type=ParameterType.PARAMETER_DOUBLE, double_value=value)
    request = SetParameters.Request(parameters=[Parameter(name=name, value=wrapped)])
    return client.call(SetParameters, "/kinest/set_parameters", request).results[0]


def reconfigure(client: Client, **values: str | float) -> None:
    """Bring an active node down, change parameters and bring it back."""
    for transition in (Transition.TRANSITION_DEACTIVATE, Transition.TRANSITION_CLEANUP):
        assert change(client, transition)
    for name, value in values.items():
        assert set_parameter(client, name, value).successful
    for transition in (Transition.TRANSITION_CONFIGURE, Transition.TRANSITION_ACTIVATE):
        assert change(client, transition)


def reset(client: Client) -> None:
    """Reset the node and forget what was received."""
    assert client.call(Trigger, "/kinest/reset", Trigger.Request()).success
    client.settle()
    client.clear()
