# SPDX-License-Identifier: Apache-2.0
"""Spoilt files and messages: an error that a user can act upon, or what is left of them.

`make campaign` sets how many; here a few of each kind.
"""

import gc
import os
import random
import resource
from pathlib import Path

import pytest

from kinest_ros.bags.reader import RawMessage
from kinest_ros.errors import KinestError
from tests.campaign.files import KINDS, messages
from tests.campaign.spoiling import spoilt

#: Spoilt files of each kind, and the first seed.
COUNT = int(os.environ.get("KINEST_MALFORMED", "40"))
FIRST = int(os.environ.get("KINEST_FIRST_SEED", "0"))
#: Of these, what is left is read; opening one takes as long as a hundred of the others.
BAGS = ("mcap", "mcap in its bag", "sqlite", "metadata")
#: Bytes by which a kind may make the process grow.
MOST_MEMORY = 400 << 20


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", KINDS)
def test_spoilt_files(name, tmp_path):
    kind = KINDS[name]
    path = kind.make(tmp_path)
    kind.read(path)  # it is well
    before, refused = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, 0
    content = path.read_bytes()
    for seed in range(FIRST, FIRST + (COUNT if name not in BAGS else max(COUNT // 5, 6))):
        path.write_bytes(spoilt(content, random.Random(seed), kind.text))
        try:
            kind.read(path)
        except KinestError:
            refused += 1
        except BaseException as error:
            raise AssertionError(f"{name}, seed {seed}: {type(error).__name__}") from error
    assert refused or name in BAGS
    assert not left_open(tmp_path)
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown * 1024 < MOST_MEMORY


def left_open(folder):
    """Return the files below a folder that this process still has open."""
    gc.collect()
    links = [Path("/proc/self/fd", number) for number in os.listdir("/proc/self/fd")]
    files = [link.readlink() for link in links if link.is_symlink()]
    return [file for file in files if file.is_relative_to(folder)]


def test_spoilt_messages(tmp_path):
    with messages(tmp_path) as (bag, real):
        for seed in range(FIRST, FIRST + 10 * COUNT):
            rng = random.Random(seed)
            msgtype, content = rng.choice(real)
            data = spoilt(content, rng, text=False)
            try:
                bag.decode(RawMessage("/topic", msgtype, 0, data))
            except KinestError:
                pass
            except BaseException as error:
                raise AssertionError(f"seed {seed}: {type(error).__name__}") from error
        assert len(left_open(tmp_path)) == 1  # the bag, or this test sees nothing
    assert not left_open(tmp_path)
