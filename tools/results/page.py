# SPDX-License-Identifier: Apache-2.0
"""docs/RESULTS.md: the tables between their markers, the text around them left alone."""

from __future__ import annotations

import re
from collections.abc import Mapping

from kinest_ros.errors import KinestError


def filled(text: str, sections: Mapping[str, str]) -> str:
    """Return a page with new content between the markers of each section.

    Raises:
        KinestError: a section has no markers.
    """
    for name, content in sections.items():
        begin, end = f"<!-- begin {name} -->", f"<!-- end {name} -->"
        pattern = re.compile(f"{re.escape(begin)}\n.*?{re.escape(end)}", re.DOTALL)
        if not pattern.search(text):
            raise KinestError(f"the page has no {begin} ... {end}: put them where it belongs")
        # A function: the content's backslashes are no references.
        text = pattern.sub(lambda _: f"{begin}\n{content.rstrip()}\n{end}", text)  # noqa: B023
    return text
