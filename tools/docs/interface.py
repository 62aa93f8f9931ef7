# SPDX-License-Identifier: Apache-2.0
"""docs/interface.md: every topic, service, parameter and launch argument, from the code."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from kinest_ros.body.joints import SLOTS
from kinest_ros.node import launch_arguments
from kinest_ros.node.inputs.registry import INPUTS
from kinest_ros.node.parameters.body_parameters import NODE_WIDE
from kinest_ros.node.parameters.spec import ParameterSpec
from kinest_ros.node.parameters.table import PARAMETERS
from tools.docs.node_facts import NodeFacts, node_facts
from tools.docs.robot_node import robot_section

ROOT = Path(__file__).resolve().parents[2]
NODE = "/kinest/"

#: What is published, in the order of the page. Types and quality of service come from the node.
TOPICS: Mapping[str, str] = {
    "/tf": "the 22 link frames, one message per body; see `publish_tf`",
    "~/joint_states": "63 revolutes with velocities, as in the URDF",
    "~/body": "SMPL rotations, joint positions, tracker validity, confidence, contacts, latency",
    "~/robot_description": "URDF of the wearer; published anew when the body's size changes",
    "~/tf_description": "the same body as a URDF of the 22 links of /tf and no others, for viewers",
    "~/markers": "bones, contacts, and where the trackers put their joints (mounts applied), with "
    "axes; while somebody listens",
    "/diagnostics": "once a second from configure to cleanup, also while there is no body; "
    "of several `bodies`, one after another in messages of their own",
    "/humans/bodies/default/joint_states": "with `rep155`: 20 angles of REP-155's human model; "
    "`default` is the `body_id` where one is set",
}
SERVICES: Mapping[str, str] = {
    "~/calibrate": "calibrate from the pose held in the last two seconds, see "
    "[calibration.md](calibration.md)",
    "~/reset": "forget what was received and published; calibration and counters stay",
}
_HEAD = """# Interface

Every topic, service, parameter and launch argument. This page is written by `python -m tools.docs`
from the code and from a running node; a test fails when it is out of date.

`~/` stands for the node's name, `/kinest/` by default; with `bodies`, each body has its own topics
and services under `~/<id>/`, and `~/reset` resets all of them.
"""


def interface_page() -> str:
    """Return the page.

    Raises:
        KeyError: something on the network has no description here.
    """
    facts = node_facts()
    parts = [
        _HEAD,
        "## Published topics\n\n" + _published(facts),
        "With `rep155` and the package `hri_msgs` installed, also `/humans/bodies/tracked` "
        "(`hri_msgs/msg/IdsList`).\nOne latency figure is in `~/body`: seconds from the arrival "
        "of the newest sample to publication.\n",
        "## Subscribed topics\n\nBy the parameter `input`; see [inputs.md](inputs.md). Best "
        "effort, depth `qos_depth`, unless\n`qos_reliability` or an override says otherwise.\n\n"
        + _table(("input", "topics"), ((f"`{k}`", v) for k, v in _inputs())),
        "Whatever the input, `~/worn` (`std_msgs/msg/Bool`, reliable, latched or not): whether the "
        "headset is worn, from\nwhoever knows. While it says no, as while a `TrackerArray` does, "
        "nothing is published but diagnostics.\n",
        "## Services\n\n"
        + _table(
            ("service", "type", "what"),
            (
                (f"`{name}`", f"`{facts.services[_full(name)]}`", text)
                for name, text in _described(SERVICES, facts.services).items()
            ),
        ),
        "As any lifecycle node it also has `~/change_state`, `~/get_state` and so on, and as any "
        "node the services of its\nparameters.\n",
        _parameters(),
        robot_section(lambda spec: _row(spec, spec.name, spec.description), _table),
        _launch_arguments(),
        _diagnostics(facts),
        "## Messages\n\n" + "\n".join(_message(name) for name in sorted(_messages())),
    ]
    return "\n".join(parts)


def _full(name: str) -> str:
    return name.replace("~/", NODE)


def _described(texts: Mapping[str, str], found: Iterable[str]) -> Mapping[str, str]:
    """Return the texts, having checked that they are about what there is."""
    wrong = {_full(name) for name in texts} ^ set(found)
    if wrong:
        raise KeyError(f"in tools/docs/interface.py and not on the node, or reverse: {wrong}")
    return texts


def _published(facts: NodeFacts) -> str:
    rows = (
        (f"`{name}`", f"`{facts.topics[_full(name)][0]}`", facts.topics[_full(name)][1], text)
        for name, text in _described(TOPICS, facts.topics).items()
    )
    return _table(("topic", "type", "quality of service", "what"), rows)


def _inputs() -> Iterable[tuple[str, str]]:
    for name, spec in INPUTS.items():
        pairs = (part.split(": ") for part in spec.topics.split("; "))
        yield (
            name,
            "; ".join(f"`{topic.replace(', ', '`, `')}` (`{kind}`)" for topic, kind in pairs),
        )


def _parameters() -> str:
    rows = {}
    for spec in PARAMETERS:
        name, text = spec.name, spec.description
        for slot in SLOTS:
            if f".{slot}" in name:
                name = name.replace(slot, "<hand>" if name.startswith("hand_") else "<slot>")
                text = text.replace(f"the {slot} tracker", "the slot's tracker")
                text = text.replace(f"the {slot} controller", "the controller")
                text = text.replace(f"while {slot} is", "while the hand is")
        rows[name] = _row(spec, name, text)
    own = ", ".join(f"`{name}`" for name in NODE_WIDE)
    return (
        "## Parameters\n\nRead at configure: to change one, deactivate and clean the node up "
        "first. An unknown name, a wrong type or a\nvalue out of range is refused with the reason. "
        f"`<slot>` is one of {', '.join(f'`{slot}`' for slot in SLOTS)}; `<hand>` is "
        "`left_hand` or `right_hand`.\nWith `bodies`, "
        f"`<id>.<parameter>` is one body's alone, for all but {own}.\n\n"
        + _table(("name", "type", "default", "may be", "what"), rows.values())
        + "\n`qos_overrides.<topic>.{publisher,subscription}.{reliability,depth,history}` override "
        "the quality of service\nof one topic, under its full name.\n"
    )


def _row(spec: ParameterSpec, name: str, text: str) -> tuple[str, ...]:
    kind = _type_of(spec.default) + (" or bool" if spec.switch else "")
    return f"`{name}`", kind, f"`{_value(spec.default)}`", _limits(spec), _prose(text)


def _type_of(default: Any) -> str:
    if isinstance(default, list):
        return f"{_type_of(default[0])}[]"
    return {bool: "bool", int: "int", float: "double", str: "string"}[type(default)]


def _value(default: Any) -> str:
    if isinstance(default, list):
        return f"[{', '.join(map(_value, default))}]"
    if isinstance(default, bool):
        return str(default).lower()
    return default or '""' if isinstance(default, str) else str(default)


def _limits(spec: ParameterSpec) -> str:
    if spec.choices:
        return ", ".join(f"`{choice}`" for choice in spec.choices)
    if spec.minimum is not None:
        return f"{spec.minimum} to {spec.maximum}"
    return spec.constraint


def _launch_arguments() -> str:
    rows = [(f"`{name}`", text) for name, (_, text) in launch_arguments.OTHER_ARGUMENTS.items()]
    rows += [
        (f"`{name}`", _prose(text) if name == parameter else f"`{parameter}`: {text}")
        for name, (_, parameter, text) in launch_arguments.PARAMETER_ARGUMENTS.items()
    ]
    rows += [
        (f"`{name}`", f"topic to read for `{topic}`")
        for name, topic in launch_arguments.TOPIC_ARGUMENTS.items()
    ]
    routes = [
        (f"`{route}`", text, f"[config/{route}.yaml](../config/{route}.yaml)")
        for route, text in launch_arguments.ROUTES.items()
    ]
    return (
        "## Launch arguments\n\n`ros2 launch kinest_ros kinest.launch.py route:=openxr ...`. What "
        "comes later wins: `config/kinest.yaml`, the route's\nfile, `params_file`, the arguments."
        "\n\n" + _table(("route", "what", "parameters"), routes) + "\n"
        + _table(("argument", "what"), rows)
    )  # fmt: skip


def _diagnostics(facts: NodeFacts) -> str:
    body, tracker, clock = ([f"`{key}`" for key in keys] for keys in facts.diagnostics)
    return (
        "## Diagnostics\n\n`kinest: body` (with `bodies`, `kinest <id>: body`) holds "
        f"{', '.join(body)}.\nEach tracker that was heard has a status of its own, "
        f"`kinest: head` and so on, with {', '.join(tracker)}.\n"
        "Offsets are between newest stamps as they arrive, positive where the tracker's is ahead.\n"
        f"Once the head comes, `kinest: clock` holds {', '.join(clock)}.\n"
    )


def _messages() -> Iterable[str]:
    return (path.name for path in (ROOT / "msg").glob("*.msg"))


def _message(name: str) -> str:
    text = (ROOT / "msg" / name).read_text(encoding="utf-8").strip()
    return f"### kinest_ros/{Path(name).stem}\n\n```\n{text}\n```\n"


def _prose(text: str) -> str:
    """Quote names in a description that Markdown would take for tags or for struck-out text."""
    return re.sub(r"[^\s,;:]*[<~][^\s,;:]*[^\s,;:.)]", lambda match: f"`{match[0]}`", text)


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, ("---",) * len(head), *rows]
    return "".join(f"| {' | '.join(row)} |\n" for row in lines)
