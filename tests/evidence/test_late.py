"""Slow and late: Apple's network against its own past, single hosts, and what works by turns."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import pytest

from probe.looks import APPLE_LOOKS
from probe.model import Observation
from probe.verdict.seen import Seen
from probe.verdict.signals.line import REFERENCES, is_intermittent, just_failed
from probe.verdict.signals.slowness import (
    apple_is_slow,
    dragging,
    drags,
    is_late,
    is_much_slower,
    loses_packets,
)
from probe.words import Cause, Failure, Family, Look, Step
from tests.evidence.test_line import connects, taking
from tests.support.sightings import NOW, seen, sighting

TIMEOUT = Failure.GENERIC_TIMEOUT
USUAL, SLOW = 0.05, 0.3
OWN = ("identity-bag", "identity", "account-lookup", "account-web")
RENTED = ("web", "setup.icloud.com", "itunes.apple.com", "apps.apple.com")


def web(name: str, seconds: float = SLOW, *, ago: float = 1.0) -> Observation:
    return taking(sighting(Look.APPLE_WEB, name, ago=ago), seconds)


def courier(number: int, seconds: float = SLOW, *, ago: float = 1.0) -> Observation:
    return taking(sighting(Look.PUSH_5223, f"courier-{number}", operator="apple", ago=ago), seconds)


def over_ipv6(one: Observation, ago: float) -> Observation:
    finding = replace(one.finding, family=Family.IPV6)
    return replace(one, finding=finding, started=NOW - ago, ended=NOW - ago)


def fell(look: Look, name: str, *, ago: float) -> Observation:
    """It was connected, and failed after that: no packet was lost."""
    return sighting(look, name, TIMEOUT, step=Step.HANDSHAKE, silent=True, ago=ago)


def turned_down(look: Look, name: str) -> Observation:
    """It failed at once, more than a minute ago."""
    return sighting(look, name, Failure.SSL_FAILED_HANDSHAKE, step=Step.HANDSHAKE, ago=70)


def usually(*observations: Observation) -> Seen:
    """Everybody takes a twentieth of a second here."""
    evidence = seen(*observations)
    usual = {one.key: USUAL for one in evidence.standings}
    return replace(evidence, usual=usual, usual_trip=usual)


# References, asked between Apple's looks: two of those before, and two after.
FAST = tuple(connects(USUAL, ago=30))  # three
LATE_FOURTH = taking(sighting(Look.REF_NAME, "cloudflare", ago=30), SLOW)
FAST_FIFTH = taking(sighting(Look.REF_NAME, "google", ago=30), USUAL)
BAG, IDENTITY = web("identity-bag", ago=60), web("identity", ago=45)
FOUR = (BAG, IDENTITY, courier(1, ago=15), courier(2))
APPLE_SLOW: dict[str, tuple[tuple[Observation, ...], bool]] = {
    "four of two looks": ((*FAST, *FOUR), True),
    "three: there are no two on either side": ((*FAST, *FOUR[:3]), False),
    "two, both over both families": (
        (*FAST, BAG, over_ipv6(BAG, 45), FOUR[2], over_ipv6(FOUR[2], 1)),
        False,
    ),
    "three, one of them over both families": (
        (*FAST, BAG, IDENTITY, FOUR[2], over_ipv6(FOUR[2], 1)),
        True,
    ),
    "four of one look": (
        (
            *FAST,
            *(web(name, ago=ago) for name, ago in zip(OWN, (60, 45, 15, 1), strict=True)),
            courier(1, USUAL),
            courier(2, USUAL),
        ),
        False,
    ),
    "half of all": (
        (*FAST, *FOUR, web("account-web", USUAL), *(courier(n, USUAL) for n in (3, 4, 5))),
        False,
    ),
    "more than half": (
        (*FAST, *FOUR, web("account-web", USUAL), courier(3, USUAL), courier(4, USUAL)),
        True,
    ),
    "what is rented does not count": (
        (*FAST, *FOUR, *(web(name, USUAL) for name in RENTED)),
        True,
    ),
    "nor does what failed": (
        (*FAST, *FOUR, *(turned_down(Look.PUSH_5223, f"courier-{n}") for n in range(4, 8))),
        True,
    ),
    "two references alone to compare with": ((*FAST[:2], *FOUR), False),
    "and a third that failed": ((*FAST[:2], *FOUR, turned_down(Look.REF_IP, "quad9")), False),
    "three looks at one reference": (
        (*FAST[:1], *connects(USUAL, ago=25)[:1], *connects(USUAL, ago=35)[:1], *FOUR),
        False,
    ),
    "one reference of four is slow too": ((*FAST, *FOUR, LATE_FOURTH), True),
    "one of three": ((*FAST[:2], *FOUR, LATE_FOURTH), False),
    "one reference of five": ((*FAST, *FOUR, LATE_FOURTH, FAST_FIFTH), True),
    "two of five": (
        (*FAST, *FOUR, LATE_FOURTH, taking(sighting(Look.REF_NAME, "google", ago=30), SLOW)),
        False,
    ),
    "three looks at two references": (
        (*FAST[:2], *connects(USUAL, ago=25)[:1], *FOUR),
        True,
    ),
    "references asked beside the second": ((*connects(USUAL, ago=45), *FOUR), True),
    "beside the last but one": ((*connects(USUAL, ago=15), *FOUR), True),
    "references asked before": ((*connects(USUAL, ago=46), *FOUR), False),
    "references asked after": ((*connects(USUAL, ago=14), *FOUR), False),
    "within ten seconds": (
        (
            *connects(USUAL, ago=5),
            *(web(name, ago=ago) for name, ago in zip(OWN[:3], (11.0, 10.5, 2.0), strict=True)),
            courier(1),
        ),
        False,
    ),
    "over ten seconds": (
        (
            *connects(USUAL, ago=5),
            *(web(name, ago=ago) for name, ago in zip(OWN[:3], (13.0, 12.0, 2.0), strict=True)),
            courier(1),
        ),
        True,
    ),
    "something failed a moment ago": (
        (*FAST, *FOUR, fell(Look.APPLE_WEB, "account-web", ago=10)),
        False,
    ),
    "one of Apple's connections lost a packet": (
        (
            *FAST,
            *FOUR,
            web("account-web", 1.0 + SLOW, ago=30),
            *(one for ago in (29.0, 28.0) for one in connects(USUAL, ago=ago)),
        ),
        False,
    ),
}


def test_once_told_it_is_told_while_three_in_ten_are_slow() -> None:
    """And while nobody was asked between them; but not when others are slow too."""

    def told(*observations: Observation) -> bool:
        return apple_is_slow(replace(usually(*observations), told_cause=Cause.APPLE_SLOW))

    prompt = [courier(n, USUAL) for n in range(3, 8)]
    assert told(*FAST, *FOUR, *prompt, web("account-web", USUAL))  # four of ten
    assert not told(*FAST, *FOUR[:3], *prompt, courier(9, USUAL), courier(10, USUAL))
    assert told(*FOUR)
    assert told(*(web(name, ago=ago) for name, ago in zip(OWN[:2], (3.0, 2.0), strict=True)))
    assert not told(web("identity-bag"), web("identity", USUAL))  # there is none on either side
    assert not told(*FOUR, *connects(SLOW, ago=30))


@pytest.mark.parametrize("case", APPLE_SLOW)
def test_apple_is_slow_by_most_of_its_own_network_alone(case: str) -> None:
    observations, slow = APPLE_SLOW[case]

    assert apple_is_slow(usually(*observations)) is slow


def test_what_came_late_and_what_came_never_both_lose_packets() -> None:
    calm = [one for ago in (6.5, 6.0, 5.5, 5.0, 4.5) for one in connects(USUAL, ago=ago)]
    late = taking(sighting(Look.APPLE_WEB, "web", ago=6.0), 1.0 + USUAL)
    vain = replace(connects(None, ago=6.0)[0].finding, target="other", operator="google")
    never = replace(calm[0], look=Look.REF_NAME, finding=vain, started=NOW - 6, ended=NOW - 1)

    assert not loses_packets(seen(*calm))
    assert loses_packets(seen(*calm, never))
    assert loses_packets(seen(*calm, late, never))


@pytest.mark.parametrize(
    ("step", "seconds", "usual", "usual_trip", "slower"),
    [
        (Step.CONNECT, 1.0 + USUAL, USUAL, None, True),
        (Step.CONNECT, SLOW, USUAL, None, False),
        (Step.CONNECT, SLOW, SLOW, USUAL, True),
        (Step.CONNECT, SLOW, SLOW, SLOW, False),
        (Step.CONNECT, SLOW, None, None, False),
        (Step.HANDSHAKE, SLOW, SLOW, USUAL, False),
    ],
    ids=[
        "all of it",
        "by one segment sent again",
        "one trip",
        "neither",
        "no past",
        "no trip was seen",
    ],
)
def test_much_slower_by_all_of_it_or_by_one_trip(
    step: Step, seconds: float, usual: float | None, usual_trip: float | None, slower: bool
) -> None:
    evidence = seen(taking(sighting(Look.REF_IP, "a", step=step), seconds))
    (one,) = evidence.standings
    known = replace(
        evidence,
        usual={} if usual is None else {one.key: usual},
        usual_trip={} if usual_trip is None else {one.key: usual_trip},
    )

    assert is_much_slower(known, one) is slower


# ---------------------------------------------------------------- one host, late every time


def dragged(name: str, *, over: float = 60.0) -> list[Observation]:
    """Late three times running, over a minute."""
    return [web(name, 2.0, ago=1.0 + over * n / 2) for n in range(3)]


PROMPT = tuple(web(name, USUAL) for name in ("web", "account-lookup", "account-web"))
DRAGGING: dict[str, tuple[tuple[Observation, ...], list[str]]] = {
    "one of two": ((*FAST, *dragged("identity"), web("web", USUAL)), ["identity"]),
    "alone": ((*FAST, *dragged("identity")), []),
    "both": ((*FAST, *dragged("identity"), *dragged("web")), []),
    "two of three that pass, and one has failed": (
        (
            *FAST,
            *dragged("identity"),
            *dragged("web"),
            web("account-web", USUAL),
            fell(Look.APPLE_WEB, "account-lookup", ago=70),
        ),
        [],
    ),
    "references asked between the first two": (
        (*connects(USUAL, ago=45), *dragged("identity"), *PROMPT),
        ["identity"],
    ),
    "references asked before the first": (
        (*connects(USUAL, ago=62), *dragged("identity"), *PROMPT),
        [],
    ),
    "what failed meanwhile was not slow": (
        (
            *FAST,
            *dragged("identity", over=80.0),
            *PROMPT,
            *(fell(Look.REF_NAME, name, ago=70) for name in ("mozilla", "google")),
        ),
        ["identity"],
    ),
    "over less than a minute": ((*FAST, *dragged("identity", over=59.0), *PROMPT), []),
    "two references alone to compare with": ((*FAST[:2], *dragged("identity"), *PROMPT), []),
    "references are slow too": (
        (*FAST[:2], LATE_FOURTH, *dragged("identity"), *PROMPT),
        [],
    ),
    "something failed a moment ago": (
        (*FAST, *dragged("identity"), *PROMPT, fell(Look.PUSH_443, "courier-1", ago=10)),
        [],
    ),
}


@pytest.mark.parametrize("case", DRAGGING)
def test_a_host_drags_while_others_do_not(case: str) -> None:
    observations, expected = DRAGGING[case]

    assert [one.key[1] for one in dragging(usually(*observations))] == expected


def test_a_host_without_a_past_does_not_drag() -> None:
    evidence = usually(*FAST, *dragged("identity"))
    key = next(one.key for one in evidence.standings if one.key[0] is Look.APPLE_WEB)
    strangers = {known: seconds for known, seconds in evidence.usual.items() if known != key}

    assert drags(evidence, key)
    assert not drags(replace(evidence, usual=strangers), key)


@pytest.mark.parametrize(
    ("seconds", "usual", "late"),
    [(1.25, 0.25, True), (1.125, 0.25, False), (3.5, 2.0, False), (6.0, 2.0, True)],
    ids=["by a second", "by less", "by a second and a half, which is little here", "three times"],
)
def test_late_is_what_a_person_feels_and_unusual_here(
    seconds: float, usual: float, late: bool
) -> None:
    failed = taking(sighting(Look.APPLE_WEB, "web", TIMEOUT), seconds)

    assert is_late(web("web", seconds), usual) is late
    assert not is_late(failed, usual)


# ---------------------------------------------------------------- what failed a moment ago


@pytest.mark.parametrize("look", [*REFERENCES, *APPLE_LOOKS])
def test_what_failed_within_a_minute_has_just_failed(look: Look) -> None:
    assert just_failed(seen(fell(look, "a", ago=59.5)))
    assert not just_failed(seen(fell(look, "a", ago=60.0)))
    assert just_failed(seen(sighting(look, "a", ago=2.0), fell(look, "a", ago=5.0)))


def test_what_has_passed_twice_since_has_not_just_failed() -> None:
    passed = [sighting(Look.REF_IP, "a", ago=ago) for ago in (2.0, 4.0)]

    assert not just_failed(seen(*passed, fell(Look.REF_IP, "a", ago=6.0)))


def test_what_is_neither_a_reference_nor_apples_does_not_count() -> None:
    assert not just_failed(seen(fell(Look.CAPTIVE, "a", ago=5.0)))


# ---------------------------------------------------------------- by turns


def turns(marks: str) -> Iterable[Observation]:
    """The newest first: "." passed, "x" failed."""
    for number, mark in enumerate(marks):
        ago = 5.0 + 30.0 * number
        yield (
            fell(Look.APPLE_WEB, "web", ago=ago)
            if mark == "x"
            else sighting(Look.APPLE_WEB, "web", ago=ago)
        )


@pytest.mark.parametrize(
    ("marks", "intermittent"),
    [("x.x.", True), (".x.x.", True), ("..x.x.", True), ("...x.x.", False), ("x...", False),
     (".....", False)],
)  # fmt: skip
def test_what_fell_twice_and_has_passed_no_more_than_twice_since_is_intermittent(
    marks: str, intermittent: bool
) -> None:
    evidence = seen(*turns(marks))
    (one,) = evidence.standings

    assert is_intermittent(evidence, one.key) is intermittent


def test_while_references_fail_too_it_is_not_about_this_one() -> None:
    evidence = seen(*turns("x.x."), fell(Look.REF_IP, "google", ago=50.0))
    apples = next(one.key for one in evidence.standings if one.key[0] is Look.APPLE_WEB)

    assert not is_intermittent(evidence, apples)
