# SPDX-License-Identifier: Apache-2.0
"""The retargeting node beside the kinest node in one process: bodies pass as objects."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

from kinest_ros.errors import KinestError
from kinest_ros.node.kinest_node import KinestNode
from kinest_ros.node.parameters.parameter_files import warn_of_unheard_files

if TYPE_CHECKING:
    from kinest_ros.node.retarget.retarget_node import RetargetNode

#: What `kinest_node` is given, with a parameter file, to run the other node too. Its remappings and
#: parameters are its own: those of the command line are the kinest node's.
OPTION = "--retarget"


def beside(node: KinestNode, arguments: Sequence[str]) -> RetargetNode | None:
    """Return a retargeting node that follows a kinest node's bodies, if the arguments ask for one.

    `--retarget FILE [NAMESPACE]` stands before `--ros-args`; FILE holds its parameters.

    Raises:
        KinestError: a package or a file that is missing, or a parameter that cannot be.
    """
    plain = list(arguments)
    if "--ros-args" in plain:
        plain = plain[: plain.index("--ros-args")]
    if OPTION not in plain:
        return None
    given = plain[plain.index(OPTION) + 1 :]
    if not given or not os.path.isfile(given[0]):
        raise KinestError(f"{OPTION} needs a parameter file; there is no {given[:1] or 'name'}")
    try:
        from kinest_ros.node.retarget.retarget_node import RetargetNode
    except ModuleNotFoundError as error:
        from kinest_ros.node.retarget.main import missing

        raise KinestError(missing(error)) from None
    options = ["--ros-args", "--params-file", given[0]]
    if len(given) > 1:
        options += ["-r", f"__ns:=/{given[1].strip('/')}"]
    robot = RetargetNode(composed=True, cli_args=options, use_global_arguments=False)
    warn_of_unheard_files(robot, options)
    node.body_listeners.append(robot.on_body_pose)
    try:
        robot.start()
    except KinestError:
        robot.destroy_node()
        raise
    return robot
