# SPDX-License-Identifier: Apache-2.0
"""Message types for rosbags: the common ones it brings, ours from the .msg text."""

from __future__ import annotations

import functools
import os
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from rosbags.interfaces import Connection, MessageDefinitionFormat, Nodetype
from rosbags.typesys import Stores, get_types_from_msg, get_typestore
from rosbags.typesys.store import Typestore

import kinest_ros
from kinest_ros.bags.third_party import DEFINITIONS, PACKAGES
from kinest_ros.errors import KinestError

_DTYPES = {"octet": "uint8"}
_MESSAGES = ("FullBodyState", "Tracker", "TrackerArray")


@functools.cache
def typestore() -> Typestore:
    """Return the types this project reads and writes, kinest_ros's own among them.

    Raises:
        KinestError: the .msg files were not installed.
    """
    store = get_typestore(Stores.LATEST)
    store.register(_known_types())
    return store


def _known_types() -> dict[str, Any]:
    folder = message_folder()
    types: dict[str, Any] = {}
    for name in _MESSAGES:
        text = (folder / f"{name}.msg").read_text(encoding="utf-8")
        types.update(get_types_from_msg(text, f"kinest_ros/msg/{name}"))
    for name, text in DEFINITIONS.items():
        types.update(get_types_from_msg(text, name))
    return types


def typestore_of(connections: Iterable[Connection]) -> Typestore:
    """Return the types to read a bag with: messages as the bag defines them, if it does.

    A bag outlives the version of our messages, and of other packages', that it was recorded with.
    What is not defined in it is taken as it is today.
    """
    definitions = {
        connection.msgtype: connection.msgdef.data
        for connection in connections
        if connection.msgtype.partition("/")[0] in {"kinest_ros", *PACKAGES}
        and connection.msgdef.format is MessageDefinitionFormat.MSG
    }
    if not definitions:
        return typestore()
    store = get_typestore(Stores.LATEST)
    own: dict[str, Any] = {}
    for name, text in definitions.items():
        own.update(get_types_from_msg(text, name))
    common = {name: fields for name, fields in own.items() if name not in store.types}
    store.register({**_known_types(), **common})
    return store


def blank(msgtype: str) -> Any:
    """Return a message of rosbags with every number zero, every text and list empty.

    Args:
        msgtype: such as ``std_msgs/msg/Header``.
    """
    store = typestore()
    fields = store.get_msgdef(msgtype).fields
    return store.types[msgtype](**{name: _blank_field(kind, of) for name, (kind, of) in fields})


def _blank_field(kind: Nodetype, of: Any) -> Any:
    if kind is Nodetype.NAME:
        return blank(of)
    if kind is Nodetype.BASE:
        return "" if of[0] == "string" else np.zeros((), _DTYPES.get(of[0], of[0])).item()
    (item, item_of), count = of
    count = count if kind is Nodetype.ARRAY else 0
    if item is Nodetype.BASE and item_of[0] != "string":
        return np.zeros(count, _DTYPES.get(item_of[0], item_of[0]))
    return [_blank_field(item, item_of) for _ in range(count)]


def message_folder() -> Path:
    """Return the folder with our .msg files.

    Looked for in the package (a pip install puts copies there), in the share folder of the
    sourced workspaces and of this Python, and in the checkout.
    """
    packages = [Path(folder) for folder in kinest_ros.__path__]
    prefixes = [Path(p) for p in os.environ.get("AMENT_PREFIX_PATH", "").split(os.pathsep) if p]
    prefixes.append(Path(sys.prefix))
    candidates = [
        *(package.parent / "msg" for package in packages),
        *(package / "msg_definitions" for package in packages),
        *(prefix / "share" / "kinest_ros" / "msg" for prefix in prefixes),
    ]
    for folder in candidates:
        if all((folder / f"{name}.msg").is_file() for name in _MESSAGES):
            return folder
    raise KinestError(
        "the message definitions of kinest_ros (FullBodyState.msg, ...) are not installed; "
        f"looked in {', '.join(map(str, candidates))}. Install kinest_ros again"
    )
