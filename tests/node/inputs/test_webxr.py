# SPDX-License-Identifier: Apache-2.0
"""The real node serves a page; a page without a browser feeds it over TLS, and sees its body.

What a browser does with the page is in tests/web/test_browser.py.
"""

import asyncio
import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("rclpy", reason="needs ROS 2: make setup, or source a ROS 2 workspace")
pytest.importorskip("aiohttp", reason="needs the extra web")
pytest.importorskip("cryptography", reason="needs the extra web")

import aiohttp
from std_msgs.msg import Bool

from kinest_ros.body.joints import JOINT_INDEX
from kinest_ros.errors import KinestError
from kinest_ros.node.parameters.node_parameters import NodeParameters
from kinest_ros.web.protocol import MESSAGES
from tests.node.live import Client, NodeProcess, stamp_of, wait_for
from tests.node.managing import change
from tests.node.readings import link_poses
from tests.web.pages import Page, session
from tests.web.ports import free_port

pytestmark = pytest.mark.ros

EYES, HEAD = 1.6, JOINT_INDEX["head"]


@pytest.fixture(scope="module")
def settings(tmp_path_factory) -> Path:
    """Folder of the user's settings."""
    return tmp_path_factory.mktemp("config")


@pytest.fixture(scope="module")
def node(ros_domain: int, settings: Path) -> Iterator[NodeProcess]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CONFIG_HOME", str(settings))
        process = NodeProcess(
            "autostart:=true",
            "device:=cpu",
            "stature:=1.7",
            "input:=webxr",
            f"web_port:={free_port()}",
            "web_deadman_topic:=/robot/enable",
        )
    with process:
        process.wait_for_log("open in the headset's browser")
        process.wait_for_log("active")
        yield process


def address(node: NodeProcess) -> tuple[str, str]:
    """The newest address that the node printed: base and token."""
    found = re.findall(r"(https://localhost:\d+)/#(\S+)", node.log)
    return found[-1]


async def opened(node: NodeProcess, client: aiohttp.ClientSession) -> Page:
    base, token = address(node)
    page = Page(client, base)
    assert (await page.come_in(token))[0] == 200
    await page.connect()
    await page.begin()
    return page


def browse(job) -> None:
    async def inner() -> None:
        jar = aiohttp.CookieJar(unsafe=True)
        async with aiohttp.ClientSession(cookie_jar=jar) as client:
            await job(client)

    asyncio.run(inner())


async def walk(page: Page, seconds: float, triggers: int = 0) -> None:
    """Stand and look ahead, breathing."""
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0.0:
        sway = 0.02 * left
        await page.pose(
            triggers=triggers,
            positions={
                "head": (sway, EYES, 0.0),
                "left_hand": (-0.3, 1.0, -0.3 - sway),
                "right_hand": (0.3, 1.0, -0.3 + sway),
            },
        )
        await asyncio.sleep(1 / 72)


def test_from_the_page_to_tf_and_back(node: NodeProcess, client: Client):
    held: list[bool] = []
    subscription = client.node.create_subscription(
        Bool, "/robot/enable", lambda message: held.append(message.data), 10
    )
    topics = ("/kinest/body", "/tf", "/robot/enable")
    wait_for(lambda: all(client.node.count_publishers(topic) for topic in topics), 20.0)
    client.clear()

    async def job(browser: aiohttp.ClientSession) -> None:
        page = await opened(node, browser)
        await walk(page, 1.5, triggers=2)
        body = await page.hear("BODY")
        head = body["positions"][3 * HEAD : 3 * HEAD + 3]
        assert head == pytest.approx((0.0, EYES, 0.0), abs=0.06)
        await page.send(MESSAGES["CALIBRATE"].pack())
        answer = await page.hear("ANSWER", 60.0)
        assert answer["success"] == 0 and len(answer["text"]) > 20
        wait_for(lambda: _facts(client).get("headset session") == "visible", 10.0)
        await page.send(session("hidden"))
        await page.hear("STATUS")

    browse(job)
    wait_for(lambda: held and held[-1] is False, 10.0)
    assert True in held
    assert len(client.bodies) > 30 and len(client.transforms) > 30
    assert abs(stamp_of(client.bodies[-1]) - time.time_ns()) < 60e9
    head = link_poses(client.transforms[-1], "world")[HEAD, :3, 3]
    assert head == pytest.approx((0.0, 0.0, EYES), abs=0.06)
    facts = _facts(client)
    assert float(facts["headset clock uncertainty (ms)"]) < 100.0
    client.node.destroy_subscription(subscription)


def test_a_headset_that_is_taken_off_is_silence_at_once(node: NodeProcess, client: Client):
    async def job(browser: aiohttp.ClientSession) -> None:
        page = await opened(node, browser)
        await walk(page, 1.0)
        wait_for(lambda: client.bodies, 10.0)
        await page.send(session("hidden"))
        hidden = time.time_ns()
        wait_for(lambda: "headset not worn" in _message(client), 10.0)
        client.settle()
        assert stamp_of(client.bodies[-1]) < hidden + 50_000_000
        client.clear()
        await page.send(session("visible"))
        await walk(page, 1.0)
        wait_for(lambda: client.bodies, 10.0)

    browse(job)


def test_an_inactive_node_serves_nothing(node: NodeProcess, client: Client):
    from lifecycle_msgs.msg import Transition

    base, _ = address(node)

    async def gone(browser: aiohttp.ClientSession) -> None:
        with pytest.raises(aiohttp.ClientConnectionError):
            await browser.get(base, ssl=False)

    async def there(browser: aiohttp.ClientSession) -> None:
        async with browser.get(base, ssl=False) as answer:
            assert answer.status == 200

    change(client, Transition.TRANSITION_DEACTIVATE)
    browse(gone)
    change(client, Transition.TRANSITION_ACTIVATE)
    browse(there)


def test_the_key_is_kept_where_calibrations_are(node: NodeProcess, settings: Path):
    assert (settings / "kinest" / "web-key.pem").exists()


def test_its_axes_are_settled() -> None:
    with pytest.raises(KinestError, match=r"input_basis.*webxr"):
        NodeParameters.from_values({"input": "webxr", "input_basis": "openxr"})


def _status(client: Client):
    found = [s for message in client.diagnostics for s in message.status if s.name.endswith("body")]
    return found[-1] if found else None


def _facts(client: Client) -> dict[str, str]:
    status = _status(client)
    return {pair.key: pair.value for pair in status.values} if status else {}


def _message(client: Client) -> str:
    status = _status(client)
    return status.message if status else ""
