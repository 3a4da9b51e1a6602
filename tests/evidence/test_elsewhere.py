"""What peers on other lines say of what fails here."""

from __future__ import annotations

from dataclasses import replace

import pytest

from probe.elsewhere import what_they_mean
from probe.model import NearbyFact, Observation
from probe.targets import Peer, Targets, Vantage
from probe.verdict.signals.apple import nearby
from probe.wire.peer import Word
from probe.words import Failure, Look, Nearby, Signal, Step
from tests.support.sightings import NOW, seen, sighting, twice

TIMEOUT = Failure.GENERIC_TIMEOUT
TARGETS = replace(Targets(), peers=(Peer(name="vps", host="vantage.example.net"),))


def push_silent(ago: float = 5.0) -> list[Observation]:
    return [
        one
        for look, target in (
            (Look.PUSH_5223, "courier-1"),
            (Look.PUSH_5223, "courier-2"),
            (Look.PUSH_443, "courier-1"),
        )
        for one in twice(
            sighting(look, target, TIMEOUT, silent=True, operator="apple", group="push", ago=ago)
        )
    ]


def web_silent() -> list[Observation]:
    return [
        one
        for host, group in (("identity", "messaging"), ("account-web", "account"))
        for one in twice(
            sighting(
                Look.APPLE_WEB, host, TIMEOUT, silent=True, operator="apple", group=group, ago=5
            )
        )
    ]


def peer_says(**subjects: Nearby) -> Observation:
    facts = [NearbyFact(target=subject, found=found) for subject, found in subjects.items()]
    return sighting(Look.NEARBY, "vps", facts=facts, step=Step.CONTENT)


FINE, FAILS = Nearby.FINE_ELSEWHERE, Nearby.FAILS_ELSEWHERE
CASES = {
    "fine there": (push_silent(), peer_says(push=FINE), Nearby.FINE_ELSEWHERE),
    "it fails there too": (push_silent(), peer_says(push=FAILS), Nearby.FAILS_ELSEWHERE),
    "what is fine there does not fail here": (
        push_silent(),
        peer_says(services=FINE),
        Nearby.UNKNOWN,
    ),
    "all of it is fine there": (
        [*push_silent(), *web_silent()],
        peer_says(push=FINE, services=FINE),
        Nearby.FINE_ELSEWHERE,
    ),
    "a part of it is fine there": (
        [*push_silent(), *web_silent()],
        peer_says(push=FINE, services=FAILS),
        Nearby.FAILS_ELSEWHERE,
    ),
    "a part of it is fine there, and the rest is not known": (
        [*push_silent(), *web_silent()],
        peer_says(push=FINE),
        Nearby.UNKNOWN,
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_what_is_made_of_a_peers_word(case: str) -> None:
    failing, word, value = CASES[case]

    assert nearby(seen(*failing, word, targets=TARGETS)).value is value


@pytest.mark.parametrize("found", [FINE, FAILS])
def test_the_word_of_prometheus_counts_as_a_peers(found: Nearby) -> None:
    targets = replace(Targets(), vantage=Vantage(host="metrics.example.net", site="home"))
    word = sighting(
        Look.NEARBY, "prometheus", facts=[NearbyFact(target="push", found=found)], step=Step.CONTENT
    )

    assert nearby(seen(*push_silent(), word, targets=targets)).value is found
    assert nearby(seen(*push_silent(), word, targets=Targets())).value is Nearby.UNKNOWN


def test_a_peer_that_still_remembers_that_all_was_well_says_nothing() -> None:
    """At the beginning of an outage: its newest look was before ours."""
    failing = push_silent(ago=5.0)
    old = Word(subject=Signal.PUSH, works=True, age_seconds=6.0)
    newer = Word(subject=Signal.PUSH, works=True, age_seconds=2.0)

    assert what_they_mean([old], failing, NOW) == []
    assert [fact.found for fact in what_they_mean([newer], failing, NOW)] == [FINE]
