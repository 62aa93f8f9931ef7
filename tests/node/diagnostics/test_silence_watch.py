# SPDX-License-Identifier: Apache-2.0
"""Silence is explained after a while, and anew when the reason changes."""

from kinest_ros.decoding.listing import there_are
from kinest_ros.node.diagnostics.silence_watch import PATIENCE, SilenceWatch


def test_silence_is_explained_after_a_while_and_once():
    asked = []

    def missing(heard: bool) -> str | None:
        asked.append(heard)
        return None if heard else "nobody publishes" if len(asked) < 8 else "wrong type"

    watch = SilenceWatch(missing)
    early = [watch.look(None) for _ in range(int(PATIENCE))]
    assert not any(early) and not asked
    lines = [watch.look(age) for age in (None, None, 0.01, 0.01, 3.0, 5.0, 6.0, 7.0, 8.0)]
    assert [line for line in lines if line] == ["nobody publishes", "wrong type"]
    assert asked == [False, False, True, True, True, False, False, False, False]


def test_what_never_came_is_explained_once_the_head_is_there_for_a_while():
    watch = SilenceWatch(lambda heard: None, lambda: ("left_hand", "right_hand"), "no {}".format)
    without_head = {"head": None, "left_hand": None, "right_hand": 0.01, "pelvis": None}
    assert not any(watch.unheard(without_head) for _ in range(20))
    ages = without_head | {"head": 0.01}
    assert not any(watch.unheard(ages) for _ in range(int(PATIENCE)))
    unheard = watch.unheard(ages)
    assert unheard == {"left_hand": "no left_hand"}
    # A head that is lost for a moment is no new beginning, and a hand that is lost was heard.
    assert watch.unheard(ages | {"head": 60.0}) == unheard
    assert watch.unheard(ages | {"left_hand": 60.0}) == {}


def test_the_log_is_told_of_each_reason_once():
    watch = SilenceWatch(lambda heard: None)
    (line,) = watch.lines({"left_hand": "nobody publishes /left"})
    assert "left_hand" in line and "nobody publishes /left" in line and "trackers" in line
    assert watch.lines({"left_hand": "nobody publishes /left"}) == []
    assert len(watch.lines({"left_hand": "wrong type", "right_hand": "wrong type"})) == 2


def test_a_reason_whose_listing_grows_is_one_reason():
    """As while frames or names come in one after the other."""
    heard: list[str] = []

    def missing(_: bool) -> str:
        return f"no tracker is called 'head'{there_are(heard)}: set source.head"

    watch = SilenceWatch(missing, lambda: ("left_hand",), lambda slot: missing(True))
    lines, once = [], []
    for second in range(25):
        heard.append(f"'tag_{second}'")
        lines.append(watch.look(None))
        once += watch.lines(watch.unheard({"head": 0.01, "left_hand": None}))
    assert len([line for line in lines if line]) == 1
    assert len(once) == 1
