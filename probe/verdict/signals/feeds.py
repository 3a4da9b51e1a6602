"""Apple's own word: the status feeds, for the services that are watched."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from probe.model import AppleService, FeedEventFact, FeedFact, Observation, Reading
from probe.verdict.seen import Seen, Standing, observations_of, once
from probe.verdict.signals.apple import groups
from probe.wire.names import same_service
from probe.words import AppleStatus, Cause, Look, Note, Push, Signal

# By the answer's own Date and Age: a cache that serves an hour-old page says nothing about now.
STALE_SECONDS = 900.0
OPEN = "ongoing"
# A word of Apple's that isitme does not know is unreadable: never "all good", and never "Apple says
# that it has a problem" either.
UNKNOWN = "unknown"
MAINTENANCE = "maintenance"


@once
def feeds(seen: Seen) -> tuple[FeedFact, ...]:
    """The feeds that could be read and are fresh."""
    return tuple(
        fact
        for standing in seen.of(Look.STATUS)
        if (answer := readable(standing)) is not None
        for fact in answer.finding.facts
        if isinstance(fact, FeedFact) and is_fresh(fact, answer, seen)
    )


def is_fresh(fact: FeedFact, answer: Observation, seen: Seen) -> bool:
    """By this host's clock as it was then, or as it is now: one that was set in between made the
    page look older than it was, and the feed is asked again no sooner than a minute later."""
    if fact.age_seconds is None:  # an answer that hides its age may have any
        return False
    asked = answer.at.timestamp() - answer.started
    moved = 0.0 if seen.steady is None else seen.steady - asked
    return fact.age_seconds + min(0.0, moved) <= STALE_SECONDS


def readable(standing: Standing) -> Observation | None:
    """The newest answer that could be read. One failure alone does not unsay the answer before it:
    a feed is asked again no sooner than a minute later."""
    return standing.newest if standing.passed else standing.before


def is_open(event: FeedEventFact) -> bool:
    """Ongoing, by Apple's own word for it. The end date decides nothing."""
    return event.state == OPEN


@once
def watched_events(seen: Seen) -> tuple[FeedEventFact, ...]:
    watched = seen.targets.watched_services
    return tuple(
        event
        for feed in feeds(seen)
        for event in feed.events
        if any(same_service(event.service, name) for name in watched)
    )


@once
def open_events(seen: Seen) -> tuple[FeedEventFact, ...]:
    """Open events of watched services, worst first."""
    events = [event for event in watched_events(seen) if is_open(event)]
    return tuple(sorted(events, key=lambda event: event.kind == MAINTENANCE))


@once
def unreadable_events(seen: Seen) -> tuple[FeedEventFact, ...]:
    """In a state nobody has seen before: neither over nor reported as open."""
    return tuple(event for event in watched_events(seen) if event.state == UNKNOWN)


def listed(seen: Seen, name: str) -> bool:
    return any(same_service(one, name) for feed in feeds(seen) for one in feed.services)


def apple_status(seen: Seen) -> Reading:
    """Clear only when every watched service is listed in a fresh feed, readably, nothing open."""
    looks = seen.of(Look.STATUS)
    events = open_events(seen)
    missing = [name for name in seen.targets.watched_services if not listed(seen, name)]
    value, cause = AppleStatus.UNKNOWN, None
    if any(event.kind != MAINTENANCE for event in events):
        value, cause = AppleStatus.INCIDENT, Cause.APPLE_REPORTS
        said = f"Apple reports trouble with {names_of(events)}"
    elif events:
        value, cause = AppleStatus.MAINTENANCE, Cause.APPLE_MAINTENANCE
        said = f"Apple reports maintenance of {names_of(events)}"
    elif unreadable := unreadable_events(seen):
        said = f"Apple says something about {names_of(unreadable)} that isitme cannot read"
    elif feeds(seen) and not missing:
        value, said = AppleStatus.CLEAR, "Apple reports no trouble"
    elif feeds(seen):
        said = f"Apple's status page does not list {', '.join(missing)}"
    else:
        said = "Apple's status page could not be read"
    because = observations_of(looks)
    return Reading(
        signal=Signal.APPLE_STATUS,
        value=value,
        said=said,
        cause=cause,
        because=because,
        age_seconds=seen.age(because),
    )


def names_of(events: Iterable[FeedEventFact]) -> str:
    return ", ".join(dict.fromkeys(event.service for event in events))


def services(seen: Seen, push: Reading) -> tuple[AppleService, ...]:
    """What a person cares about: each watched service, seen from here and in Apple's words."""
    return tuple(
        AppleService(
            name=name,
            reachable=reachable(seen, name, push),
            apple_says=apple_says(seen, name),
            since=next(
                (e.started_at for e in open_events(seen) if same_service(e.service, name)), None
            ),
        )
        for name in seen.targets.watched_services
    )


def apple_says(seen: Seen, name: str) -> str:
    mine = [event for event in open_events(seen) if same_service(event.service, name)]
    if mine:
        return mine[0].kind
    if any(same_service(event.service, name) for event in unreadable_events(seen)):
        return UNKNOWN
    return "available" if listed(seen, name) else UNKNOWN


def reachable(seen: Seen, name: str, push: Reading) -> bool | None:
    """From the hosts that the service needs; None when none of them is looked at."""
    if same_service(name, "APNS"):
        if push.value in {Push.WORKS, Push.ONLY_443}:
            return True
        return False if push.value in {Push.FAILS, Push.SILENT} else None
    needed = {
        host.group
        for host in seen.targets.apple_hosts
        if any(same_service(name, need) for need in host.needs)
    }
    states = [group for group in groups(seen) if group.name in needed]
    if any(group.fails for group in states):
        return False
    return True if states and all(group.passes for group in states) else None


def notes(seen: Seen) -> Sequence[tuple[Note, str]]:
    """What Apple says beside the point of the verdict."""
    watched = seen.targets.watched_services
    found: list[tuple[Note, str]] = []
    unknown_words = sum(feed.unknown_words for feed in feeds(seen))
    if unknown_words:
        found.append(
            (
                Note.APPLE_FEED_UNKNOWN_WORDS,
                f"Apple's status page used {unknown_words} words that isitme does not know.",
            )
        )
    others = [
        event
        for feed in feeds(seen)
        for event in feed.events
        if not any(same_service(event.service, name) for name in watched)
    ]
    trouble = [e for e in others if is_open(e) and e.kind != MAINTENANCE]
    if trouble:
        found.append((Note.UNWATCHED_INCIDENT, f"Apple reports trouble with {names_of(trouble)}."))
    mine = watched_events(seen)
    if recent := [event for event in mine if event.state == "resolved"]:
        found.append((Note.RECENT_INCIDENT, f"Apple reports as over: {names_of(recent)}."))
    if coming := [event for event in mine if event.state == "upcoming"]:
        found.append((Note.MAINTENANCE_SCHEDULED, f"Maintenance to come: {names_of(coming)}."))
    return found
