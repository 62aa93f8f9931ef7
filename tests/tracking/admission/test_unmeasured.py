# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from kinest_ros.tracking.admission.unmeasured import MIN_REPEATS, PoseStream, Withheld

MS = 1_000_000
SECOND = 1000 * MS
IDENTITY = np.array((0.0, 0.0, 0.0, 1.0))
ORIGIN = np.zeros(3)
PLACEHOLDER, FROZEN = Withheld.PLACEHOLDER, Withheld.FROZEN


def moving(index: int) -> tuple[np.ndarray, np.ndarray]:
    turn = Rotation.from_rotvec((0.0, 0.0, 0.001 * index)).as_quat()
    return np.array((0.1, 0.0, 1.0 + 1e-6 * index)), turn


def judged(poses, stream: PoseStream | None = None, step_ns: int = 10 * MS, start: int = 1):
    stream = stream or PoseStream(SECOND)
    return [stream.judge((start + i) * step_ns, *pose) for i, pose in enumerate(poses)]


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_the_origin_without_a_rotation_is_a_placeholder_from_the_first_sample(sign) -> None:
    poses = [moving(0), (ORIGIN, sign * IDENTITY), (ORIGIN, sign * IDENTITY), moving(3)]
    assert judged(poses) == [None, PLACEHOLDER, PLACEHOLDER, None]
    assert judged([(ORIGIN, sign * IDENTITY)]) == [PLACEHOLDER]


def test_so_it_is_in_the_axes_of_any_device() -> None:
    for turn in Rotation.create_group("O").as_quat():
        assert judged([(ORIGIN, turn.astype(np.float32).astype(float))]) == [PLACEHOLDER]


def test_and_with_any_constant_rotation_from_the_second_sample() -> None:
    tilted = Rotation.from_rotvec((0.3, 0.2, 0.1)).as_quat()
    assert judged(3 * [(ORIGIN, tilted)]) == [None, PLACEHOLDER, PLACEHOLDER]


def test_a_device_that_tells_rotations_alone_is_measured() -> None:
    assert judged([(ORIGIN, moving(i)[1]) for i in range(1, 300)]) == 299 * [None]


def test_a_pose_near_the_origin_or_without_a_rotation_is_measured() -> None:
    assert judged([(np.array((0.0, 0.0, 1e-7)), IDENTITY)]) == [None]
    assert judged([(np.array((0.0, 0.0, 1.6)), IDENTITY)]) == [None]


def test_what_repeats_for_a_second_is_frozen_until_it_changes() -> None:
    stream = PoseStream(SECOND)
    found = judged([moving(0), *150 * [moving(1)], moving(2)], stream)
    assert found == [None] + 100 * [None] + 50 * [FROZEN] + [None]
    assert stream.spell_ns == 500 * MS


def test_a_slow_tracker_is_frozen_after_a_second_as_well() -> None:
    found = judged(8 * [moving(1)], step_ns=200 * MS)
    assert found == 5 * [None] + 3 * [FROZEN]
    found = judged(8 * [moving(1)], step_ns=500 * MS)
    assert found == 4 * [None] + 4 * [FROZEN]  # two samples a second do not tell


def test_the_reason_tells_for_how_long() -> None:
    stream = PoseStream(SECOND)
    judged(101 * [moving(1)], stream)
    assert stream.reason == "the same pose for 1.0 s: frozen"


def test_the_least_change_of_value_is_no_repetition() -> None:
    place, turn = moving(1)
    wobbling = [(place + (0.0, 0.0, 1e-7 * (i % 2)), turn) for i in range(400)]
    assert set(judged(wobbling)) == {None}


def test_pairs_and_pauses_are_not_frozen() -> None:
    assert set(judged([moving(i // 10) for i in range(500)])) == {None}
    few = judged((MIN_REPEATS - 1) * [moving(1)], step_ns=SECOND)
    assert set(few) == {None}


def test_what_was_frozen_before_is_known_at_once() -> None:
    """As a placeholder that is not at the origin: the next time it is withheld at sight."""
    stream = PoseStream(SECOND)
    judged([*150 * [moving(0)], moving(1)], stream)
    assert judged([moving(2), moving(0), moving(0), moving(3)], stream, start=200) == [
        None,
        FROZEN,
        FROZEN,
        None,
    ]


def test_never_means_never_but_for_placeholders() -> None:
    stream = PoseStream(0)
    assert set(judged(500 * [moving(0)], stream)) == {None}
    assert judged([(ORIGIN, IDENTITY)], stream, start=600) == [PLACEHOLDER]


def test_late_samples_change_nothing() -> None:
    stream = PoseStream(SECOND)
    judged(100 * [moving(0)], stream)
    assert stream.judge(50 * 10 * MS, *moving(7)) is None
    assert judged(2 * [moving(0)], stream, start=101) == [FROZEN, FROZEN]
    # And none gets in that is older than one that was withheld.
    assert stream.judge(1015 * MS, *moving(7)) is FROZEN


def test_a_clock_that_begins_anew_begins_anew() -> None:
    stream = PoseStream(SECOND)
    judged(200 * [moving(0)], stream)
    assert set(judged(100 * [moving(0)], stream)) == {None}
