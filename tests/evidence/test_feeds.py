"""Apple's own word: what is open, what is over, and what cannot be read."""

from __future__ import annotations

from dataclasses import replace

import pytest

from probe.model import FeedEventFact, FeedFact, Observation
from probe.targets import Targets
from probe.verdict.signals import feeds
from probe.verdict.signals.apple import push
from probe.words import AppleStatus, Failure, Look, Step
from tests.support.sightings import seen, sighting

WATCHED = Targets().watched_services


def event(kind: str = "outage", state: str = "ongoing", service: str = "iMessage") -> FeedEventFact:
    return FeedEventFact(
        service=service,
        message_id="1",
        kind=kind,
        state=state,
        started_at=None,
        ended_at=None,
        message="",
    )


def feed(
    *events: FeedEventFact,
    age: float | None = 1.0,
    services: tuple[str, ...] = WATCHED,
    ago: float = 1.0,
) -> Observation:
    fact = FeedFact(
        feed="consumer", services=services, events=events, unknown_words=0, age_seconds=age
    )
    return sighting(Look.STATUS, "consumer", facts=[fact], step=Step.CONTENT, ago=ago)


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


@pytest.mark.parametrize(("set_back", "value"), [(3600.0, "clear"), (0.0, "unknown")])
def test_a_clock_that_was_fast_made_the_page_look_old(set_back: float, value: str) -> None:
    answered = feed(age=3600.0)
    then = answered.at.timestamp() - answered.started

    now = replace(seen(answered), steady=then - set_back)

    assert feeds.apple_status(now).value == value
