# SPDX-License-Identifier: Apache-2.0
"""Programs that run beside each other: all that one printed is read before its end is told."""

import time

import pytest

from kinest_ros.cli.children import Children


@pytest.mark.filterwarnings("error::pytest.PytestUnraisableExceptionWarning")
def test_the_last_words_come_before_the_end(monkeypatch):
    read = Children._read

    def slowly(self, name, process):
        process.wait()
        time.sleep(0.2)
        read(self, name, process)

    monkeypatch.setattr(Children, "_read", slowly)
    with Children() as children:
        children.start("zen", "this")
        said = []
        deadline = time.monotonic() + 30.0
        while (ended := children.ended()) is None and time.monotonic() < deadline:
            if line := children.line(0.01):
                said.append(line)
        assert ended == ("zen", 0)
        assert said[0] == ("zen", "The Zen of Python, by Tim Peters")
        assert said[-1][1].startswith("Namespaces are one honking great idea")
