"""Slow is slower than one's own past, while others that were asked meanwhile are as usual."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

import pytest

from probe.model import DialFact, Observation
from probe.verdict.past import Key
from probe.verdict.seen import Seen
from probe.verdict.signals.apple import services
from probe.verdict.usual import Usual, is_as_usual, is_slow, trip_seconds
from probe.words import Cause, Look, Services
from tests.evidence.test_line import apple, burst, connects, taking
from tests.support.sightings import seen, sighting

USUAL = 0.05  # seconds, everybody's
SLOW = 0.3
# Each of Apple's looks at another moment, as the calm pace has it; the couriers last.
APART = (102.0, 82.0, 62.0, 42.0, 22.0, 2.0)


def with_past(*looks: Iterable[Observation]) -> Seen:
    """All of these, by targets that have always taken the same."""
    found = seen(*(one for look in looks for one in look))
    usual = dict.fromkeys(found.history, USUAL)
    return replace(found, usual=usual, usual_trip=usual)


def spread(seconds: float) -> list[Observation]:
    """Apple's hosts, one every twenty seconds, the last two seconds ago."""
    return [
        replace(one, started=one.started + 1 - ago, ended=one.ended + 1 - ago)
        for one, ago in zip(apple(seconds), APART, strict=True)
    ]


REFERENCES = [connects(USUAL, ago=ago) for ago in (32, 92, 152)]


def test_apple_slower_than_its_own_past_while_others_are_not() -> None:
    reading = services(with_past(spread(SLOW), *REFERENCES))

    assert (reading.value, reading.cause) == (Services.PARTLY, Cause.APPLE_SLOW)


# When who must have been asked is in test_late.py.
NOT_APPLE = {
    "it is not that much slower": with_past(spread(0.1), *REFERENCES),
    "it has no past to compare with": replace(
        with_past(spread(SLOW), *REFERENCES), usual={}, usual_trip={}
    ),
    "all is slower": with_past(spread(SLOW), *(connects(SLOW, ago=ago) for ago in (32, 92, 152))),
    "others are well above their usual, though not slow": with_past(
        spread(SLOW), *(connects(2.2 * USUAL, ago=ago) for ago in (32, 92, 152))
    ),
}  # fmt: skip


@pytest.mark.parametrize("evidence", NOT_APPLE.values(), ids=list(NOT_APPLE))
def test_apple_is_not_called_slow_when(evidence: Seen) -> None:
    assert services(evidence).value is Services.WORK


# ---------------------------------------------------------------- what the references took

ROUND = 0.02  # seconds; a look by address takes three of them
BY_ADDRESS, TRIP = {Look.REF_IP: 3 * ROUND}, {Look.REF_IP: ROUND}
Pasts = Mapping[Look, float]
NO_PAST: Pasts = {}


def told_beside(
    *looks: Iterable[Observation], usual: Pasts = NO_PAST, usual_trip: Pasts = NO_PAST
) -> Cause | None:
    """What is told of services when Apple is slow, and references have these pasts."""
    found = with_past(spread(SLOW), *looks)
    references = {key[1:] for key in found.history if key[0] in (Look.REF_IP, Look.LINE)}
    apples = {key: USUAL for key in found.history if key[1:] not in references}

    def of(pasts: Pasts) -> dict[Key, float]:
        return apples | {(look, *one): past for look, past in pasts.items() for one in references}

    return services(replace(found, usual=of(usual), usual_trip=of(usual_trip))).cause


def by_address(whole: float, trip: float) -> list[Observation]:
    """Looks that took so long, of which the kernel saw the trip."""
    return [
        replace(one, finding=replace(one.finding, facts=(DialFact(resent=0, trip_seconds=trip),)))
        for one in connects(whole, ago=32)
    ]


@pytest.mark.parametrize(
    ("whole", "trip", "slow"),
    [(3 * ROUND, ROUND, True), (0.6, ROUND, False), (3 * ROUND, 0.6, False)],
    ids=["as usual", "the whole of it is late", "a trip is longer"],
)
def test_a_reference_is_as_usual_in_all_that_is_known_of_it(
    whole: float, trip: float, slow: bool
) -> None:
    cause = told_beside(by_address(whole, trip), usual=BY_ADDRESS, usual_trip=TRIP)

    assert (cause is Cause.APPLE_SLOW) is slow


def test_a_reference_without_a_past_is_no_measure() -> None:
    assert told_beside(by_address(3 * ROUND, ROUND)) is None
    assert told_beside(by_address(0.6, ROUND), usual_trip=TRIP) is Cause.APPLE_SLOW


@pytest.mark.parametrize(("trip", "slow"), [(ROUND, True), (0.6, False)])
def test_of_a_burst_the_trips_are_measured(trip: float, slow: bool) -> None:
    """However long it lasts, which is always the same."""
    took = [trip] * 6

    cause = told_beside(burst(took, took, took, ago=40.0), usual={Look.LINE: 5.0}, usual_trip=TRIP)

    assert (cause is Cause.APPLE_SLOW) is slow


def test_a_burst_in_vain_or_without_a_past_is_no_measure() -> None:
    took, lost = [ROUND] * 6, [None] * 6
    calm = burst(took, took, took, ago=40.0)
    dead = burst(lost, lost, lost, ago=40.0)

    assert told_beside(calm, usual={Look.LINE: 5.0}, usual_trip={Look.LINE: ROUND}) is None
    assert told_beside(dead, usual_trip=TRIP) is None


# ---------------------------------------------------------------- one host


def late_host(*seconds: float, apart: float = 40.0, references: float = USUAL) -> Seen:
    """One host of Apple's took so long, the newest first."""
    others = [one for one in apple(USUAL) if one.finding.target != "account-web"]
    looks = [
        taking(sighting(Look.APPLE_WEB, "account-web", ago=5 + apart * n, group="account"), whole)
        for n, whole in enumerate(seconds)
    ]
    return with_past(others, looks, *(connects(references, ago=ago) for ago in (32, 92, 152)))


def test_one_host_that_is_late_each_time_is_slow() -> None:
    reading = services(late_host(2.0, 1.5, 3.0))

    assert (reading.value, reading.cause) == (Services.PARTLY, Cause.APPLE_SLOW)
    assert "account-web" in reading.said


@pytest.mark.parametrize(
    "evidence",
    [
        late_host(2.0, 2.0),
        late_host(2.0, 0.05, 2.0),
        late_host(0.05, 2.0, 2.0, 2.0),
        late_host(0.5, 0.5, 0.5),
        # A line that fills up makes the first of all late, and each that is asked again.
        late_host(2.0, 1.5, 3.0, apart=5.0),
        late_host(2.0, 1.5, 3.0, references=SLOW),
    ],
    ids=["twice only", "not each time", "no longer", "by less than people feel", "for a moment",
         "as the others"],
)  # fmt: skip
def test_one_host_is_not_called_slow_when_it_was_late(evidence: Seen) -> None:
    assert services(evidence).value is Services.WORK


# ---------------------------------------------------------------- what is usual


def learned(*looks: tuple[float, float]) -> float:
    """What is usual after looks that took so long, each so many seconds after the one before."""
    usual, at = Usual(), 0.0
    for seconds, pause in looks:
        at += pause
        (one, *_) = connects(seconds, ago=0)
        usual.learn(replace(one, started=one.started + at, ended=one.ended + at))
    return next(iter(usual.seconds.values()))


def test_what_is_usual_follows_slowly_and_a_slow_day_hardly_at_all() -> None:
    first = [(0.2, 0.0)]
    quick = [(0.05, 60.0)] * 20
    slower = [(0.07, 60.0)] * 100
    slow = [(0.9, 60.0)] * 10

    assert learned(*first) == pytest.approx(0.2)
    assert learned(*first, *quick) == pytest.approx(0.05, abs=0.001)  # the first was a slow one
    assert learned(*first, *quick, *slower) == pytest.approx(0.07, abs=0.001)
    assert learned(*first, *quick, *slower, *slow) < 0.2


@pytest.mark.parametrize("minutes", [10, 30, 60])
def test_a_longer_line_becomes_usual_to_all_at_the_same_time(minutes: int) -> None:
    """However often each is asked."""
    often, seldom = (
        learned((0.05, 0.0), *[(0.6, pause)] * int(minutes * 60 / pause)) for pause in (20.0, 150.0)
    )

    assert often == pytest.approx(seldom, rel=0.15)
    assert is_slow(0.6, often) is (minutes <= 30)
    assert is_as_usual(0.6, often) is (minutes > 45)


def test_the_quickest_of_the_first_looks_is_usual() -> None:
    """All is asked at once at the start, and a small machine takes seconds for it."""
    assert learned((2.0, 0.0), (0.05, 60.0)) == pytest.approx(0.05)


def test_one_quick_look_later_on_is_not_the_usual() -> None:
    """A jittery line: sometimes quick."""
    assert learned(*[(0.2, 60.0)] * 6, (0.05, 60.0)) == pytest.approx(0.125)


def test_one_late_look_after_a_long_pause_is_not_the_usual() -> None:
    assert learned((0.05, 0.0), (2.0, 7 * 86400.0)) < 0.2


def test_a_trip_is_what_the_kernel_saw_where_it_tells() -> None:
    """However late this process hears of it."""
    (late,) = seen(taking(sighting(Look.REF_IP, "a", facts=[DialFact(resent=0)]), 2.0)).standings
    told = DialFact(resent=0, trip_seconds=0.02)
    (seen_by_it,) = seen(taking(sighting(Look.REF_IP, "a", facts=[told]), 2.0)).standings

    assert trip_seconds(late.newest.finding) == pytest.approx(2.0)
    assert trip_seconds(seen_by_it.newest.finding) == pytest.approx(0.02)


def test_between_slow_and_as_usual_there_is_room() -> None:
    """While a new usual is learned, one is no longer slow and not yet a measure for others."""
    assert not is_slow(0.6, 0.25)
    assert not is_as_usual(0.6, 0.25)
    assert is_as_usual(0.6, 0.45)
    assert is_as_usual(0.06, 0.02)  # what a busy machine makes
