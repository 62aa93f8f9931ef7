# SPDX-License-Identifier: Apache-2.0
import io

from kinest_ros.cli import progress


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_silent_where_nobody_watches():
    stream = io.StringIO()
    bar = progress.Progress("x", 10, stream)
    bar.step(10)
    bar.close()
    assert stream.getvalue() == ""


def test_shows_how_far_it_is(monkeypatch):
    times = iter([0.0, 1.0, 2.0])
    monkeypatch.setattr(progress.time, "monotonic", lambda: next(times))
    stream = Terminal()
    bar = progress.Progress("replaying", 4, stream)
    bar.step()
    bar.step()
    bar.close()
    assert " 25%, 3 s left" in stream.getvalue()
    assert " 50%, 2 s left" in stream.getvalue()
    assert stream.getvalue().endswith("\r\x1b[K")
