# SPDX-License-Identifier: Apache-2.0
"""Every message comes back as it went; nothing else is taken for one."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kinest_ros.web.protocol import (
    FROM_PAGE,
    MAX_FROM_PAGE,
    MESSAGES,
    BadMessage,
    Message,
    protocol_module,
    unpack_from_page,
)


def values_of(message: Message) -> dict:
    values, number = {}, 0
    for field in message.fields:
        if field.kind == "text":
            values[field.name] = "straight, please"
            continue
        numbers = [(number + i) % 250 for i in range(field.count)]
        number += field.count
        values[field.name] = numbers[0] if field.count == 1 else tuple(numbers)
    return values


@pytest.mark.parametrize("message", MESSAGES.values(), ids=str)
def test_a_message_comes_back(message: Message):
    values = values_of(message)
    assert message.unpack(message.pack(**values)) == values


@pytest.mark.parametrize("message", FROM_PAGE, ids=str)
def test_those_of_the_page_are_told_apart_and_short(message: Message):
    packed = message.pack(**values_of(message))
    assert unpack_from_page(packed) == (message.name, values_of(message))
    assert len(packed) <= MAX_FROM_PAGE
    for wrong in (packed + b"x", packed[:-1]):
        with pytest.raises(BadMessage):
            unpack_from_page(wrong)


def test_codes_are_their_own():
    assert len({message.code for message in MESSAGES.values()}) == len(MESSAGES)


@given(st.binary(max_size=300))
def test_any_bytes_are_a_message_or_refused(data: bytes):
    try:
        name, _ = unpack_from_page(data)
    except BadMessage:
        return
    assert data[0] == MESSAGES[name].code


def test_the_page_gets_the_same_table():
    text = protocol_module().removeprefix("export const PROTOCOL = ").removesuffix(";\n")
    table = json.loads(text)["messages"]
    assert {name: m["code"] for name, m in table.items()} == {
        name: m.code for name, m in MESSAGES.items()
    }
    assert [f[0] for f in table["POSES"]["fields"]] == [f.name for f in MESSAGES["POSES"].fields]
