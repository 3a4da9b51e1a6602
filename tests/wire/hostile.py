"""What every codec promises: a value, or LookFailed. Nothing else, whatever the bytes."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st

from probe.failures import LookFailed
from probe.words import Failure, Speed

fuzzed = settings(max_examples=200, deadline=None)


def failure(read: Callable[[], object]) -> Failure:
    """The failure that reading ends in; it must end in one, and at once."""
    with pytest.raises(LookFailed) as caught:
        read()
    assert caught.value.speed is Speed.ACTIVE  # bytes came, so somebody answered
    return caught.value.failure


def value_or_failure(read: Callable[[], Any]) -> Any:
    """What was read, or None. Any other exception passes through and fails the test."""
    try:
        return read()
    except LookFailed:
        return None


@contextmanager
def memory_bounded(most_mib: float) -> Iterator[None]:
    """Fails when more than this was allocated inside at any one time."""
    tracemalloc.start()
    try:
        yield
        peak_mib = tracemalloc.get_traced_memory()[1] / 2**20
    finally:
        tracemalloc.stop()
    assert peak_mib < most_mib


@st.composite
def damaged(draw: st.DrawFn, whole: bytes) -> bytes:
    """A good message with some bytes changed, and perhaps cut short or with bytes after it."""
    data = bytearray(whole)
    for place in draw(st.lists(st.integers(0, len(whole) - 1), max_size=6)):
        data[place] = draw(st.integers(0, 255))
    cut = draw(st.integers(0, len(whole)))
    kept = bytes(data[:cut]) if draw(st.booleans()) else bytes(data)
    return kept + draw(st.binary(max_size=20))
