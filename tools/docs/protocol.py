# SPDX-License-Identifier: Apache-2.0
"""docs/web-protocol.md: the messages between page and server, from their one table."""

from __future__ import annotations

from kinest_ros.web.protocol import FROM_PAGE, FROM_SERVER, MAX_FROM_PAGE, SUBPROTOCOL, Message

_HEAD = f"""# The page's protocol

The messages between the headset's page and the server, for writing your own client.
This page is written by `python -m tools.docs` from `kinest_ros/web/protocol.py`; a test fails when
it is out of date.

1. `POST /session` with the token (the part of the address after `#`) as the body and the page's
   own `Origin`. The answer is `{{"body": "<name>"}}` and a cookie; the token is then invalid. A
   reloaded page sends the cookie and an empty body. Otherwise: 403, with the reason.
2. A WebSocket to `/page/link` with that cookie, the same `Origin` and the subprotocol
   `{SUBPROTOCOL}`. Another version is refused with 400.
3. Binary messages, at most {MAX_FROM_PAGE} bytes each from the page: one byte for the type, then
   the fields without padding, little-endian. Times are ms since 1970 on the page's own clock; the
   server finds the offset by PING and PONG. Poses are in the page's `local-floor` space: x right,
   y up, z backward.

Messages that are malformed, late (sent over 0.25 s ago) or too many (over 250 a second) are dropped
and counted. Text messages, longer messages and 50 malformed ones close the connection.
"""


def protocol_page() -> str:
    """Return the page."""
    parts = [_HEAD, "## From the page\n", *map(_message, FROM_PAGE)]
    parts += ["## From the server\n", *map(_message, FROM_SERVER)]
    return "\n".join(parts)


def _message(message: Message) -> str:
    lines = [f"### {message.code}: {message.name}\n", f"{message.what}\n"]
    if message.fields:
        lines += ["| field | type | what |", "| --- | --- | --- |"]
        for item in message.fields:
            kind = item.kind if item.count == 1 else f"{item.kind}[{item.count}]"
            lines.append(f"| `{item.name}` | {kind} | {item.what} |")
        lines.append("")
    return "\n".join(lines)
