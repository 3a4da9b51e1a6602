"""clock: the whole interval must lie beyond the threshold, and a majority must agree."""

from __future__ import annotations

from dataclasses import replace

import pytest

from probe.model import DialFact, Observation, OffsetFact
from probe.verdict.seen import Seen
from probe.verdict.signals.hostclock import clock, judged, notes, off_notes
from probe.verdict.signals.offsets import Agreed, Vote
from probe.words import Cause, Failure, HostClock, Look, Note, Signal, Step
from tests.support.sightings import NOW, seen, sighting


def dated(operator: str, offset: float, *, width: float = 1.0) -> Observation:
    fact = OffsetFact(
        source=operator, low_seconds=offset, high_seconds=offset + width, authenticated=True
    )
    return sighting(Look.REF_IP, operator, facts=[fact], step=Step.CONTENT)


def hinted(operator: str, offset: float) -> Observation:
    """TLS that fails by its date alone, and the Date that came inside it all the same."""
    fact = OffsetFact(
        source=operator,
        low_seconds=offset,
        high_seconds=offset + 1,
        authenticated=False,
        hint=True,
    )
    return sighting(
        Look.REF_IP,
        operator,
        Failure.SSL_CERT_NOT_YET_VALID,
        facts=[fact],
        step=Step.HANDSHAKE,
    )


def page(operator: str, offset: float) -> Observation:
    fact = OffsetFact(
        source=f"{operator} (http)",
        low_seconds=offset,
        high_seconds=offset + 1,
        authenticated=False,
    )
    return sighting(Look.CAPTIVE, operator, facts=[fact], step=Step.CONTENT)


def ntp(operator: str, offset: float, *, machine: str = "", width: float = 0.02) -> Observation:
    fact = OffsetFact(
        source=f"ntp {operator}",
        low_seconds=offset - width,
        high_seconds=offset + width,
        authenticated=False,
        machine=machine,
    )
    return sighting(Look.NTP, operator, facts=[fact], step=Step.CONTENT)


DAYS = 86_400.0
FAR = 400 * DAYS
CASES = {
    "nothing was compared": ((), HostClock.UNKNOWN),
    "right": ((ntp("a", 0.01), dated("x", -0.5), dated("y", -0.6)), HostClock.RIGHT),
    "one good source is enough to be right": ((dated("x", -0.5),), HostClock.RIGHT),
    "ten minutes slow": ((ntp("a", 600), dated("x", 599.5), dated("y", 599.7)), HostClock.WRONG),
    "ten minutes fast": ((ntp("a", -600), dated("x", -600.5)), HostClock.WRONG),
    "one source alone may be the one that is wrong": ((ntp("a", 600),), HostClock.UNKNOWN),
    "one operator in two ways is one operator": (
        (ntp("x", 600), dated("x", 599.5)),
        HostClock.UNKNOWN,
    ),
    "time servers alone may be a router that answers for them": (
        (ntp("a", 600), ntp("b", 600), ntp("c", 600)),
        HostClock.UNKNOWN,
    ),
    "time servers and every plain page": (
        (ntp("a", 600), ntp("b", 600), page("x", 599.5), page("y", 599.6)),
        HostClock.WRONG,
    ),
    "time servers and pages, but for one page that says otherwise": (
        (
            ntp("a", 600),
            ntp("b", 600),
            page("x", 599.5),
            page("y", 599.6),
            page("z", -0.5),
        ),
        HostClock.UNKNOWN,
    ),
    "time servers and plain pages of one machine": (
        (ntp("a", 600, machine="m"), ntp("b", 600, machine="m"), page("x", 600), page("y", 600)),
        HostClock.UNKNOWN,
    ),
    "astride the threshold": ((dated("x", 59.5), dated("y", 59.6)), HostClock.UNKNOWN),
    "no majority": ((ntp("a", 0), ntp("b", 600)), HostClock.UNKNOWN),
    "one proof against two claims": (
        (ntp("a", 600), ntp("b", 600), dated("x", -0.5)),
        HostClock.UNKNOWN,
    ),
    "one proof against two claims that all is well": (
        (ntp("a", 0), ntp("b", 0), dated("x", 600)),
        HostClock.UNKNOWN,
    ),
    "one operator in two ways, whom another's date contradicts": (
        (ntp("x", 600), dated("x", 599.5), dated("y", -0.5)),
        HostClock.UNKNOWN,
    ),
    "one operator in two ways, whom another's time server contradicts": (
        (ntp("x", 600), ntp("b", 0), dated("x", 599.5)),
        HostClock.UNKNOWN,
    ),
    "one falseticker of four": (
        (ntp("a", 0), ntp("b", 30), dated("x", -0.5), dated("y", -0.4)),
        HostClock.RIGHT,
    ),
    "intercepted time servers are outvoted by authenticated dates": (
        (ntp("a", 600), ntp("b", 600), ntp("c", 600), dated("x", -0.5), dated("y", -0.4)),
        HostClock.RIGHT,
    ),
    "half of the servers smear a leap second": (
        (ntp("a", 0), ntp("b", 0), ntp("c", 0.5), ntp("d", 0.5)),
        HostClock.RIGHT,
    ),
    "all TLS fails by its date, and the dates agree": (
        (hinted("x", FAR), hinted("y", FAR), hinted("z", FAR), ntp("a", FAR), ntp("b", FAR)),
        HostClock.WRONG,
    ),
    "the same with time servers blocked": (
        (hinted("x", FAR), hinted("y", FAR), hinted("z", FAR)),
        HostClock.WRONG,
    ),
    "the same where the router gave this host its wrong time": (
        (hinted("x", FAR), hinted("y", FAR), hinted("z", FAR), ntp("a", 0), ntp("b", 0)),
        HostClock.WRONG,
    ),
    "the same where the router answers for four time servers": (
        (*(hinted(name, FAR) for name in "xyz"), *(ntp(name, 0) for name in "abcd")),
        HostClock.WRONG,
    ),
    "plain pages alone": ((page("x", -0.5), page("y", -0.5)), HostClock.RIGHT),
    "one proof against one claim": ((dated("x", -0.5), ntp("a", 600)), HostClock.UNKNOWN),
    "two such operators are too few": ((hinted("x", FAR), hinted("y", FAR)), HostClock.UNKNOWN),
    "a hint beside a proof is that server's trouble": (
        (hinted("x", FAR), hinted("y", FAR), hinted("z", FAR), dated("w", -0.5)),
        HostClock.RIGHT,
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_clock(case: str) -> None:
    observations, value = CASES[case]

    assert clock(seen(*observations)).value is value


STEADY = 1_790_000_000.0


def compared(offset: float, *, steady: float, operator: str = "x", ago: float = 1.0) -> Observation:
    one = dated(operator, offset)
    (fact,) = one.finding.facts
    assert isinstance(fact, OffsetFact)
    finding = replace(one.finding, facts=(replace(fact, steady=steady),))
    return replace(one, finding=finding, started=NOW - ago, ended=NOW - ago)


def failed(look: Look, target: str, failure: Failure) -> Observation:
    return sighting(look, target, failure, step=Step.HANDSHAKE)


WRONG = (dated("x", 600), dated("y", 600))
HINTS = tuple(hinted(name, FAR) for name in "xyz")
CAUSES: dict[str, tuple[tuple[Observation, ...], Cause | None]] = {
    "right": ((dated("x", -0.5), dated("y", -0.5)), None),
    "off, and nothing fails by its date": (WRONG, Cause.OFFSET_LARGE),
    "what fails otherwise is no matter of dates": (
        (*WRONG, failed(Look.REF_NAME, "z", Failure.SSL_CERT_REVOKED)),
        Cause.OFFSET_LARGE,
    ),
    "certificates are not valid yet": (HINTS, Cause.TLS_DATE_ERRORS),
    "certificates have expired": (
        (*WRONG, failed(Look.APPLE_WEB, "web", Failure.SSL_CERT_EXPIRED)),
        Cause.TLS_DATE_ERRORS,
    ),
    "some fail by their date, and others by something else": (
        (*HINTS, failed(Look.REF_NAME, "w", Failure.CONNECTION_RESET)),
        Cause.TLS_DATE_ERRORS,
    ),
    "one expired certificate under a clock that is right is its owner's": (
        (dated("x", -0.5), dated("y", -0.5), failed(Look.REF_IP, "z", Failure.SSL_CERT_EXPIRED)),
        None,
    ),
}


@pytest.mark.parametrize("case", CAUSES)
def test_a_clock_that_fails_certificates_is_told_so(case: str) -> None:
    observations, cause = CAUSES[case]

    assert clock(seen(*observations)).cause is cause


def agreed(low: float, high: float, *, beyond_doubt: bool = True) -> Vote:
    return Vote(
        agreed=Agreed(low_seconds=low, high_seconds=high, sources=("x", "y"), falsetickers=()),
        beyond_doubt=beyond_doubt,
    )


@pytest.mark.parametrize(
    ("vote", "value"),
    [
        (agreed(-60.0, 60.0), HostClock.RIGHT),
        (agreed(-60.5, 60.0), HostClock.UNKNOWN),
        (agreed(-60.0, 60.5), HostClock.UNKNOWN),
        (agreed(60.0, 61.0), HostClock.UNKNOWN),
        (agreed(60.5, 61.0), HostClock.WRONG),
        (agreed(60.5, 61.0, beyond_doubt=False), HostClock.UNKNOWN),
        (agreed(-61.0, -60.0), HostClock.UNKNOWN),
        (agreed(-61.0, -60.5), HostClock.WRONG),
        (Vote(), HostClock.UNKNOWN),
    ],
)
def test_the_whole_interval_lies_on_one_side_of_a_minute(vote: Vote, value: HostClock) -> None:
    """Diagnosis c.6: wrong beyond the threshold, right within it, else unknown."""
    assert judged(vote) is value


CODES = "one-time codes may be refused."


@pytest.mark.parametrize(
    ("low", "high", "noted", "warned"),
    [
        (1.0, 2.0, False, False),
        (1.5, 2.0, True, False),
        (-2.0, -1.0, False, False),
        (-2.0, -1.5, True, False),
        (5.0, 6.0, True, False),
        (5.5, 6.0, True, True),
        (-6.0, -5.0, True, False),
        (-6.0, -5.5, True, True),
    ],
)
def test_a_second_is_noticed_and_five_are_warned_of(
    low: float, high: float, noted: bool, warned: bool
) -> None:
    """Diagnosis c.6: notice 1 s, warn 5 s."""
    said = [said for _, said in off_notes(agreed(low, high))]

    assert bool(said) == noted
    assert any(one.endswith(CODES) for one in said) == warned


SAID: dict[str, tuple[Seen, str, list[str]]] = {
    "nothing was asked": (seen(), "no time source could be compared", []),
    "no majority": (
        seen(ntp("a", 0), ntp("b", 600)),
        "the time sources disagree with each other",
        ["a", "b"],
    ),
    "set since": (
        replace(seen(compared(-0.5, steady=STEADY)), steady=STEADY + 3600),
        "this clock was set, and is being compared anew",
        ["x"],
    ),
    "half a second slow": (
        seen(dated("x", 0.0), dated("y", 0.0)),
        "this clock is 0.5 s slow, give or take 0.5 s (2 sources)",
        ["x", "y"],
    ),
    "what was not compared is not cited": (
        seen(
            ntp("a", 0),
            dated("x", 0.0),
            sighting(Look.REF_IP, "y", step=Step.CONTENT, facts=[DialFact(resent=0)]),
        ),
        "this clock is 0.3 s slow, give or take 0.3 s (2 sources)",
        ["a", "x"],
    ),
}


@pytest.mark.parametrize("case", SAID)
def test_what_is_said_and_which_observations_say_so(case: str) -> None:
    evidence, said, cited = SAID[case]

    reading = clock(evidence)

    assert (reading.signal, reading.said) == (Signal.CLOCK, said)
    assert [one.finding.target for one in reading.because] == cited


NOTES: dict[str, tuple[tuple[Observation, ...], list[Note]]] = {
    "nothing to say": ((ntp("a", 0), ntp("b", 0), dated("x", -0.5), dated("y", -0.4)), []),
    "one server of two disagrees with proof": (
        (ntp("a", 600), ntp("b", 0), dated("x", -0.5), dated("y", -0.4)),
        [Note.NTP_FALSETICKER],
    ),
    "one of four servers, and no proof": (
        (ntp("a", 0), ntp("b", 0), ntp("c", 0), ntp("d", 30)),
        [Note.NTP_FALSETICKER],
    ),
    "all servers disagree with proof": (
        (ntp("a", 600), ntp("b", 600), dated("x", -0.5), dated("y", -0.4)),
        [Note.NTP_INTERCEPTED_WRONG],
    ),
    "two servers of three disagree with proof": (
        (ntp("a", 600), ntp("b", 600), ntp("c", 0), dated("x", -0.5), dated("y", -0.4)),
        [Note.NTP_FALSETICKER, Note.NTP_FALSETICKER],
    ),
    "the only server disagrees with proof": (
        (ntp("a", 600), dated("x", -0.5), dated("y", -0.4)),
        [Note.NTP_FALSETICKER],
    ),
    "a smeared leap second is no falseticker": (
        (ntp("a", 0), ntp("b", 0), ntp("c", 0.9), dated("x", -0.5), dated("y", -0.4)),
        [],
    ),
    "a second off is nothing yet": ((ntp("a", 0.9), dated("x", 0.4), dated("y", 0.5)), []),
    "three seconds off": ((ntp("a", 3), dated("x", 2.5), dated("y", 2.6)), [Note.CLOCK_OFF]),
    "between the notice and the fault": (
        (dated("x", 59.5), dated("y", 59.6)),
        [Note.CLOCK_OFF],
    ),
    "a fault needs no note": ((dated("x", 600), dated("y", 600.1)), []),
}


@pytest.mark.parametrize("case", NOTES)
def test_notes(case: str) -> None:
    observations, expected = NOTES[case]

    assert [note for note, _ in notes(seen(*observations))] == expected


def test_how_far_off_it_is_is_said_and_what_that_may_break() -> None:
    (small,) = notes(seen(dated("x", -3.5), dated("y", -3.4)))
    (large,) = notes(seen(dated("x", 30), dated("y", 30.1)))

    assert small[1] == "This clock is 3.0 s fast, give or take 0.5 s (2 sources)."
    assert large[1].endswith("one-time codes may be refused.")


def test_blocked_time_servers_are_a_note_when_dates_serve() -> None:
    silent = [
        sighting(Look.NTP, name, Failure.GENERIC_TIMEOUT, step=Step.EXCHANGE, silent=True)
        for name in "ab"
    ]

    said = notes(seen(*silent, dated("x", -0.5), dated("y", -0.4)))

    assert [note for note, _ in said] == [Note.NTP_BLOCKED]
    assert notes(seen(*silent)) == [], "where nothing serves in their place"
    assert notes(seen(silent[0], ntp("b", 0), dated("x", -0.5))) == [], "one server is down"
    refused = sighting(Look.NTP, "b", Failure.CONNECTION_REFUSED, step=Step.EXCHANGE)
    assert notes(seen(silent[0], refused, dated("x", -0.5), dated("y", -0.4))) == []


def test_what_was_compared_with_another_clock_says_nothing_of_this_one() -> None:
    before = [compared(-0.5, steady=STEADY, operator=name) for name in "xyz"]
    set_since = replace(seen(*before), steady=STEADY + 3600)

    assert clock(set_since).value is HostClock.UNKNOWN
    assert clock(replace(seen(*before), steady=STEADY)).value is HostClock.RIGHT


def test_a_small_step_moves_the_interval_along() -> None:
    before = [compared(-0.5, steady=STEADY, operator=name) for name in "xyz"]
    forward = replace(seen(*before), steady=STEADY + 1.6)

    assert "1.6 s fast" in clock(forward).said


def test_an_old_comparison_is_vaguer_than_a_new_one() -> None:
    (old,) = notes(seen(*(compared(3, steady=STEADY, operator=n, ago=80.0) for n in "xy")))

    assert "give or take 0.5 s" in old[1]
    assert (
        "give or take 1.3 s"
        in notes(
            replace(
                seen(*(compared(3, steady=STEADY, operator=n, ago=80.0) for n in "xy")),
                now=NOW + 1500,
            )
        )[0][1]
    )
