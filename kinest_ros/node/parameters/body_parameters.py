# SPDX-License-Identifier: Apache-2.0
"""One node, several bodies: whose parameters are whose.

``bodies: [anna, ben]`` makes two bodies. A parameter given as ``anna.stature`` is anna's alone;
without a name it is everybody's.
"""

from __future__ import annotations

import difflib
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from kinest_ros.calibration.storage import calibration_path
from kinest_ros.errors import KinestError
from kinest_ros.node.parameters.body_names import BodyNames
from kinest_ros.node.parameters.checks import check_names
from kinest_ros.node.parameters.node_parameters import NodeParameters
from kinest_ros.node.parameters.table import BODY_ID, BODY_ID_RULE, BY_NAME

#: Parameters that belong to the node: one network runs for all, on one device.
NODE_WIDE = (
    "autostart", "realtime_priority", "bodies", "body_id", "weights", "device", "runtime",
    "batching",
)  # fmt: skip
#: What bodies cannot be called, since parameters begin so.
_TAKEN = {name.partition(".")[0] for name in BY_NAME} | {"qos_overrides"}


def body_ids(bodies: Iterable[str], body_id: str = "") -> tuple[str, ...]:
    """Return the ids of several bodies, in order; none where the node has a single one.

    Args:
        bodies: the parameter of that name; empty strings in it stand for nothing, since ROS 2
            cannot say what type an empty list has.
        body_id: the parameter of that name.

    Raises:
        KinestError: an id that cannot be a name, or twice the same, or ``body_id`` set as well.
    """
    ids = tuple(name for name in bodies if name)
    given = f"parameter 'bodies' is {list(bodies)}"
    for name in ids:
        if not re.fullmatch(BODY_ID, name):
            raise KinestError(f"{given}: {BODY_ID_RULE}")
        if name in _TAKEN:
            raise KinestError(f"{given}: '{name}' is the name of a parameter; take another one")
    if len(set(ids)) < len(ids):
        raise KinestError(f"{given}: give each body a name of its own")
    if ids and body_id:
        raise KinestError(f"{given} and 'body_id' is '{body_id}': set only one of them")
    return ids


def personal(name: str, ids: Iterable[str]) -> tuple[str, str] | None:
    """Return the body and the parameter that ``<id>.<parameter>`` names, or None."""
    first, _, rest = name.partition(".")
    return (first, rest) if first in ids and rest else None


def check_all_names(names: Iterable[str], ids: tuple[str, ...]) -> None:
    """Raise KinestError for a parameter that neither the node nor one of its bodies has."""
    for name in names:
        whose = personal(name, ids)
        if whose is None:
            check_names([name])
            continue
        allowed = [known for known in BY_NAME if known not in NODE_WIDE]
        if whose[1] not in allowed:
            near = difflib.get_close_matches(whose[1], allowed, n=1)
            hint = f"did you mean '{whose[0]}.{near[0]}'? " if near else ""
            raise KinestError(
                f"unknown parameter '{name}': {hint}A body can have all parameters but "
                f"{', '.join(NODE_WIDE)}"
            )


def parameters_of_bodies(
    values: Mapping[str, Any], own: Mapping[str, Mapping[str, Any]]
) -> list[tuple[BodyNames, NodeParameters]]:
    """Return the names and the checked parameters of each body.

    Args:
        values: value of every parameter by name.
        own: by body id, the values that are that body's alone, by parameter name.

    Raises:
        KinestError: naming the parameter, its value and what it may be.
    """
    ids = body_ids(values.get("bodies", ()), values.get("body_id", ""))
    if not ids:
        parameters = NodeParameters.from_values(values)
        return [(BodyNames(parameters.body_id), parameters)]
    found = []
    for name in ids:
        try:
            parameters = NodeParameters.from_values(
                {**values, **own.get(name, {}), "body_id": name}
            )
        except KinestError as error:
            raise KinestError(f"body '{name}': {error}") from error
        found.append((BodyNames(name, several=True), parameters))
    return _with_all_frames(_with_files_of_their_own(found))


def _with_all_frames(
    bodies: list[tuple[BodyNames, NodeParameters]],
) -> list[tuple[BodyNames, NodeParameters]]:
    """Return the bodies, each told of the frames of all: none is to read another one back."""
    frames = frozenset().union(*(parameters.inputs.own_frames for _, parameters in bodies))
    return [
        (names, replace(parameters, inputs=replace(parameters.inputs, own_frames=frames)))
        for names, parameters in bodies
    ]


def _with_files_of_their_own(
    bodies: list[tuple[BodyNames, NodeParameters]],
) -> list[tuple[BodyNames, NodeParameters]]:
    """Return the bodies with `saved_as` such that none saves over another one's calibration.

    A file that several bodies read, as given to the node for all of them, is no place for what is
    measured of one: that is saved under the body's id. The file of that name is the body's own if
    it reads it, and another's if only others do.
    """
    files = Counter(
        calibration_path(parameters.calibration).resolve()
        for _, parameters in bodies
        if parameters.calibration
    )
    found = []
    for names, parameters in bodies:
        named = parameters.calibration
        read = calibration_path(named).resolve() if named else None
        if read is None or files[read] > 1:
            own = calibration_path(names.body_id).resolve()
            anothers = own != read and own in files
            parameters = replace(parameters, saved_as="" if anothers else names.body_id)
        found.append((names, parameters))
    return found
