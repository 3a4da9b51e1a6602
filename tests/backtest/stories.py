"""Invented years of Apple's incidents: what a recorder would have kept of them, and what a replay
must therefore say. Both are made from the same plan, and neither from the engine.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

BEGAN = datetime(2026, 1, 5, 0, 0, tzinfo=UTC)
APART = timedelta(hours=20)  # from one incident to the next: none touches another
POLL = timedelta(minutes=30)  # a recorder that also keeps what did not change
# Services by Apple's names, and the group of hosts that each needs (probe/catalogue.py).
SEEN_AS = {"iMessage": "messaging", "FaceTime": "messaging", "Apple Account": "account"}
UNSEEN = ("iCloud Account & Sign In", "App Store")  # watched; their hosts stay fine here
UNWATCHED = ("Apple Books", "Siri", "HomeKit")
TROUBLE = ("Outage", "Issue", "Performance", "Hiccup")  # the last is a word nobody knows


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """What Apple's page says of an incident from one moment on. Minutes after its own zero."""

    at: int
    state: str
    started: int
    ended: int | None = None
    services: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """One incident. Minutes after `zero`."""

    zero: datetime
    shape: str
    message_id: str
    kind: str = "Outage"
    wordings: tuple[Wording, ...] = ()
    gone: int | None = None  # when Apple takes it off the page
    hosts: str = ""  # the group that fails as seen from here
    failing: tuple[int, int] | None = None
    fate: str = "5xx"
    contradicted: int | None = None  # when another line is known to reach it

    def moment(self, minute: int) -> datetime:
        return self.zero + timedelta(minutes=minute)


def story(seed: int, incidents: int) -> list[Incident]:
    """That many incidents of every shape, by turns, with times drawn at random."""
    chance = Random(seed)
    shapes = list(SHAPES)
    chance.shuffle(shapes)
    return [
        SHAPES[shapes[number % len(shapes)]](
            chance, BEGAN + number * APART, shapes[number % len(shapes)], f"{2000010000 + number}"
        )
        for number in range(incidents)
    ]


# ---------------------------------------------------------------- shapes


def seen_then_posted(chance: Random, zero: datetime, shape: str, message_id: str) -> Incident:
    """Seen from here, posted while it lasts, its beginning moved, a second service named later."""
    service = chance.choice(sorted(SEEN_AS))
    other = chance.choice(UNWATCHED)
    began, posted = chance.randint(-9, 0), chance.randint(12, 80)
    moved, over = posted + chance.randint(5, 60), posted + chance.randint(61, 200)
    return Incident(
        zero=zero,
        shape=shape,
        message_id=message_id,
        kind=chance.choice(TROUBLE),
        hosts=SEEN_AS[service],
        failing=(0, chance.randint(posted + 1, over)),
        wordings=(
            Wording(at=posted, state="ongoing", started=began, services=(service,)),
            Wording(at=moved, state="ongoing", started=began - 20, services=(service, other)),
            Wording(
                at=over,
                state="resolved",
                started=began - 20,
                ended=chance.choice([None, over - 3]),
                services=(service, other),
            ),
        ),
        gone=over + 300,
    )


def posted_when_over(chance: Random, zero: datetime, shape: str, message_id: str) -> Incident:
    """Seen from here; Apple first speaks of it when it is over."""
    service = chance.choice(sorted(SEEN_AS))
    until = chance.randint(8, 90)
    posted = until + chance.randint(10, 240)
    return Incident(
        zero=zero,
        shape=shape,
        message_id=message_id,
        hosts=SEEN_AS[service],
        failing=(0, until),
        wordings=(
            Wording(
                at=posted,
                state="resolved",
                started=chance.randint(-10, until - 1),
                ended=chance.choice([None, until]),
                services=(service,),
            ),
        ),
        gone=posted + 400,
    )


def never_posted(chance: Random, zero: datetime, shape: str, message_id: str) -> Incident:
    """Seen from here, and Apple never says a word."""
    return Incident(
        zero=zero,
        shape=shape,
        message_id=message_id,
        hosts=chance.choice(sorted(set(SEEN_AS.values()))),
        failing=(0, chance.randint(8, 200)),
    )


def of_another_time(chance: Random, zero: datetime, shape: str, message_id: str) -> Incident:
    """Seen from here; what Apple posts later was over hours before."""
    service = chance.choice(sorted(SEEN_AS))
    until = chance.randint(8, 60)
    return Incident(
        zero=zero,
        shape=shape,
        message_id=message_id,
        hosts=SEEN_AS[service],
        failing=(0, until),
        wordings=(
            Wording(at=until + 30, state="resolved", started=-400, ended=-300, services=(service,)),
        ),
        gone=until + 200,
    )


def contradicted(chance: Random, zero: datetime, shape: str, message_id: str) -> Incident:
    """Silent as seen from here; somebody on another line reaches it. (A server error inside Apple's
    own TLS nobody elsewhere can contradict.)"""
    at = chance.randint(10, 30)
    return Incident(
        zero=zero,
        shape=shape,
        message_id=message_id,
        hosts="messaging",
        fate="hangs",
        failing=(0, at + chance.randint(20, 60)),
        contradicted=at,
    )


def posted_only(chance: Random, zero: datetime, shape: str, message_id: str) -> Incident:
    """Apple reports it, and nothing here shows it."""
    over = chance.randint(15, 300)
    service = chance.choice(UNSEEN)
    return Incident(
        zero=zero,
        shape=shape,
        message_id=message_id,
        kind=chance.choice(TROUBLE),
        wordings=(
            Wording(at=0, state="ongoing", started=-chance.randint(5, 90), services=(service,)),
            Wording(
                at=over,
                state="resolved",
                started=-chance.randint(5, 90),
                ended=over - 1,
                services=(service,),
            ),
        ),
        gone=over + 400,
    )


def of_others(chance: Random, zero: datetime, shape: str, message_id: str) -> Incident:
    """An incident of a service that nobody watches."""
    service = chance.choice(UNWATCHED)
    return Incident(
        zero=zero,
        shape=shape,
        message_id=message_id,
        wordings=(
            Wording(at=0, state="ongoing", started=-30, services=(service,)),
            Wording(at=60, state="resolved", started=-30, ended=55, services=(service,)),
        ),
        gone=200,
    )


def maintenance(chance: Random, zero: datetime, shape: str, message_id: str) -> Incident:
    """Announced, under way, done."""
    service, ahead = chance.choice(UNSEEN), chance.randint(20, 200)
    over = ahead + chance.randint(20, 120)
    begins = {"started": ahead, "services": (service,)}
    return Incident(
        zero=zero,
        shape=shape,
        message_id=message_id,
        kind="Maintenance",
        wordings=(
            Wording(at=0, state="upcoming", ended=over, **begins),  # type: ignore[arg-type]
            Wording(at=ahead, state="ongoing", ended=over, **begins),  # type: ignore[arg-type]
            Wording(at=over, state="completed", ended=over, **begins),  # type: ignore[arg-type]
        ),
        gone=over + 100,
    )


SHAPES = {
    "seen, then posted": seen_then_posted,
    "posted when it is over": posted_when_over,
    "never posted": never_posted,
    "of another time": of_another_time,
    "contradicted": contradicted,
    "posted only": posted_only,
    "of others": of_others,
    "maintenance": maintenance,
}


# ---------------------------------------------------------------- what a recorder kept


@dataclass(slots=True)
class Page:
    """Apple's page, as it stands."""

    chance: Random
    said: dict[str, tuple[Incident, Wording]] = field(default_factory=dict)

    def feed(self) -> dict[str, Any]:
        """In one of the forms of docs/backtest.md."""
        by_service: dict[str, list[dict[str, Any]]] = {
            name: [] for name in (*SEEN_AS, *UNSEEN, *UNWATCHED)
        }
        for incident, wording in self.said.values():
            for service in wording.services:
                by_service[service].append(event(incident, wording, service))
        services = [
            {"serviceName": name, "redirectUrl": None, "events": events}
            for name, events in by_service.items()
        ]
        document = {"drpost": False, "drMessage": None, "services": services}
        form = self.chance.choice(["document", "body", "jsonp", "events"])
        if form == "document":
            return {"document": document}
        if form == "events":
            return {"events": [one for events in by_service.values() for one in events]}
        body = json.dumps(document)
        return {"body": f"jsonCallback({body});\n" if form == "jsonp" else body}


def event(incident: Incident, wording: Wording, service: str) -> dict[str, Any]:
    ended = None if wording.ended is None else unix_ms(incident.moment(wording.ended))
    return {
        "serviceName": service,
        "messageId": incident.message_id,
        "statusType": incident.kind,
        "eventStatus": wording.state,
        "epochStartDate": unix_ms(incident.moment(wording.started)),
        "epochEndDate": ended,
        "message": "Users may be unable to use this service.",
    }


def unix_ms(moment: datetime) -> int:
    return int(moment.timestamp()) * 1000


def recording(incidents: Sequence[Incident], seed: int) -> Iterator[bytes]:
    """The lines, oldest first; between the changes, polls that found nothing new."""
    page = Page(Random(seed))
    changes: dict[datetime, list[tuple[str, Incident, Any]]] = {}
    for one in incidents:
        for wording in one.wordings:
            changes.setdefault(one.moment(wording.at), []).append(("page", one, wording))
        if one.gone is not None:
            changes.setdefault(one.moment(one.gone), []).append(("gone", one, None))
        if one.failing is not None:
            for fate, minute in zip((one.fate, "fine"), one.failing, strict=True):
                changes.setdefault(one.moment(minute), []).append(("reach", one, fate))
        if one.contradicted is not None and one.failing is not None:
            changes.setdefault(one.moment(one.contradicted), []).append(("else", one, "fine"))
            changes.setdefault(one.moment(one.failing[1]), []).append(("else", one, None))
    last = BEGAN - timedelta(hours=1)
    yield json.dumps({"at": last.isoformat(), "feeds": {"consumer": page.feed()}}).encode()
    for at in sorted(changes):
        while at - last > POLL:
            last += POLL
            yield json.dumps({"at": last.isoformat(), "feeds": {"consumer": page.feed()}}).encode()
        last = at
        line: dict[str, Any] = {"at": at.isoformat()}
        for what, one, value in changes[at]:
            if what == "page":
                page.said[one.message_id] = one, value
            elif what == "gone":
                page.said.pop(one.message_id)
            elif what == "reach":
                line.setdefault("reach", {})[one.hosts] = value
            else:
                line["elsewhere"] = value
        if any(what in {"page", "gone"} for what, _, _ in changes[at]):
            line["feeds"] = {"consumer": page.feed()}
        yield json.dumps(line).encode()
    yield json.dumps({"at": (last + timedelta(hours=2)).isoformat()}).encode()
