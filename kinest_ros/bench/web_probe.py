# SPDX-License-Identifier: Apache-2.0
"""The latency probe as a page: poses go over TLS and a WebSocket, as from a headset's browser.

Bodies are heard over DDS, like those of the other probe.
"""

from __future__ import annotations

import asyncio
import re
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np

from kinest_ros.errors import KinestError
from kinest_ros.node.clients.latency_probe import LatencyProbe
from kinest_ros.tracking.devices.basis import basis_matrices
from kinest_ros.web.protocol import (
    DEVICE_CODES,
    FROM_SERVER,
    MESSAGES,
    SESSION_STATES,
    SUBPROTOCOL,
    TRACKED,
)

_PING = next(message for message in FROM_SERVER if message.name == "PING")
#: Longest wait for the page to be let in, s, and for the clock exchange after that.
_COME_IN, _CLOCK = 20.0, 1.5


class PageThread:
    """A page's connection on a thread of its own: answers PINGs, sends what it is given."""

    def __init__(self, url: str) -> None:
        """Connect.

        Raises:
            KinestError: the node lets nobody in.
        """
        self._base, _, self._token = url.partition("/#")
        self._ready, self._done = threading.Event(), asyncio.Event()
        self._failure: Exception | None = None
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_until_complete, args=(self._run(),))
        self._thread.start()
        if not self._ready.wait(_COME_IN) or self._failure is not None:
            raise KinestError(f"no page at {self._base}: {self._failure or 'no answer'}")

    def send(self, data: bytes) -> None:
        """Send a message."""
        self._loop.call_soon_threadsafe(self._send, data)

    def close(self) -> None:
        """Leave."""
        self._loop.call_soon_threadsafe(self._done.set)
        self._thread.join()

    def _send(self, data: bytes) -> None:
        task = self._loop.create_task(self._socket.send_bytes(data))
        task.add_done_callback(lambda done: done.cancelled() or done.exception())

    async def _run(self) -> None:
        import aiohttp

        jar = aiohttp.CookieJar(unsafe=True)  # cookies of an address without a name
        try:
            async with aiohttp.ClientSession(cookie_jar=jar) as client:
                headers = {"Origin": self._base}
                answer = await client.post(
                    self._base + "/session", data=self._token, headers=headers, ssl=False
                )
                answer.raise_for_status()
                self._socket = await client.ws_connect(
                    self._base + "/page/link",
                    protocols=(SUBPROTOCOL,),
                    origin=self._base,
                    ssl=False,
                )
                self._ready.set()
                listening = asyncio.create_task(self._listen())
                await self._done.wait()
                listening.cancel()
                await self._socket.close()
        except (aiohttp.ClientError, OSError) as error:
            self._failure = error
            self._ready.set()

    async def _listen(self) -> None:
        async for message in self._socket:
            if message.data[0] == _PING.code:
                now = page_ms()
                values = _PING.unpack(message.data)
                await self._socket.send_bytes(
                    MESSAGES["PONG"].pack(id=values["id"], received_ms=now, sent_ms=now)
                )


class WebProbe(LatencyProbe):
    """A page for a node with input webxr; to be used in a with statement."""

    def __init__(self, positions: np.ndarray, quaternions: np.ndarray, log: Path) -> None:
        """Take the motion to be sent.

        Args:
            positions: (N, 6, 3) m, by slot; only head and hands are sent.
            quaternions: (N, 6, 4) xyzw.
            log: of the node, which names the page's address.
        """
        matrix, vector_matrix = basis_matrices("openxr")
        turned = np.array(quaternions, dtype=float)
        turned[..., :3] = turned[..., :3] @ vector_matrix
        super().__init__(positions @ matrix, turned)
        self._log = log
        self._page: PageThread | None = None

    def __exit__(self, *gone: object) -> None:
        """Leave."""
        if self._page is not None:
            self._page.close()
        super().__exit__(*gone)

    def wait_for_node(self) -> None:
        """Wait until the node lets us in, knows our clock, and is heard.

        Raises:
            KinestError: it does not.
        """
        self._publishers = []  # nothing of ours goes over DDS
        super().wait_for_node()
        found = re.findall(r"https://\S+/#[\w-]+", self._log.read_text())
        if not found:
            raise KinestError("the node serves no page")
        self._page = PageThread(found[-1])
        time.sleep(_CLOCK)
        visible = SESSION_STATES.index("visible")
        self._page.send(MESSAGES["SESSION"].pack(state=visible, at_ms=page_ms()))

    def _send(self, index: int, stamp_ns: int) -> None:
        self._trace.stamps_ns.append(stamp_ns)
        poses = self._poses[index % len(self._poses)]
        values: dict[str, Any] = {}
        for slot, (name, pose) in enumerate(zip(TRACKED, poses, strict=False)):
            values[f"{name}_device"] = DEVICE_CODES["controller" if slot else ""]
            values[f"{name}_position"] = pose[:3].tolist()
            values[f"{name}_orientation"] = pose[3:].tolist()
        assert self._page is not None
        self._page.send(
            MESSAGES["POSES"].pack(
                shown_ms=1e-6 * stamp_ns, sent_ms=page_ms(), triggers=0, **values
            )
        )


def page_ms() -> float:
    """Return the page's clock."""
    return 1e-6 * time.time_ns()
