# SPDX-License-Identifier: Apache-2.0
"""A token lets one browser in, into one room."""

from kinest_ros.web.tokens import MOST_SESSIONS, Tokens


def sessions(tokens, room, count):
    return [tokens.redeem(tokens.token(room))[0] for _ in range(count)]


def test_a_token_is_good_once():
    tokens = Tokens()
    token = tokens.token("anna")
    assert tokens.token("anna") == token
    session, room = tokens.redeem(token)
    assert room == "anna" and tokens.room_of(session) == "anna"
    assert tokens.redeem(token) is None
    assert tokens.token("anna") != token


def test_what_is_no_token_lets_nobody_in():
    tokens = Tokens()
    token = tokens.token("anna")
    for wrong in ("", token[:-1], token + "A", "\udcff", "é"):
        assert tokens.redeem(wrong) is None
    assert tokens.room_of(token) is None
    assert tokens.redeem(token) is not None


def test_of_too_many_browsers_the_first_is_forgotten_and_of_that_room_alone():
    tokens = Tokens()
    (other,) = sessions(tokens, "ben", 1)
    anna = sessions(tokens, "anna", MOST_SESSIONS + 1)
    found = [tokens.room_of(session) for session in anna]
    assert found == [None] + ["anna"] * MOST_SESSIONS
    assert tokens.room_of(other) == "ben"


def test_a_room_is_forgotten_with_its_token_and_its_browsers():
    tokens = Tokens()
    (anna,), (ben,) = sessions(tokens, "anna", 1), sessions(tokens, "ben", 1)
    token = tokens.token("anna")
    tokens.forget("anna")
    assert tokens.room_of(anna) is None and tokens.redeem(token) is None
    assert tokens.room_of(ben) == "ben"
