# SPDX-License-Identifier: Apache-2.0
import pytest
from rosbags.interfaces import QosDurability, QosReliability

from kinest_ros.bags.topics import POSE_TOPICS, offered_qos, pose_topics
from kinest_ros.body.joints import SLOTS
from kinest_ros.errors import KinestError


def test_every_slot_has_its_topic():
    assert tuple(POSE_TOPICS) == SLOTS
    assert pose_topics() == dict(POSE_TOPICS)
    changed = pose_topics({"head": "/vr/hmd"})
    assert changed["head"] == "/vr/hmd"
    assert changed["left_hand"] == "/kinest/left_hand/pose"


@pytest.mark.parametrize(
    ("changes", "match"),
    [
        ({"nose": "/a"}, "nose"),
        ({"head": "no_slash"}, "no_slash"),
        ({"head": "/a b"}, "/a b"),
        ({"head": "/a//b"}, "/a//b"),
        ({"head": "/same", "left_hand": "/same"}, "/same"),
        ({"head": "/kinest/left_hand/pose"}, "both head and left_hand"),
    ],
)
def test_wrong_topics_are_named(changes, match):
    with pytest.raises(KinestError, match=match):
        pose_topics(changes)


def test_qos_serves_all_subscribers_and_latches_the_description():
    assert offered_qos().reliability is QosReliability.RELIABLE
    assert offered_qos().durability is QosDurability.VOLATILE
    assert offered_qos(1, latched=True).durability is QosDurability.TRANSIENT_LOCAL
