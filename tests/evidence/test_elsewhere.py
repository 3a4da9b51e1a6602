"""What peers on other lines say of what fails here, and when their word counts."""

from __future__ import annotations

from dataclasses import replace

import pytest

from probe.doubts import Doubts
from probe.elsewhere import facts_of
from probe.looks import PLAN
from probe.model import NearbyFact, Observation
from probe.targets import Peer, Targets, Vantage
from probe.verdict.past import in_a_row
from probe.verdict.signals.apple import nearby
from probe.verdict.signals.elsewhere import FRESH_SECONDS, too_soon
from probe.wire.peer import Word
from probe.words import Failure, Family, Look, Nearby, Signal, Step
from tests.support.sightings import NOW, seen, sighting, twice

TIMEOUT, ERRS = Failure.GENERIC_TIMEOUT, Failure.HTTP_5XX
FINE, FAILS, UNKNOWN = Nearby.FINE_ELSEWHERE, Nearby.FAILS_ELSEWHERE, Nearby.UNKNOWN
TARGETS = replace(Targets(), peers=(Peer(name="vps", host="vantage.example.net"),))
COURIERS = (
    (Look.PUSH_5223, "courier-1"),
    (Look.PUSH_5223, "courier-2"),
    (Look.PUSH_443, "courier-1"),
)


def push_silent(ago: float = 5.0) -> list[Observation]:
    """Every courier: 2 s before that the first time, and so wrong since 5 s before that."""
    return [one for who in COURIERS for one in twice(courier_silent(who, ago))]


def courier_silent(who: tuple[Look, str], ago: float) -> Observation:
    look, target = who
    return sighting(look, target, TIMEOUT, silent=True, operator="apple", group="push", ago=ago)


def web_silent(failure: Failure = TIMEOUT) -> list[Observation]:
    return [
        one
        for host, group in (("identity", "messaging"), ("account-web", "account"))
        for one in twice(
            sighting(
                Look.APPLE_WEB,
                host,
                failure,
                silent=failure is TIMEOUT,
                step=Step.CONNECT if failure is TIMEOUT else Step.EXCHANGE,
                operator="apple",
                group=group,
                ago=5,
            )
        )
    ]


def peer_says(*, ago: float = 1.5, **subjects: Nearby) -> Observation:
    """It was asked a second ago, and what it says had been seen so long ago by then."""
    facts = [
        NearbyFact(target=subject, found=found, seen_at=NOW - ago)
        for subject, found in subjects.items()
    ]
    return sighting(Look.NEARBY, "vps", facts=facts, step=Step.CONTENT)


CASES = {
    "fine there": (push_silent(), peer_says(push=FINE), FINE),
    "it fails there too": (push_silent(), peer_says(push=FAILS), FAILS),
    "what is fine there does not fail here": (push_silent(), peer_says(services=FINE), UNKNOWN),
    "all of it is fine there": (
        [*push_silent(), *web_silent()],
        peer_says(push=FINE, services=FINE),
        FINE,
    ),
    "a part of it is fine there": (
        [*push_silent(), *web_silent()],
        peer_says(push=FINE, services=FAILS),
        FAILS,
    ),
    "a part of it is fine there, and the rest is not known": (
        [*push_silent(), *web_silent()],
        peer_says(push=FINE),
        UNKNOWN,
    ),
    "Apple's own word from inside TLS was made by nobody on the way": (
        [*push_silent(), *web_silent(ERRS)],
        peer_says(push=FINE, services=FINE),
        UNKNOWN,
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_what_is_made_of_a_peers_word(case: str) -> None:
    failing, word, value = CASES[case]

    assert nearby(seen(*failing, word, targets=TARGETS)).value is value


@pytest.mark.parametrize("found", [FINE, FAILS])
def test_the_word_of_prometheus_counts_as_a_peers(found: Nearby) -> None:
    targets = replace(Targets(), vantage=Vantage(host="metrics.example.net", site="home"))
    facts = [NearbyFact(target="push", found=found, seen_at=NOW - 2)]
    word = sighting(Look.NEARBY, "prometheus", facts=facts, step=Step.CONTENT)

    assert nearby(seen(*push_silent(), word, targets=targets)).value is found
    assert nearby(seen(*push_silent(), word, targets=Targets())).value is UNKNOWN


# It failed first 7 s ago, waited for 5 s before that, and has failed every few seconds since.
MOMENTS = {
    "since the fault began, though it was seen to fail later": (11.5, True),
    "before the fault began": (12.5, False),
    "later than the newest failure": (1.0, True),
}


@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize("found", [FINE, FAILS])
def test_a_word_counts_if_all_of_it_was_seen_since_the_fault_began(
    moment: str, found: Nearby
) -> None:
    """Before it, a peer remembers that all was well, or the end of another fault."""
    ago, counts = MOMENTS[moment]
    at = seen(*push_silent(), peer_says(push=found, ago=ago), targets=TARGETS)

    assert nearby(at).value is (found if counts else UNKNOWN)
    assert too_soon(at) is not counts


def test_of_several_that_fail_the_one_that_failed_last_says_when_it_began() -> None:
    late = courier_silent((Look.PUSH_443, "courier-2"), 3.0)  # wrong since 8 s ago

    def value(ago: float) -> object:
        word = peer_says(push=FINE, ago=ago)
        return nearby(seen(*push_silent(), late, word, targets=TARGETS)).value

    assert (value(9.0), value(7.5)) == (UNKNOWN, FINE)


@pytest.mark.parametrize(("look", "value"), [(Look.PUSH_443, UNKNOWN), (Look.PUSH_5223, FINE)])
def test_push_that_works_by_its_detour_is_no_question_to_a_peer(look: Look, value: Nearby) -> None:
    """And a courier that answers on its own port is none of those that fail, however late it was
    asked."""
    works = sighting(look, "courier-9", operator="apple", group="push", ago=0.5)
    word = peer_says(push=FINE, ago=4.0)

    assert nearby(seen(*push_silent(), works, word, targets=TARGETS)).value is value


def test_the_port_that_failed_last_says_when_it_began() -> None:
    late = courier_silent((Look.PUSH_5223, "courier-3"), 3.0)  # wrong since 8 s ago
    word = peer_says(push=FINE, ago=9.0)

    assert nearby(seen(*push_silent(), late, word, targets=TARGETS)).value is UNKNOWN


def test_a_name_that_has_no_ipv6_is_no_failure_that_begins() -> None:
    absent = twice(
        sighting(
            *(Look.APPLE_WEB, "account-web", Failure.DNS_NO_ANSWER),
            step=Step.RESOLVE, family=Family.IPV6, operator="apple", group="account", ago=0.5,
        )
    )  # fmt: skip
    word = peer_says(services=FINE, ago=4.0)

    assert nearby(seen(*web_silent(), *absent, word, targets=TARGETS)).value is FINE


def test_one_word_of_two_that_does_not_count_yet_is_asked_for_again() -> None:
    """Services began to fail later than push."""
    word = peer_says(push=FINE)
    facts = (*word.finding.facts, NearbyFact(target="services", found=FINE, seen_at=NOW - 60))
    both = replace(word, finding=replace(word.finding, facts=facts))

    assert too_soon(seen(*push_silent(), *web_silent(), both, targets=TARGETS))


def test_a_fault_that_came_back_begins_anew() -> None:
    """It passed 40 s ago, between two faults: the word is from the first one or from between."""
    first = [courier_silent(who, 60.0) for who in COURIERS]
    between = [sighting(*who, operator="apple", group="push", ago=40.0) for who in COURIERS]
    word = peer_says(push=FAILS, ago=45.0)

    assert nearby(seen(*first, *push_silent(), word, targets=TARGETS)).value is FAILS
    assert nearby(seen(*first, *between, *push_silent(), word, targets=TARGETS)).value is UNKNOWN


def test_a_word_from_the_time_when_only_names_failed_is_about_that() -> None:
    at_names = [
        sighting(*who, Failure.DNS_SERVFAIL, step=Step.RESOLVE, group="push", ago=60.0)
        for who in COURIERS
    ]
    word = peer_says(push=FINE, ago=45.0)

    assert nearby(seen(*at_names, *push_silent(), word, targets=TARGETS)).value is UNKNOWN


def test_our_own_trouble_in_between_is_no_end_of_the_fault() -> None:
    first = [courier_silent(who, 60.0) for who in COURIERS]
    ours = [
        sighting(*who, Failure.INTERRUPTED, step=Step.OURS, group="push", ago=40.0)
        for who in COURIERS
    ]
    word = peer_says(push=FINE, ago=45.0)

    assert nearby(seen(*first, *ours, *push_silent(), word, targets=TARGETS)).value is FINE
    assert in_a_row([push_silent()[1], ours[0], first[0]]) == 1  # which proves no fault


def test_a_word_is_worth_no_longer_than_any_answer_of_its_look() -> None:
    fault = [courier_silent(who, ago) for who in COURIERS for ago in (5.0, 200.0)]

    def value(ago: float) -> object:
        return nearby(seen(*fault, peer_says(push=FINE, ago=ago), targets=TARGETS)).value

    assert FRESH_SECONDS == 111.0  # decision 0034
    assert (value(FRESH_SECONDS - 1), value(FRESH_SECONDS + 1)) == (FINE, UNKNOWN)


def test_a_peer_that_could_only_speak_of_the_time_before_is_asked_again_soon() -> None:
    """At the floor of the look; and at its usual pace once its word counts."""

    def asked_after(floors: float, *, seen_ago: float) -> bool:
        at = seen(*push_silent(), peer_says(push=FINE, ago=seen_ago), targets=TARGETS)
        doubts = Doubts()
        looks: list[Look] = []
        for started in (float("-inf"), NOW - floors * PLAN[Look.NEARBY].floor_seconds):
            looks = doubts.asked(
                NOW, at, plans=PLAN, started_at={Look.NEARBY: started}, failing_since={}
            )
            doubts.taken(Look.NEARBY)
        return Look.NEARBY in looks

    before, since = 30.0, 1.5
    assert asked_after(1.0, seen_ago=before)
    assert not asked_after(0.9, seen_ago=before)
    assert not asked_after(1.0, seen_ago=since)


def test_a_word_is_dated_from_before_it_was_asked_for() -> None:
    """Its own seconds, on this host's clock: no clock of the peer's is compared with ours."""
    words = [
        Word(subject=Signal.PUSH, works=True, age_seconds=6.0),
        Word(subject=Signal.SERVICES, works=False, age_seconds=2.0),
    ]

    assert facts_of(words, asked_at=100.0) == [
        NearbyFact(target="push", found=FINE, seen_at=94.0),
        NearbyFact(target="services", found=FAILS, seen_at=98.0),
    ]
