# SPDX-License-Identifier: Apache-2.0
"""The address of the page in what a program printed."""

import re


def last_url(text: str) -> str:
    """The newest address that was printed."""
    return re.findall(r"https://\S+/#[\w-]+", text)[-1]
