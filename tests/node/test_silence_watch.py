# SPDX-License-Identifier: Apache-2.0
"""Silence is explained after a while, and anew when the reason changes."""

from kinest_ros.node.silence_watch import PATIENCE, SilenceWatch


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
