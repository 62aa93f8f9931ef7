# SPDX-License-Identifier: Apache-2.0
"""One page that is connected: its clock, its space and its session, without any network."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from kinest_ros.web.clock_exchange import ClockExchange
from kinest_ros.web.decode import tracker_frame
from kinest_ros.web.protocol import MESSAGES, SESSION_STATES, BadMessage, unpack_from_page
from kinest_ros.web.room import Room
from kinest_ros.web.space import Space

#: s: poses that were sent longer ago are of no use; shown times may be so far from now.
LATE, AHEAD = 0.25, 0.5
#: s without poses after which a trigger counts as released, and a seat as free.
RELEASED, ABANDONED = 0.25, 5.0
#: Pings that wait for their answer.
_PINGS = 32


class Headset:
    """Takes a page's messages in their order, and says what to send it."""

    def __init__(self, room: Room, address: str) -> None:
        """Begin.

        Args:
            room: of the body that the page is for.
            address: where it comes from, for people.
        """
        self.address = address
        self.clock = ClockExchange()
        self.dropped = dict.fromkeys(("late", "early", "malformed", "too many", "refused"), 0)
        self._room, self._hooks = room, room.hooks
        self._space = Space()
        self._pings: dict[int, int] = {}
        self._next_ping = 0
        self._state = "ended"
        self._posed_ns: int | None = None
        self._held = False
        self._shown_ns: int | None = None
        self._unknown_resets = 0
        self.calibrating = False

    @property
    def active(self) -> bool:
        """Whether its session shows the page to somebody."""
        return self._state in ("visible", "blurred")

    def ping(self) -> bytes:
        """Return a question for the page's clock."""
        self._next_ping = (self._next_ping + 1) % 2**32
        while len(self._pings) >= _PINGS:
            del self._pings[next(iter(self._pings))]
        self._pings[self._next_ping] = self._hooks.now_ns()
        return MESSAGES["PING"].pack(id=self._next_ping)

    def receive(self, data: bytes) -> str | None:
        """Take a message.

        Returns:
            "CALIBRATE" if the wearer asked for it; words for a NOTICE, if the session cannot be
            used; or nothing.
        """
        try:
            name, values = unpack_from_page(data)
        except BadMessage:
            self.dropped["malformed"] += 1
            return None
        if not all(map(math.isfinite, _numbers(values))):
            self.dropped["malformed"] += 1
            return None
        if name == "POSES":
            self._on_poses(values)
        elif name == "PONG":
            self._on_pong(values)
        elif name == "SESSION":
            return self._on_session(values)
        elif name == "RESET":
            self._on_reset(values)
        elif not self.calibrating:
            return "CALIBRATE"
        return None

    def look(self) -> None:
        """Notice silence; to be called a few times a second."""
        if self._posed_ns is None:
            return
        silent = (self._hooks.now_ns() - self._posed_ns) * 1e-9
        if self._held and not -RELEASED < silent < RELEASED:
            self._held = False
            self._hooks.on_deadman(False)
        if self.active and not -ABANDONED < silent < ABANDONED:
            self.leave()
            self._state = "silent"

    def leave(self) -> None:
        """Note that nobody wears it any more."""
        self._state, self._held, self._posed_ns = "ended", False, None
        self._room.rise(self)

    def shown(self) -> bytes | None:
        """Return the newest body for the page, if it has not been returned before."""
        body = self._room.body
        if body is None or body.stamp_ns == self._shown_ns or not self.clock.ready:
            return None
        self._shown_ns = body.stamp_ns
        packed: bytes = MESSAGES["BODY"].pack(
            at_ms=self.clock.to_page_ms(body.stamp_ns),
            states=[int(state) for state in body.states],
            confidence=[int(value) for value in np.clip(255.0 * body.confidence, 0.0, 255.0)],
            positions=self._space.to_page(body.positions).ravel().tolist(),
        )
        return packed

    def status(self) -> bytes:
        """Return what the page is told once a second."""
        now = self._hooks.now_ns()
        return MESSAGES["STATUS"].pack(
            round_trip_ms=self.clock.round_trip_ms or 0.0,
            uncertainty_ms=self.clock.uncertainty_ms(now) or 0.0,
            dropped=min(sum(self.dropped.values()), 2**32 - 1),
        )

    def facts(self) -> dict[str, str]:
        """Return what diagnostics say of it."""
        offset, doubt = self.clock.offset_ms, self.clock.uncertainty_ms(self._hooks.now_ns())
        dropped = ", ".join(f"{why} {count}" for why, count in self.dropped.items() if count)
        resets = f"{self._space.resets} absorbed, {self._unknown_resets} without their transform"
        return {
            "headset session": self._state,
            "headset clock offset (ms)": "none yet" if offset is None else f"{offset:.2f}",
            "headset clock uncertainty (ms)": "none yet" if doubt is None else f"{doubt:.2f}",
            "headset clock steps": str(self.clock.steps),
            "headset recentrings": resets,
            "headset messages dropped": dropped or "0",
        }

    def _on_poses(self, values: dict[str, Any]) -> None:
        now = self._hooks.now_ns()
        if self._state == "silent" and self._room.sit(self):
            self._state = "visible"  # a network that came back
        if not self.active or self._room.seated is not self:
            self.dropped["refused"] += 1
            return
        if not self.clock.ready:
            self._posed_ns = now  # it is there
            self.dropped["early"] += 1
            return
        ahead = 1e-9 * (self.clock.to_ns(values["shown_ms"]) - now)
        age = 1e-9 * (now - self.clock.to_ns(values["sent_ms"]))
        if age > LATE or abs(ahead) > AHEAD:
            self.dropped["late"] += 1
            return
        self._posed_ns = now
        stamp_ns = self.clock.to_ns(values["shown_ms"])
        self._held = bool(values["triggers"])
        self._hooks.on_frame(tracker_frame(values, stamp_ns, self._space, self._room.frame_id))
        self._hooks.on_deadman(self._held)

    def _on_pong(self, values: dict[str, Any]) -> None:
        sent_ns = self._pings.pop(values["id"], None)
        if sent_ns is not None:
            self.clock.add(sent_ns, values["received_ms"], values["sent_ms"], self._hooks.now_ns())

    def _on_session(self, values: dict[str, Any]) -> str | None:
        if values["state"] >= len(SESSION_STATES):
            self.dropped["malformed"] += 1
            return None
        was_ended, self._state = self._state == "ended", SESSION_STATES[values["state"]]
        if not self.active:
            state = self._state
            self.leave()
            self._state = state
            return None
        if was_ended:
            self._space = Space()
        self._posed_ns = self._hooks.now_ns()
        if self._room.sit(self):
            return None
        self._state = "ended"
        other = self._room.seated
        where = "" if other is None else f" ({other.address})"
        return f"Another headset{where} is in use for this body: end its session first."

    def _on_reset(self, values: dict[str, Any]) -> None:
        quaternion = np.array(values["orientation"])
        length = float(np.linalg.norm(quaternion))
        if not values["known"] or length < 0.5:
            self._unknown_resets += 1  # the tracker notices jumps by itself
            return
        self._space.reset(np.array(values["position"]), quaternion / length)


def _numbers(values: dict[str, Any]) -> list[float]:
    flat: list[float] = []
    for value in values.values():
        flat.extend(value if isinstance(value, tuple) else (value,))
    return flat
