# SPDX-License-Identifier: Apache-2.0
"""The real tracker under faults of all kinds, mixed: the short form of `make campaign`."""

import pytest

from tests.campaign.driving import check, run
from tests.campaign.faults import FAULTS
from tests.campaign.invariants import MOST_SPEED
from tests.campaign.streams import Fault, Spec, random_spec, stream

THREE = ("head", "left_hand", "right_hand")
SIX = (*THREE, "pelvis", "left_foot", "right_foot")
#: What broke once, minimised.
FOUND = {
    "a pelvis with quaternions w first": Spec(
        "stances", 1, 3.0, 120.0, SIX, 1.7, True, 0.3,
        (Fault("w_first", 2.609, 6.542, 561451785), Fault("w_first", 0.508, 3.85, 1693915710)),
    ),
    "a fit that leaps while the network does, too": Spec(
        "walking", 3, 3.0, 72.0, ("head", "left_hand", "pelvis", "right_foot"), 1.7, True, 0.3,
        (Fault("w_first", 1.658, 2.015, 1625317427),),
    ),
    "a knee that was held back when head and pelvis jumped": Spec(
        "squatting", 3, 3.0, 60.0, ("head", "pelvis"), 1.95, False, 1.0,
        (Fault("lies_down", 1.221, 2.077, 1568069058),),
    ),
    "a head that is shaken faster than anyone moves it": Spec(
        "everything", 3, 3.0, 60.0, ("head",), 1.7, True, 0.3,
        (Fault("shaken", 2.774, 4.267, 1362999838),),
    ),
    "a knee that dipped below the floor where the toes of a lying leg were lifted": Spec(
        "kneeling", 2, 3.0, 90.0, THREE, 1.45, False, 0.0,
        (Fault("lies_down", 0.732, 3.822, 816828681),),
    ),
    "jumps in tick after tick, each of which goes on at the speed before": Spec(
        "kneeling", 3, 3.0, 120.0, THREE, 1.7, True, 0.0,
        (Fault("drifts_away", 0.947, 1.126, 2072930823), Fault("reset", 0.934, 1.227, 2030029449)),
    ),
}  # fmt: skip
#: Where the order in which the samples of a moment came once decided about a tick.
ORDER = {
    "a tick that waited when head and hands became placeholders": Spec(
        "reaching", 3, 3.0, 120.0, THREE, 1.45, True, 0.3,
        (Fault("placeholder", 1.207, 2.245, 790693992),
         Fault("placeholder", 1.273, 2.973, 327156382)),
    ),
    "a tick that waited when the headset was taken off": Spec(
        "stances", 1, 3.0, 60.0, THREE, 1.95, True, 0.0,
        (Fault("taken_off", 1.888, 1.924, 293753001),
         Fault("placeholder", 1.626, 1.958, 698319493)),
    ),
}  # fmt: skip


@pytest.mark.parametrize("seed", range(2))
def test_any_faults_together(seed):
    assert [str(found) for found in check(random_spec(seed, 1.5))] == []


@pytest.mark.parametrize("name", FOUND)
def test_what_broke_once(name):
    assert [str(found) for found in run(FOUND[name])[1]] == []


@pytest.mark.parametrize("name", ORDER)
def test_the_order_of_arrival_decides_nothing(name):
    assert [str(found) for found in check(ORDER[name])] == []


def test_every_kind_of_fault_changes_the_stream():
    """And the same way each time."""

    def content(kind):
        faults = (Fault(kind, 0.2, 0.7, 3),) if kind else ()
        steps = stream(Spec("walking", 0, 1.0, 60.0, SIX, 1.7, True, 1.0, faults))
        return [
            (step.act, step.worn)
            + tuple(
                (s.slot, s.stamp_ns, s.device, s.frame_id, *map(str, (*s.position, *s.quaternion)))
                for s in step.samples
            )
            for step in steps
        ]

    plain = content(None)
    for kind in FAULTS:
        assert content(kind) != plain, kind
        assert content(kind) == content(kind), kind


def test_the_invariants_are_not_blind(monkeypatch):
    """A tracker without its bounds is found out."""
    from kinest_ros.tracking.steadying import transition

    spec = Spec("standing", 0, 1.6, 60.0, THREE, 1.7, True, 0.3,
                (Fault("jumps_alone", 0.8, 9.0, 16), Fault("lost", 1.2, 9.0, 5)))  # fmt: skip
    assert run(spec)[1] == []
    monkeypatch.setattr(
        transition.Transition, "follow", lambda self, index, target, anchors, jump: target
    )
    assert run(spec)[2].fastest > MOST_SPEED or run(spec)[1]
