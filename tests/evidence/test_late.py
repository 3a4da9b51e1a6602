"""Slow and late: Apple's network against its own past, single hosts, and what works by turns."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import pytest

from probe.model import Observation
from probe.verdict.seen import Seen
from probe.verdict.signals.line import (
    APPLE,
    REFERENCES,
    apple_is_slow,
    dragging,
    drags,
    is_intermittent,
    is_late,
    just_failed,
    loses_packets,
    slower_than_usual,
)
from probe.words import Failure, Family, Look, Step
from tests.evidence.test_line import connects, taking
from tests.support.sightings import NOW, seen, sighting

TIMEOUT = Failure.GENERIC_TIMEOUT
USUAL, SLOW = 0.05, 0.3
OWN = ("identity-bag", "identity", "account-lookup", "account-web")
RENTED = ("web", "setup.icloud.com", "itunes.apple.com", "apps.apple.com")


def web(name: str, seconds: float = SLOW, *, ago: float = 1.0) -> Observation:
    return taking(sighting(Look.APPLE_WEB, name, ago=ago), seconds)


def courier(number: int, seconds: float = SLOW, family: Family = Family.IPV4) -> Observation:
    return taking(
        sighting(Look.PUSH_5223, f"courier-{number}", operator="apple", family=family), seconds
    )


def fell(look: Look, name: str, *, ago: float) -> Observation:
    """It was connected, and failed after that: no packet was lost."""
    return sighting(look, name, TIMEOUT, step=Step.HANDSHAKE, silent=True, ago=ago)


def turned_down(look: Look, name: str) -> Observation:
    """It failed at once, more than a minute ago."""
    return sighting(look, name, Failure.SSL_FAILED_HANDSHAKE, step=Step.HANDSHAKE, ago=70)


def usually(*observations: Observation) -> Seen:
    """Everybody takes a twentieth of a second here."""
    evidence = seen(*observations)
    return replace(evidence, usual={one.key: USUAL for one in evidence.standings})


FAST = tuple(connects(USUAL, ago=3))  # three references
LATE_FOURTH = taking(sighting(Look.REF_NAME, "cloudflare", ago=3), SLOW)
FAST_FIFTH = taking(sighting(Look.REF_NAME, "google", ago=3), USUAL)
THREE = (web("identity-bag"), web("identity"), courier(1))
APPLE_SLOW: dict[str, tuple[tuple[Observation, ...], bool]] = {
    "three of two looks": ((*FAST, *THREE), True),
    "two only": ((*FAST, web("identity-bag"), courier(1), courier(2, USUAL)), False),
    "two, one of them over both families": (
        (*FAST, web("identity-bag"), courier(1), courier(1, family=Family.IPV6)),
        False,
    ),
    "three of one look": (
        (*FAST, *(web(name) for name in OWN[:3]), courier(1, USUAL), courier(2, USUAL)),
        False,
    ),
    "half of all": (
        (*FAST, *THREE, web("account-web", USUAL), courier(2, USUAL), courier(3, USUAL)),
        False,
    ),
    "more than half": ((*FAST, *THREE, web("account-web", USUAL), courier(2, USUAL)), True),
    "what is rented does not count": (
        (*FAST, *THREE, *(web(name, USUAL) for name in RENTED)),
        True,
    ),
    "nor does what failed": (
        (*FAST, *THREE, *(turned_down(Look.PUSH_5223, f"courier-{n}") for n in range(4, 8))),
        True,
    ),
    "two references alone to compare with": ((*FAST[:2], *THREE), False),
    "and a third that failed": ((*FAST[:2], *THREE, turned_down(Look.REF_IP, "quad9")), False),
    "one reference of four is slow too": ((*FAST, *THREE, LATE_FOURTH), True),
    "one of three": ((*FAST[:2], *THREE, LATE_FOURTH), False),
    "one reference of five": ((*FAST, *THREE, LATE_FOURTH, FAST_FIFTH), True),
    "something failed a moment ago": (
        (*FAST, *THREE, fell(Look.APPLE_WEB, "account-web", ago=10)),
        False,
    ),
    "one of Apple's connections lost a packet": (
        (
            *FAST,
            *THREE,
            web("account-web", 1.0 + SLOW, ago=3),
            *(one for ago in (2.0, 1.0) for one in connects(USUAL, ago=ago)),
        ),
        False,
    ),
}


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
        (Step.CONNECT, SLOW, USUAL, None, True),
        (Step.CONNECT, SLOW, SLOW, USUAL, True),
        (Step.CONNECT, SLOW, SLOW, SLOW, False),
        (Step.CONNECT, SLOW, None, None, False),
        (Step.HANDSHAKE, SLOW, SLOW, USUAL, False),
    ],
    ids=["all of it", "one trip", "neither", "no past", "no trip was seen"],
)
def test_slower_by_all_of_it_or_by_one_trip(
    step: Step, seconds: float, usual: float | None, usual_trip: float | None, slower: bool
) -> None:
    evidence = seen(taking(sighting(Look.REF_IP, "a", step=step), seconds))
    (one,) = evidence.standings
    known = replace(
        evidence,
        usual={} if usual is None else {one.key: usual},
        usual_trip={} if usual_trip is None else {one.key: usual_trip},
    )

    assert slower_than_usual(known, one) is slower


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
    evidence = seen(*dragged("identity"))
    (one,) = evidence.standings

    assert not drags(evidence, one.key)
    assert drags(replace(evidence, usual={one.key: USUAL}), one.key)


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


@pytest.mark.parametrize("look", [*REFERENCES, *APPLE])
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
