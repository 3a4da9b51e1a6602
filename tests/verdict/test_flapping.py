"""A line that comes and goes: when it is called flapping, and what is told meanwhile."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probe.model import Observation, Verdict
from probe.verdict import judge, waiting
from probe.verdict.flapping import (
    EVERY_SECONDS,
    STATES,
    Flapping,
    changes,
    frozen,
    no_way_out,
    noted,
    sample,
)
from probe.verdict.settle import GAP_SECONDS, Told, settle, turn_of
from probe.words import (
    Cause,
    Daemon,
    Dns,
    Failure,
    HostClock,
    Internet,
    Look,
    Note,
    Portal,
    Push,
    Services,
    Signal,
)
from tests.support.sightings import seen, sighting
from tests.support.time import EPOCH
from tests.verdict.world import readings

FINE = judge(readings())
DNS = judge(readings({Signal.DNS: Dns.FAILS}))
NO_WAY = judge(
    readings(
        {
            Signal.INTERNET: Internet.UNREACHABLE,
            Signal.PORTAL: Portal.FAILED,
            Signal.PUSH: Push.SILENT,
            Signal.SERVICES: Services.SILENT,
        }
    )
)
CLOCK = judge(readings({Signal.CLOCK: HostClock.WRONG}))
UNSURE = judge(readings({Signal.DNS: Dns.FAILS, Signal.CLOCK: HostClock.UNKNOWN}))
IMPAIRED = judge(readings({Signal.SELF: Daemon.IMPAIRED}))
UNKNOWN = judge(readings({Signal.INTERNET: Internet.UNKNOWN, Signal.SERVICES: Services.UNKNOWN}))

# Shares worked out by hand from the weights.
SHARES = {
    "always the same": ((True,) * STATES, 0.0),
    "each time another": (tuple(bool(n % 2) for n in range(STATES)), 1.0),
    "one change, the newest": ((*(False,) * 20, True), 1.25 / 20),
    "one change, the oldest": ((True, *(False,) * 20), 0.75 / 20),
    "few states yet, the newest changed": ((False, True), 1.25 / 20),
    "no state yet": ((), 0.0),
}


@pytest.mark.parametrize("case", SHARES)
def test_a_newer_change_counts_more(case: str) -> None:
    states, share = SHARES[case]

    assert changes(states) == pytest.approx(share)


def flapped(seconds: float, period: float) -> list[bool]:
    """Whether it is called flapping, every second of a fault that comes and goes."""
    state, on = Flapping(), []
    for second in range(int(seconds)):
        verdict = DNS if second % (2 * period) < period else FINE
        state = sample(state, verdict, False, float(second))
        on.append(state.on)
    return on


def test_twenty_seconds_each_way_is_flapping_and_a_minute_each_way_is_news() -> None:
    fast, slow = flapped(600, 20), flapped(600, 60)

    assert fast.index(True) <= 150
    assert all(fast[150:])
    assert not any(slow)


def test_a_way_out_that_flaps_is_seen_through_what_comes_back_later() -> None:
    """Names and Apple's hosts are still failing when the way is there again."""
    state = Flapping()
    for second in range(150):
        gone = second % 40 < 20
        state = sample(state, NO_WAY if gone else DNS, gone, float(second))

    assert (state.way_on, state.answer_on) == (True, False)


CLOUDFLARE = sighting(Look.REF_IP, "cloudflare-ip")
NO_GOOGLE, NO_QUAD9 = (
    sighting(Look.REF_IP, name, Failure.GENERIC_TIMEOUT, silent=True)
    for name in ("google-ip", "quad9-ip")
)
NO_WAY_OUT: dict[str, tuple[tuple[Observation, ...], bool | None]] = {
    "one answers": ((CLOUDFLARE, NO_GOOGLE), False),
    "none answers, once": ((NO_GOOGLE, NO_QUAD9), True),
    "one answered a minute before": (
        (sighting(Look.REF_IP, "cloudflare-ip", ago=60.0), NO_GOOGLE, NO_QUAD9),
        True,
    ),
    "nobody was asked": ((), None),
}


@pytest.mark.parametrize("case", NO_WAY_OUT)
def test_whether_there_is_a_way_out_is_what_the_last_look_says(case: str) -> None:
    """Confirmed or not: on a line that comes and goes no outage lasts until it is confirmed."""
    observations, expected = NO_WAY_OUT[case]

    assert no_way_out(seen(*observations)) is expected


def test_it_ends_when_it_has_been_the_same_for_some_minutes() -> None:
    state = Flapping(answers=tuple(bool(n % 4 < 2) for n in range(STATES)), answer_on=True)
    steady = []
    for number in range(STATES):
        state = sample(state, FINE, False, number * EVERY_SECONDS)
        steady.append(state.on)

    assert steady[0]
    assert not steady[-1]
    assert sorted(steady, reverse=True) == steady  # once over, over


def test_not_knowing_is_no_change() -> None:
    state = Flapping()
    for number in range(STATES):
        verdict = UNKNOWN if number % 2 else DNS
        state = sample(state, verdict, None, number * EVERY_SECONDS)

    assert (changes(state.answers), changes(state.ways)) == (0.0, 0.0)


ANSWER, WAY = Flapping(answer_on=True), Flapping(way_on=True)
FROZEN = {
    "it works again for a moment": (ANSWER, DNS, FINE, True),
    "nobody knows for a moment": (ANSWER, DNS, UNKNOWN, True),
    "another fault for a moment": (ANSWER, DNS, CLOCK, True),
    "the same fault": (ANSWER, DNS, DNS, False),
    "a fault, where none was told yet": (ANSWER, FINE, DNS, False),
    "surer than what was told": (ANSWER, UNSURE, CLOCK, False),
    "this process cannot be believed": (ANSWER, DNS, IMPAIRED, False),
    "another network": (ANSWER, DNS, waiting(Cause.NETWORK_CHANGED), False),
    "nothing was told yet": (ANSWER, None, DNS, False),
    "the way: what is behind it fails a little longer": (WAY, NO_WAY, DNS, True),
    "the way: it is there for a moment": (WAY, NO_WAY, FINE, True),
    "the way: it is gone, and was not told yet": (WAY, FINE, NO_WAY, False),
    "the way: something behind it was told before": (WAY, DNS, NO_WAY, False),
    "the way: it works no more, and ok is never kept": (WAY, FINE, UNKNOWN, False),
}


@pytest.mark.parametrize("case", FROZEN)
def test_what_is_told_stays_while_it_flaps(case: str) -> None:
    flapping, told, verdict, expected = FROZEN[case]

    assert frozen(flapping, told, verdict) is expected
    assert not frozen(Flapping(), told, verdict)


def test_the_note_is_there_once() -> None:
    twice = noted(noted(DNS))

    assert [note.code for note in twice.notes].count(Note.FLAPPING) == 1
    assert twice.told_as == DNS.told_as


ANY_ANSWERS = st.lists(
    st.tuples(
        st.sampled_from((FINE, DNS, NO_WAY, CLOCK, UNSURE, UNKNOWN)),
        st.sampled_from((0.5, 1.0, 3.0, 9.0)),
    ),
    max_size=60,
)


@given(ANY_ANSWERS)
def test_whatever_comes_and_goes_people_are_told_no_more_than_once_a_window(
    answers: list[tuple[Verdict, float]],
) -> None:
    """P21: as the monitor does it, with everything in doubt until it has been confirmed."""
    told, flapping = Told(shown=FINE, told=FINE, since=EPOCH), Flapping()
    now, turns, kept = 1000.0, [], []
    for verdict, seconds in answers:
        now += seconds
        flapping = sample(flapping, verdict, False, now)
        before = told
        back = frozen(flapping, before.told, verdict)
        shown = before.told if back and before.told is not None else verdict
        told = settle(before, shown, at=EPOCH, elapsed=now, confirming=True)
        if turn_of(before, told, at=EPOCH) is not None:
            turns.append(now)
            kept.append(back)

    assert all(later - earlier >= GAP_SECONDS for earlier, later in pairwise(turns))
    assert not any(kept)  # what is kept back is no turn
