"""The question that every server of QUIC answers, and what is an answer to it."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probe.wire.quic import LEAST_BYTES, is_answer, question

TO, ME = b"to-them.", b"from-me."
ASKED = question(TO, ME)


def answer(
    *,
    to: bytes = ME,
    me: bytes = TO,
    first: int = 0x80,
    version: int = 0,
    versions: bytes = b"\0\0\0\1",
) -> bytes:
    """As RFC 9000 17.2.1 draws it."""
    ids = bytes([len(to)]) + to + bytes([len(me)]) + me
    return bytes([first]) + struct.pack("!I", version) + ids + versions


def test_the_question_is_large_enough_to_be_answered() -> None:
    assert len(ASKED) == LEAST_BYTES


def test_an_answer_names_other_versions_and_our_ids() -> None:
    assert is_answer(answer(), ASKED)
    assert is_answer(answer(versions=b"\0\0\0\1\x6b\x33\x43\xcf", first=0xFF), ASKED)


WRONG = {
    "nothing": b"",
    "the question itself": ASKED,
    "somebody else's ids": answer(to=b"another."),
    "ids not exchanged": answer(to=TO, me=ME),
    "a version of its own": answer(version=1),
    "a short header": answer(first=0x40),
    "no version named": answer(versions=b""),
    "half a version": answer(versions=b"\0\0\0\1\0"),
    "shorter ids": answer(to=b"x", me=b"y"),
}


@pytest.mark.parametrize("case", WRONG)
def test_no_answer_is(case: str) -> None:
    assert not is_answer(WRONG[case], ASKED)


@given(st.binary(max_size=200))
def test_anything_may_come(reply: bytes) -> None:
    assert not is_answer(reply, ASKED)
