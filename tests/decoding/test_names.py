# SPDX-License-Identifier: Apache-2.0
"""Names in arrays stand for slots; what is missing is named beside what is there."""

import pytest

from kinest_ros.decoding.names import NameBook
from kinest_ros.errors import KinestError


def test_given_names_go_before_defaults_and_slots():
    book = NameBook(
        ("head", "left_hand", "pelvis"), {"head": "hmd", "pelvis": ""}, {"left_hand": "left"}
    )
    names = {"hmd": "head", "left": "left_hand", "pelvis": "pelvis", "head": None, "drone": None}
    assert {name: book.slot_of(name) for name in names} == names


def test_the_head_and_what_the_user_named_are_missed():
    book = NameBook(("head", "left_hand", "right_hand"), {"left_hand": "glove"}, {})
    assert book.missing() is None  # nothing came at all: the graph can say more
    book.slot_of("Head")
    text = book.missing() or ""
    assert "'glove', 'head'" in text and "'Head'" in text
    assert "source.left_hand" in text and "source.head" in text and "right_hand" not in text
    book.slot_of("head"), book.slot_of("glove")
    assert book.missing() is None
    book.forget()
    book.slot_of("head")
    assert "'glove'" in (book.missing() or "")


def test_one_name_for_two_slots_is_refused():
    with pytest.raises(KinestError, match=r"source\.head.*source\.left_hand.*'hand'"):
        NameBook(("head", "left_hand"), {"head": "hand", "left_hand": "hand"}, {})


def test_why_a_name_never_came():
    book = NameBook(("head", "left_hand"), {}, {"left_hand": "left"})
    assert book.why_unheard("left_hand") is None  # nothing came at all: the graph can say more
    book.slot_of("Left")
    text = book.why_unheard("left_hand") or ""
    assert "'left'" in text and "'Left'" in text and "set source.left_hand" in text
    book.slot_of("left")
    assert book.why_unheard("left_hand") == "'left' is present, but has no valid pose"
