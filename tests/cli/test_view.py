# SPDX-License-Identifier: Apache-2.0
"""`kinest view`: one file that needs no network, and what cannot be shown is said."""

import re
from pathlib import Path

import pytest

pytest.importorskip("viser", reason="needs the extra view")


@pytest.fixture(scope="module")
def bag(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from kinest_ros.cli.main import main

    path = tmp_path_factory.mktemp("view") / "bag"
    assert main(["synth", "--out", str(path), "--duration", "1.5"]) == 0
    return path


def test_one_file_with_estimate_and_truth(kinest, bag: Path, tmp_path: Path):
    from kinest_ros.bags.reader import read_bodies
    from kinest_ros.bags.topics import GROUND_TRUTH

    path = tmp_path / "body.html"
    status, out, _ = kinest("view", bag, "--html", path, "--json")
    assert status == 0 and '"truth"' in out and '"default"' in out
    text = path.read_text(encoding="utf-8")
    # Nothing that a browser would fetch.
    assert not re.findall(r"<(?:script|link|img)[^>]+(?:src|href)=[\"']?https?:", text)
    plots = text[text.index('<details id="kinest-plots">') : text.rindex("</details>")]
    for title in ("tracker's last message", "tracker valid", "confidence", "link to its tracker",
                  "from the truth", "computing time"):  # fmt: skip
        assert title.replace("'", "&#x27;") in plots
    messages = _recorded(text)
    names = {m.get("name", "") for _, m in messages}
    assert {"/default/limbs", "/truth/limbs", "/floor"} <= names
    moved = [t for t, m in messages if m.get("name") == "/truth/limbs" and "updates" in m]
    truth = read_bodies(bag, GROUND_TRUTH)
    seconds = (truth.stamps_ns[-1] - truth.stamps_ns[0]) * 1e-9
    assert max(moved) == pytest.approx(seconds, abs=0.1)


def test_a_clip_is_shown_beside_its_truth(kinest, tmp_path: Path):
    from tests.motion.clip_files import write_clips

    write_clips(tmp_path / "clips", count=1, seconds=1.0)
    clip = tmp_path / "clips" / "clip0.npz"
    status, out, err = kinest("view", clip, "--html", tmp_path / "clip.html", "--json")
    assert status == 0, err
    assert '"truth"' in out


def test_what_cannot_be_is_said(kinest, tmp_path: Path):
    assert "need a bag" in kinest("view", "--html", tmp_path / "x.html")[2]
    assert "no folder" in kinest("view", "x", "--html", tmp_path / "none" / "x.html")[2]
    assert kinest("view", tmp_path / "none", "--html", tmp_path / "x.html")[0] == 2


def _recorded(text: str) -> list:
    """What the file plays: (seconds, message)."""
    import base64

    import msgspec
    import zstandard

    found = re.search(r'window\.__VISER_EMBED_DATA__="([^"]+)"', text)
    assert found is not None
    data = base64.b64decode(found[1])
    size = int.from_bytes(data[:8], "little")
    inner = zstandard.ZstdDecompressor().decompress(data[8:], max_output_size=size)
    length = int.from_bytes(inner[:8], "little")
    return msgspec.msgpack.decode(inner[8 : 8 + length])["messages"]
