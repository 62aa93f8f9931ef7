# SPDX-License-Identifier: Apache-2.0
"""Who may come in: a secret in the address, good for one browser, which then has its own."""

from __future__ import annotations

import hmac
import secrets
from collections import OrderedDict
from typing import Generic, TypeVar

Key = TypeVar("Key")

#: Bytes of a secret: 128 bits cannot be guessed.
_LENGTH = 16
#: Browsers that are remembered for one body; of more, the first one is forgotten.
MOST_SESSIONS = 16


class Tokens(Generic[Key]):
    """A token for each room, to be used once, and the sessions that came of them."""

    def __init__(self) -> None:
        """Know nobody."""
        self._tokens: dict[Key, str] = {}
        self._sessions: OrderedDict[str, Key] = OrderedDict()

    def token(self, key: Key) -> str:
        """Return the unused token of a room."""
        return self._tokens.setdefault(key, secrets.token_urlsafe(_LENGTH))

    def redeem(self, token: str) -> tuple[str, Key] | None:
        """Return a new session and its room for a token, which is used up by that; None: wrong."""
        given = token.encode(errors="replace")
        found = [
            k for k, known in self._tokens.items() if hmac.compare_digest(known.encode(), given)
        ]
        if not found:
            return None
        key = found[0]
        del self._tokens[key]
        session = secrets.token_urlsafe(_LENGTH)
        self._sessions[session] = key
        while sum(1 for other in self._sessions.values() if other == key) > MOST_SESSIONS:
            del self._sessions[next(s for s, other in self._sessions.items() if other == key)]
        return session, key

    def room_of(self, session: str) -> Key | None:
        """Return the room of a session; None: there is no such session."""
        return self._sessions.get(session)

    def forget(self, key: Key) -> None:
        """Forget a room, its token and its sessions."""
        self._tokens.pop(key, None)
        for session in [s for s, other in self._sessions.items() if other == key]:
            del self._sessions[session]
