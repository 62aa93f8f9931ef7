# SPDX-License-Identifier: Apache-2.0
"""Files and messages spoilt at random: bytes changed, cut and repeated, values made absurd."""

from __future__ import annotations

import random
import re

#: What a number or word in a text is replaced by.
ABSURD = (
    "1e999", "-1e999", ".nan", ".inf", "NaN", "Infinity", "1" * 400, "-" + "9" * 5000, "0", "-1",
    "1e308", "null", "~", "true", '""', "[]", "{}", "[[[]]]", "[" * 3000, "{a: " * 3000,
    "2024-13-45", "0x" + "f" * 40, "1:99:99:99", "!!python/object/apply:os.system [id]", "*a", "&a",
    '"\\u0000"', '"\\ud800"', "\x00", "\ufeff", "é" * 100, "<<: *a", "!!binary x", "!!timestamp 3",
    "!!int abc", "!!float abc", "- ? :", "99999999999999999999", "4294967296", "-2147483649",
)  # fmt: skip
_WORDS = re.compile(rb"-?\d+\.?\d*|\"[^\"\n]*\"|\b[A-Za-z_]\w*\b")


def spoilt(content: bytes, rng: random.Random, text: bool) -> bytes:
    """Return the content with one to eight changes.

    Args:
        content: of a file or message that is well.
        rng: says which changes.
        text: also values in it are replaced by absurd ones.
    """
    data = bytearray(content)
    for _ in range(rng.choice((1, 1, 1, 2, 4, 8))):
        if text and rng.random() < 0.7:
            found = list(_WORDS.finditer(data))
            if found:
                word = rng.choice(found)
                data[word.start() : word.end()] = rng.choice(ABSURD).encode("utf-8")
            continue
        at = rng.randrange(len(data) + 1)
        match rng.randrange(7):
            case 0 if data:
                data[at % len(data)] ^= 1 << rng.randrange(8)
            case 1:
                data[at : at + rng.randrange(1, 9)] = rng.randbytes(rng.randrange(9))
            case 2:
                del data[at:]
            case 3:
                del data[at : at + rng.randrange(1, 200)]
            case 4:
                data[at:at] = data[at : at + rng.randrange(1, 200)]
            case 5:
                data[at : at + 8] = rng.choice((b"\xff" * 8, b"\x00" * 8, b"\xff" * 4 + b"\x7f"))
            case _:
                data[at : at + 4] = rng.randrange(2**32).to_bytes(4, "little")
    return bytes(data)
