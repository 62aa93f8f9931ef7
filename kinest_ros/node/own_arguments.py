# SPDX-License-Identifier: Apache-2.0
"""The arguments of an executable that are not ROS's: what stands outside of --ros-args ... --."""

from __future__ import annotations

from collections.abc import Sequence

from kinest_ros.errors import KinestError


def own_arguments(arguments: Sequence[str]) -> list[str]:
    """Return those of the arguments that ROS does not take."""
    own, of_ros = [], False
    for word in arguments:
        if word == "--ros-args":
            of_ros = True
        elif of_ros:
            of_ros = word != "--"
        else:
            own.append(word)
    return own


def asks_for_help(arguments: Sequence[str]) -> bool:
    """Return whether the help is to be shown instead of a node started."""
    return not {"-h", "--help"}.isdisjoint(own_arguments(arguments))


def refuse_unknown(program: str, arguments: Sequence[str], option: str | None = None) -> None:
    """Refuse what nobody would read: a parameter without --ros-args would be ignored.

    Args:
        program: name of the executable, for the message.
        arguments: those after it.
        option: one that it takes, with up to two values.

    Raises:
        KinestError: naming the argument, and where parameters stand.
    """
    own = own_arguments(arguments)
    if option in own:
        at = own.index(option)
        taken = 1
        while taken < 3 and at + taken < len(own) and not own[at + taken].startswith("-"):
            taken += 1
        del own[at : at + taken]
    if own:
        raise KinestError(
            f"{program} does not take {own[0]!r}; parameters, remappings and files of parameters "
            f"follow --ros-args, as in: {program} --ros-args -p autostart:=true; see --help"
        )
