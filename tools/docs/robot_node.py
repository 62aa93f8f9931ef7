# SPDX-License-Identifier: Apache-2.0
"""The part of docs/interface.md that is about the robot's node, from its table and its code."""

from __future__ import annotations

from collections.abc import Callable

from kinest_ros.node.parameters.spec import ParameterSpec
from kinest_ros.node.retarget.parameters import PARAMETERS


def robot_section(
    row: Callable[[ParameterSpec], tuple[str, ...]], table: Callable[..., str]
) -> str:
    """Return the section.

    Args:
        row: makes a row of a parameter.
        table: makes a table of a head and rows.
    """
    return (
        "## Parameters of kinest_retarget\n\nThe robot's node, see [RETARGETING.md](RETARGETING.md)"
        " for its topics; services `~/align`, `~/pause`, `~/resume`\n(`std_srvs/srv/Trigger`). "
        "Read at configure. With `robot:=` they come from `config/retarget.yaml`, then the launch\n"
        "argument `robot_params`.\n\n"
        + table(("name", "type", "default", "may be", "what"), (row(s) for s in PARAMETERS))
        + "\n"
    )
