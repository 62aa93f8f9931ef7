# SPDX-License-Identifier: Apache-2.0
"""What kind of tracker input a bag holds, asked of its topics."""

from __future__ import annotations

import itertools
import re
import shlex
from collections.abc import Iterator, Mapping
from pathlib import Path

from kinest_ros.bags.inputs import BagInput, InputChoice, default_topic, key_of, topic_of
from kinest_ros.bags.reader import BagReader
from kinest_ros.bags.topics import BODY, BODY_TYPE, NODE, TF_TYPE
from kinest_ros.decoding.decoder import Channel
from kinest_ros.decoding.hands_in_use import HANDS
from kinest_ros.decoding.kinds import DECODERS
from kinest_ros.decoding.listing import there_are
from kinest_ros.decoding.options import InputOptions
from kinest_ros.errors import KinestError
from kinest_ros.human_description.link_transforms import link_frame_names
from kinest_ros.tracking.frame import TrackerFrame

#: Inputs whose trackers have names that the user gives.
NAMED = ("tf", "named_pose_array", "isaac_teleop", "rigid_bodies")
#: Messages with one tracker each.
POSE_TYPES = tuple(
    DECODERS[kind](InputOptions(), lambda *_: None).channels[0].kind
    for kind in DECODERS
    if kind not in (*NAMED, "tracker_array")
)
#: What the topics of trackers are often called.
_LIKELY = {
    "head": re.compile(r"head|hmd|camera"),
    "left_hand": re.compile(r"left.*(hand|controller|grip|aim)|(hand|controller).*left|/left\b"),
    "right_hand": re.compile(
        r"right.*(hand|controller|grip|aim)|(hand|controller).*right|/right\b"
    ),
}
#: Messages of /tf that are looked through for the frames of trackers.
_LOOKED_THROUGH = 2000


def input_of(bag: BagReader, choice: InputChoice | None = None) -> BagInput:
    """Return the input that the user chose, or the one that the bag holds.

    Args:
        bag: an open bag.
        choice: what the user said.

    Raises:
        KinestError: none, or several that it might be; each is named with how to choose it.
    """
    choice = choice or InputChoice()
    if choice.kind is not None:
        if choice.kind not in DECODERS:
            raise KinestError(
                f"there is no input '{choice.kind}'; available are {', '.join(DECODERS)}"
            )
        return BagInput(bag, choice.kind, choice)
    found = candidates(bag, choice)
    if "pose" in found:  # it needs no choice: the node's own default
        return BagInput(bag, "pose", choice)
    if len(found) == 1:
        return BagInput(bag, found[0], choice)
    if found:
        ways = " or ".join(f"--input {kind}" for kind in found)
        raise KinestError(f"{bag.path} holds several kinds of tracker poses: choose by {ways}")
    raise KinestError(_nothing(bag, choice))


def candidates(bag: BagReader, choice: InputChoice) -> list[str]:
    """Return the inputs whose head may be in a bag.

    With topics given for slots, those alone that have such topics; with names given for trackers,
    those alone that have names.
    """
    found = []
    for kind in DECODERS:
        channels = DECODERS[kind](choice.options, lambda *_: None).channels
        if not set(choice.topics) <= {*map(key_of, channels), "worn"}:
            continue
        if choice.options.sources and kind not in NAMED:
            continue
        if _is_there(bag, kind, channels, choice):
            found.append(kind)
    if "isaac_teleop" in found and "pose" in found:
        hands = [choice.topics.get(hand, f"{NODE}/{hand}/pose") for hand in HANDS]
        # Its head comes as a pose too; so what the hands come as tells.
        found.remove("isaac_teleop" if bag.types.keys() & hands else "pose")
    return found


def proposal(bag: BagReader, chosen: BagInput) -> str:
    """Say which input was chosen, for the user who has not."""
    return f"{bag.path}: input {chosen.kind}, of {', '.join(chosen.topics)}"


def why_no_bodies(bag: BagReader, topic: str = BODY) -> str:
    """Say that a bag has no bodies on a topic, and with which command it gets some.

    Args:
        bag: an open bag without that topic.
        topic: where bodies were looked for.
    """
    others = sorted(name for name, kind in bag.types.items() if kind == BODY_TYPE)
    there = f" (bodies are on {', '.join(others)})" if others else ""
    known = others or candidates(bag, InputChoice())
    listing = "" if known else f" Its topics are:{bag.listing()}"
    return f"{bag.path} holds no bodies on {topic}{there}; {replay_first(bag.path)}{listing}"


def replay_first(path: Path) -> str:
    """Return what is to be done first with trackers, of which somebody wants bodies."""
    body = path.parent / f"{path.stem or 'my'}_body"
    return (
        "to make bodies of its trackers, run: "
        f"kinest replay {shlex.quote(str(path))} --out {shlex.quote(str(body))}"
    )


def _is_there(
    bag: BagReader, kind: str, channels: tuple[Channel, ...], choice: InputChoice
) -> bool:
    named = choice.topics
    # Of the array kinds, the hands' array alone tells that it is one.
    needed = channels[:1] if kind not in NAMED else channels
    for channel in needed:
        topic = named.get(key_of(channel), default_topic(channel))
        if channel.latched:
            continue
        if topic in bag.types:
            if bag.types[topic] != channel.kind:
                return False
        elif topic_of(bag, channel, {}) is None:
            return False
    if kind != "tf":
        return True
    head = choice.options.sources.get("head", "head_tracker").strip("/")
    return head in frames_in(bag, *(named.get(key_of(c), c.name) for c in channels))


def frames_in(bag: BagReader, *topics: str) -> set[str]:
    """Return the child frames at the beginning of topics of transforms, the body's left out."""
    messages = itertools.islice(bag.messages(topics), _LOOKED_THROUGH)
    frames = {
        stamped.child_frame_id.strip("/")
        for message in messages
        for stamped in bag.decode(message).transforms
    }
    return frames - set(link_frame_names()) if BODY in bag.types else frames


def _nothing(bag: BagReader, choice: InputChoice) -> str:
    """Say that no kind fits, and what the bag has that might be one."""
    hints = list(_hints(bag))
    kinds = {c.kind for kind in DECODERS for c in _channels_of(kind, choice)}
    if not hints and not kinds & set(bag.types.values()):
        hints = [f"Poses are read from {', '.join(sorted(kinds))}."]
    head = choice.topics.get("head", f"{NODE}/head/pose")
    said = " ".join(["name it with --topic head:=/NAME.", *hints])
    return f"{bag.path} has no head topic {head}; {said} Its topics are:{bag.listing()}"


def _channels_of(kind: str, choice: InputChoice) -> tuple[Channel, ...]:
    return DECODERS[kind](choice.options, lambda *_: None).channels


def _hints(bag: BagReader) -> Iterator[str]:
    poses = [topic for topic, kind in bag.types.items() if kind in POSE_TYPES]
    likely = {
        slot: topic
        for slot, pattern in _LIKELY.items()
        for topic in sorted(poses)
        if pattern.search(topic.lower())
    }
    if "head" in likely:
        yield f"Perhaps {' '.join(f'--topic {s}:={t}' for s, t in likely.items())}."
    if bag.types.get("/tf") == TF_TYPE:
        frames = frames_in(bag, "/tf", "/tf_static")
        if frames:
            yield (
                "Trackers on /tf are read with --input tf --source head:=FRAME "
                f"--tf-fixed-frame FRAME{there_are(frames)}."
            )


def read_tracker_frames(
    path: str | Path, choice: InputChoice | Mapping[str, str] | None = None
) -> Iterator[TrackerFrame]:
    """Yield the tracker frames of a bag, in its order, as the node receives them.

    Args:
        path: a rosbag2 directory or a bare .mcap file.
        choice: which input; or topic by slot where it is not the default one.

    Raises:
        KinestError: no such bag, or no such topic (the bag's topics are listed).
    """
    if not isinstance(choice, InputChoice):
        choice = InputChoice(topics=choice or {})
    with BagReader(path) as bag:
        yield from input_of(bag, choice).frames()
