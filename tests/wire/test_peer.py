"""What a peer's status says of Apple, and what it does not."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probe.failures import LookFailed
from probe.wire.peer import CONTROLS, read
from probe.words import Signal
from tests.wire.hostile import fuzzed, value_or_failure

WELL: dict[str, Any] = {
    **{signal.value: {"value": value, "oldest_seconds": None} for signal, value in CONTROLS},
    "push": {"value": "works", "age_seconds": 1.0, "oldest_seconds": 3.0},
    "services": {"value": "work", "age_seconds": 1.0, "oldest_seconds": 14.0},
}


def body(**signals: Any) -> bytes:
    changed = {name: {"value": value, "oldest_seconds": 2.0} for name, value in signals.items()}
    return json.dumps({"schema": 1, "drill": None, "signals": WELL | changed}).encode()


CASES: dict[str, tuple[dict[str, str], dict[Signal, bool]]] = {
    "all is well": ({}, {Signal.PUSH: True, Signal.SERVICES: True}),
    "push is silent there": ({"push": "silent"}, {Signal.PUSH: False, Signal.SERVICES: True}),
    "it is not known": ({"push": "unknown"}, {Signal.SERVICES: True}),
    "one group alone is no comparison": ({"services": "one_fails"}, {Signal.PUSH: True}),
    "its own internet is away": (
        {"internet": "unreachable", "push": "silent", "services": "silent"},
        {},
    ),
    "what works there works, whatever else": (
        {"internet": "partly", "push": "works"},
        {Signal.PUSH: True, Signal.SERVICES: True},
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_what_a_peer_says(case: str) -> None:
    signals, said = CASES[case]

    assert {word.subject: word.works for word in read(body(**signals))} == said


def test_a_word_is_as_old_as_the_oldest_part_of_it() -> None:
    """What was looked at last may have been of something that never failed."""
    assert {word.subject: word.age_seconds for word in read(body())} == {
        Signal.PUSH: 3.0,
        Signal.SERVICES: 14.0,
    }


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<html>",
        b"[]",
        b'{"signals": []}',
        json.dumps({"schema": 2, "signals": WELL}).encode(),
        json.dumps({"schema": 1, "drill": "dns-block", "signals": WELL}).encode(),
    ],
)
def test_what_is_no_status_says_nothing(data: bytes) -> None:
    with pytest.raises(LookFailed):
        read(data)


@pytest.mark.parametrize("age", [None, -1, True, "3", 1e9])
def test_a_word_of_no_age_is_no_word(age: object) -> None:
    signals = WELL | {"push": {"value": "works", "age_seconds": 1.0, "oldest_seconds": age}}
    data = json.dumps({"schema": 1, "signals": signals}).encode()

    assert {word.subject for word in read(data)} == {Signal.SERVICES}


@given(st.binary(max_size=400))
@fuzzed
def test_whatever_comes_is_read_or_refused(data: bytes) -> None:
    value_or_failure(lambda: read(data))
