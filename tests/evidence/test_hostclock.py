"""clock: the whole interval must lie beyond the threshold, and a majority must agree."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probe.model import Observation, OffsetFact
from probe.verdict.signals.hostclock import clock, marzullo, notes
from probe.words import Failure, HostClock, Look, Note, Step
from tests.support.sightings import seen, sighting


def dated(operator: str, offset: float, *, width: float = 1.0) -> Observation:
    fact = OffsetFact(
        source=operator, low_seconds=offset, high_seconds=offset + width, authenticated=True
    )
    return sighting(Look.REF_IP, operator, facts=[fact], step=Step.CONTENT)


def ntp(operator: str, offset: float) -> Observation:
    fact = OffsetFact(
        source=f"ntp {operator}",
        low_seconds=offset - 0.02,
        high_seconds=offset + 0.02,
        authenticated=False,
    )
    return sighting(Look.NTP, operator, facts=[fact], step=Step.CONTENT)


CASES = {
    "nothing was compared": ((), HostClock.UNKNOWN),
    "right": ((ntp("a", 0.01), dated("x", -0.5), dated("y", -0.6)), HostClock.RIGHT),
    "one good source is enough to be right": ((dated("x", -0.5),), HostClock.RIGHT),
    "ten minutes slow": ((ntp("a", 600), dated("x", 599.5), dated("y", 599.7)), HostClock.WRONG),
    "ten minutes fast": ((ntp("a", -600), dated("x", -600.5)), HostClock.WRONG),
    "one source alone may be the one that is wrong": ((ntp("a", 600),), HostClock.UNKNOWN),
    "astride the threshold": ((dated("x", 59.5), dated("y", 59.6)), HostClock.UNKNOWN),
    "no majority": ((ntp("a", 0), ntp("b", 600)), HostClock.UNKNOWN),
    "one falseticker of four": (
        (ntp("a", 0), ntp("b", 30), dated("x", -0.5), dated("y", -0.4)),
        HostClock.RIGHT,
    ),
    "intercepted time servers are outvoted by authenticated dates": (
        (ntp("a", 600), ntp("b", 600), ntp("c", 600), dated("x", -0.5), dated("y", -0.4)),
        HostClock.RIGHT,
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_clock(case: str) -> None:
    observations, value = CASES[case]

    assert clock(seen(*observations)).value is value


def test_a_time_server_that_disagrees_with_proof_is_named() -> None:
    said = notes(seen(ntp("a", 600), dated("x", -0.5), dated("y", -0.4)))

    assert [note for note, _ in said] == [Note.NTP_INTERCEPTED_WRONG]


def test_blocked_time_servers_are_a_note_when_dates_serve() -> None:
    silent = sighting(Look.NTP, "a", Failure.GENERIC_TIMEOUT, step=Step.EXCHANGE, silent=True)

    said = notes(seen(silent, dated("x", -0.5), dated("y", -0.4)))

    assert [note for note, _ in said] == [Note.NTP_BLOCKED]


@given(
    truth=st.floats(-1e6, 1e6),
    honest=st.lists(st.tuples(st.floats(0, 50), st.floats(0, 50)), min_size=2, max_size=6),
    liars=st.lists(st.tuples(st.floats(-1e6, 1e6), st.floats(0, 50)), max_size=5),
)
def test_with_an_honest_majority_that_shares_a_point_the_truth_is_never_condemned(
    truth: float, honest: list[tuple[float, float]], liars: list[tuple[float, float]]
) -> None:
    """P20's other side: whatever liars say, what the majority agrees on overlaps the truth."""
    liars = liars[: len(honest) - 1]
    intervals = {f"h{i}": (truth - a, truth + b) for i, (a, b) in enumerate(honest)}
    intervals |= {f"l{i}": (low, low + width) for i, (low, width) in enumerate(liars)}

    agreed = marzullo(intervals)

    assert agreed is not None
    touched = set(agreed.sources) & {name for name in intervals if name.startswith("h")}
    assert touched  # a majority always holds at least one honest source


def test_of_two_equally_large_majorities_neither_is_preferred() -> None:
    agreed = marzullo({"a": (0, 2), "b": (1, 100), "c": (99, 101)})

    assert agreed is not None
    assert (agreed.low_seconds, agreed.high_seconds) == (1, 100)
