# SPDX-License-Identifier: Apache-2.0
"""What there is to choose from, as the end of a sentence that stays one kind while it grows."""

from __future__ import annotations

from collections.abc import Iterable

#: Names listed in a message.
MAX_NAMES = 30
_THERE_ARE = "; there are "


def there_are(names: Iterable[str]) -> str:
    """Return "; there are a, b, c" of any number of names, sorted; of many, the first."""
    listed = sorted(names)
    more = ", ..." if len(listed) > MAX_NAMES else ""
    return f"{_THERE_ARE}{', '.join(listed[:MAX_NAMES])}{more}"


def without_listing(text: str) -> str:
    """Return what a text says apart from what is listed: the same while names come in."""
    return text.partition(_THERE_ARE)[0]
