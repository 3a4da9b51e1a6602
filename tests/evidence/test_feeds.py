"""Apple's own word: what is open, what is over, and what cannot be read."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from probe.model import FeedEventFact, FeedFact, Observation, OffsetFact, Reading
from probe.targets import Targets
from probe.verdict.signals import feeds
from probe.verdict.signals.apple import push
from probe.words import AppleStatus, Cause, Failure, Look, Note, Push, Signal, Step
from tests.evidence.test_apple import FINE, UNWELL, apple
from tests.support.sightings import seen, sighting

WATCHED = Targets().watched_services


def event(
    kind: str = "outage",
    state: str = "ongoing",
    service: str = "iMessage",
    started_at: datetime | None = None,
) -> FeedEventFact:
    return FeedEventFact(
        service=service,
        message_id="1",
        kind=kind,
        state=state,
        started_at=started_at,
        ended_at=None,
        message="",
    )


def feed(
    *events: FeedEventFact,
    age: float | None = 1.0,
    services: tuple[str, ...] = WATCHED,
    ago: float = 1.0,
    words: int = 0,
) -> Observation:
    fact = FeedFact(
        feed="consumer", services=services, events=events, unknown_words=words, age_seconds=age
    )
    date = OffsetFact(source="apple", low_seconds=-1.0, high_seconds=1.0, authenticated=True)
    return sighting(Look.STATUS, "consumer", facts=[date, fact], step=Step.CONTENT, ago=ago)


def lost(ago: float = 1.0) -> Observation:
    """An answer that is no feed."""
    return sighting(Look.STATUS, "consumer", Failure.FEED_UNREADABLE, step=Step.CONTENT, ago=ago)


STATUS = {
    "nothing was read": ((), AppleStatus.UNKNOWN),
    "all is well": ((feed(),), AppleStatus.CLEAR),
    "an outage goes on": ((feed(event()),), AppleStatus.INCIDENT),
    "of a kind nobody has seen": ((feed(event(kind="unknown")),), AppleStatus.INCIDENT),
    "maintenance goes on": ((feed(event(kind="maintenance")),), AppleStatus.MAINTENANCE),
    "both go on": ((feed(event(kind="maintenance"), event()),), AppleStatus.INCIDENT),
    "it is over": ((feed(event(state="resolved")),), AppleStatus.CLEAR),
    "it is to come": ((feed(event("maintenance", "upcoming")),), AppleStatus.CLEAR),
    "in a state that nobody has seen: neither trouble nor well": (
        (feed(event(state="unknown")),),
        AppleStatus.UNKNOWN,
    ),
    "an unreadable event beside an open one": (
        (feed(event(state="unknown"), event()),),
        AppleStatus.INCIDENT,
    ),
    "of a service nobody watches": ((feed(event(service="Apple Books")),), AppleStatus.CLEAR),
    "a watched service is not listed": ((feed(services=("iMessage",)),), AppleStatus.UNKNOWN),
    "it failed once, and was read before": ((feed(ago=100.0), lost()), AppleStatus.CLEAR),
    "it failed once, and said something before": (
        (feed(event(), ago=100.0), lost()),
        AppleStatus.INCIDENT,
    ),
    "it failed twice": ((feed(ago=150.0), lost(ago=61.0), lost()), AppleStatus.UNKNOWN),
    "it failed and was never read": ((lost(),), AppleStatus.UNKNOWN),
    "an hour old": ((feed(age=3600.0),), AppleStatus.UNKNOWN),
    "a quarter of an hour old": ((feed(age=900.0),), AppleStatus.CLEAR),
    "of an age that it hides": ((feed(age=None),), AppleStatus.UNKNOWN),
}


@pytest.mark.parametrize("case", STATUS)
def test_apple_status(case: str) -> None:
    observations, value = STATUS[case]

    assert feeds.apple_status(seen(*observations)).value is value


def test_what_cannot_be_read_about_a_service_is_not_available() -> None:
    sight = seen(feed(event(state="unknown")))

    said = {one.name: one.apple_says for one in feeds.services(sight, push(sight))}

    assert said["iMessage"] == "unknown"
    assert said["FaceTime"] == "available"


@pytest.mark.parametrize(
    ("age", "set_back", "value"),
    [
        (3600.0, 3600.0, "clear"),
        (3600.0, 0.0, "unknown"),
        (1000.0, 0.0, "unknown"),
        (900.0, -0.5, "clear"),  # set forward: it was no older for that
    ],
)
def test_a_clock_that_was_fast_made_the_page_look_old(
    age: float, set_back: float, value: str
) -> None:
    answered = feed(age=age)
    then = answered.at.timestamp() - answered.started

    now = replace(seen(answered), steady=then - set_back)

    assert feeds.apple_status(now).value == value


SAID: dict[str, tuple[tuple[Observation, ...], Cause | None, str]] = {
    "nothing was read": ((), None, "Apple's status page could not be read"),
    "all is well": ((feed(),), None, "Apple reports no trouble"),
    "a watched service is not listed": (
        (feed(services=WATCHED[1:]),),
        None,
        f"Apple's status page does not list {WATCHED[0]}",
    ),
    "trouble": (
        (feed(event(), event(service="FaceTime")),),
        Cause.APPLE_REPORTS,
        "Apple reports trouble with iMessage, FaceTime",
    ),
    "maintenance": (
        (feed(event("maintenance")),),
        Cause.APPLE_MAINTENANCE,
        "Apple reports maintenance of iMessage",
    ),
    "what cannot be read": (
        (feed(event(state="unknown")),),
        None,
        "Apple says something about iMessage that isitme cannot read",
    ),
}


@pytest.mark.parametrize("case", SAID)
def test_apples_word_is_handed_through(case: str) -> None:
    observations, cause, said = SAID[case]

    reading = feeds.apple_status(seen(*observations))

    assert (reading.signal, reading.cause, reading.said) == (Signal.APPLE_STATUS, cause, said)
    assert reading.because == observations


def test_where_nothing_is_watched_a_page_that_was_not_read_is_still_no_good_news() -> None:
    nothing = replace(Targets(), watched_services=())

    assert feeds.apple_status(seen(targets=nothing)).value is AppleStatus.UNKNOWN


# ---------------------------------------------------------------- service by service

NO_PUSH = Reading(signal=Signal.PUSH, value=Push.UNKNOWN)
SINCE = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


def test_each_service_has_its_own_word_of_apples() -> None:
    sight = seen(
        feed(
            event("maintenance"),
            event("outage", started_at=SINCE),
            event("issue", service="FaceTime"),
            event(service="App Store", state="unknown"),
            event(service="iCloud Account & Sign In", state="unknown"),
            services=tuple(name for name in WATCHED if name != "Apple Account"),
        )
    )

    said = {one.name: (one.apple_says, one.since) for one in feeds.services(sight, NO_PUSH)}

    assert said == {
        "iMessage": ("outage", SINCE),  # the worst of it
        "FaceTime": ("issue", None),
        "APNS": ("available", None),
        "App Store": ("unknown", None),  # in a state that nobody has seen
        "iCloud Account & Sign In": ("unknown", None),  # so is that
        "Apple Account": ("unknown", None),  # not listed
    }


def reach(*observations: Observation, targets: Targets | None = None) -> dict[str, bool | None]:
    sight = seen(*observations, targets=targets)
    return {one.name: one.reachable for one in feeds.services(sight, NO_PUSH)}


def test_a_service_is_reachable_by_the_hosts_that_it_needs() -> None:
    found = reach(*apple(messaging=FINE, account=UNWELL, web=FINE))

    assert found == {
        "iMessage": True,
        "FaceTime": True,
        "APNS": None,
        "Apple Account": False,
        "iCloud Account & Sign In": None,
        "App Store": None,
    }


def test_a_service_that_needs_two_groups_needs_both() -> None:
    targets = Targets()
    hosts = (
        replace(host, needs=("iMessage",)) if host.group == "account" else host
        for host in targets.apple_hosts
    )
    needy = replace(targets, apple_hosts=tuple(hosts))

    assert reach(*apple(messaging=FINE, account=FINE), targets=needy)["iMessage"] is True
    assert reach(*apple(messaging=FINE), targets=needy)["iMessage"] is None
    assert reach(*apple(messaging=FINE, account=UNWELL), targets=needy)["iMessage"] is False


# ---------------------------------------------------------------- beside the point

BOOKS = "Apple Books"
NOTES: dict[str, tuple[Observation, list[tuple[Note, str]]]] = {
    "nothing": (feed(), []),
    "words that nobody knows": (
        feed(words=2),
        [
            (
                Note.APPLE_FEED_UNKNOWN_WORDS,
                "Apple's status page used 2 words that isitme does not know.",
            )
        ],
    ),
    "trouble with what nobody watches": (
        feed(event(service=BOOKS)),
        [(Note.UNWATCHED_INCIDENT, "Apple reports trouble with Apple Books.")],
    ),
    "maintenance of what nobody watches": (feed(event("maintenance", service=BOOKS)), []),
    "what nobody watches is over": (feed(event(state="resolved", service=BOOKS)), []),
    "what is watched is in trouble: that is the verdict's": (feed(event()), []),
    "what is watched is over": (
        feed(event(state="resolved")),
        [(Note.RECENT_INCIDENT, "Apple reports as over: iMessage.")],
    ),
    "maintenance to come": (
        feed(event("maintenance", "upcoming")),
        [(Note.MAINTENANCE_SCHEDULED, "Maintenance to come: iMessage.")],
    ),
}


@pytest.mark.parametrize("case", NOTES)
def test_notes(case: str) -> None:
    observation, expected = NOTES[case]

    assert feeds.notes(seen(observation)) == expected
