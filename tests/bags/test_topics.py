# SPDX-License-Identifier: Apache-2.0
from rosbags.interfaces import QosDurability, QosReliability

from kinest_ros.bags.topics import POSE_TOPICS, offered_qos
from kinest_ros.body.joints import SLOTS


def test_every_slot_has_its_topic():
    assert tuple(POSE_TOPICS) == SLOTS
    assert POSE_TOPICS["left_hand"] == "/kinest/left_hand/pose"


def test_qos_serves_all_subscribers_and_latches_the_description():
    assert offered_qos().reliability is QosReliability.RELIABLE
    assert offered_qos().durability is QosDurability.VOLATILE
    assert offered_qos(1, latched=True).durability is QosDurability.TRANSIENT_LOCAL
