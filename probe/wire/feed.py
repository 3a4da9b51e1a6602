"""Apple's status feeds: JSON or JSONP, any year's shape, words kept apart from trust.

The rules come from eight years of recordings. `eventStatus` decides whether an event is open, the
end date never: a resolved event without an end stayed in the feed for five days. An unknown word is
counted and counts as trouble. An empty list is unreadable, not "all good".
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from probe.failures import LookFailed
from probe.model import FeedEventFact, FeedFact
from probe.wire.bounded import refuse_deep_json, refuse_large, refuse_many_values
from probe.wire.dates import age_of, date_of
from probe.words import Failure, Speed

# Twenty-five times the largest recorded feed. Text with one emoji takes four bytes a character, as
# a document and once more as its values: a look must not cost this process more than 8 MiB.
FEED_BYTES = 512 * 1024
VALUES = 60_000  # 130 services with five long events each come near 40,000
DEPTH = 32  # recorded feeds have 5 levels
SERVICES_KEPT = 500  # 79 and 49 were listed in 2026
EVENTS_KEPT = 50  # of one service, open ones first
NAME_CHARACTERS = 100
MESSAGE_CHARACTERS = 2000

KINDS = {
    "outage": "outage",
    "issue": "issue",
    "performance": "performance",
    "maintenance": "maintenance",
}
STATES = {"ongoing", "resolved", "upcoming", "completed"}
OVER = {"resolved", "completed"}
UNKNOWN = "unknown"

# Apple takes most resolved events out 55-72 h after their end; one stayed for 17 days and more when
# its own page no longer showed it (both recorded), so older ones are left out here.
RECENT_SECONDS = 3 * 86_400.0

# Apple's feeds began in 2010; a stamp outside this is somebody's mistake, not a time.
OLDEST = datetime(2008, 1, 1, tzinfo=UTC).timestamp() * 1000
NEWEST = datetime(2100, 1, 1, tzinfo=UTC).timestamp() * 1000


def read(
    body: bytes,
    *,
    feed: str,
    headers: Mapping[str, str] | None = None,
    now_unix: float | None = None,
) -> FeedFact:
    """Read one feed whole. Raises LookFailed(FEED_UNREADABLE) for anything that is not one.

    `headers` are the answer's, `now_unix` this host's time: together they say how old it is.
    """
    refuse_large(body, FEED_BYTES, Failure.FEED_UNREADABLE)
    document = _parsed(_json_part(body))
    listed = document.get("services")
    if not isinstance(listed, list) or not listed:
        raise _unreadable("no list of services")
    if len(listed) > SERVICES_KEPT:
        raise _unreadable(f"{len(listed)} services")
    services: list[str] = []
    events: list[FeedEventFact] = []
    unknown = 0
    for entry in listed:
        name, own, strange = _service(entry)
        unknown += strange
        if name:
            services.append(name)
        events += own
    if not services:
        raise _unreadable("no service has a name")
    # drMessage has never been seen with words; if it ever has some, somebody should look.
    unknown += bool(document.get("drMessage"))
    today = date_of(headers or {}) or now_unix
    return FeedFact(
        feed=feed,
        services=tuple(services),
        events=tuple(event for event in events if not _long_over(event, today)),
        unknown_words=unknown,
        age_seconds=_age(headers or {}, now_unix),
    )


def _long_over(event: FeedEventFact, today_unix: float | None) -> bool:
    """Over, and so long ago that Apple's own page no longer shows it."""
    if event.state not in OVER or event.ended_at is None or today_unix is None:
        return False
    return today_unix - event.ended_at.timestamp() > RECENT_SECONDS


def _json_part(body: bytes) -> bytes:
    """From the first brace on: without BOM and callback.

    Cutting at parentheses, as two published readers do, breaks at "iCloud Web Apps (iCloud.com)".
    """
    start = body.find(b"{")
    prefix = body[: max(start, 0)].removeprefix(b"\xef\xbb\xbf").strip()
    if start < 0 or prefix not in {b"", b"jsonCallback("}:
        raise _unreadable("neither JSON nor JSONP")
    return body[start:]


def _parsed(body: bytes) -> dict[str, Any]:
    """The first JSON value; what follows it (a bracket, a semicolon, a comment) is left alone."""
    refuse_many_values(body, VALUES, Failure.FEED_UNREADABLE)
    refuse_deep_json(body, DEPTH, Failure.FEED_UNREADABLE)
    try:
        document, _ = DECODER.raw_decode(body.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise _unreadable(f"broken JSON: {str(error)[:80]}") from error
    if not isinstance(document, dict):
        raise _unreadable("no JSON object")
    return document


def _no_constant(word: str) -> float:
    raise ValueError(f"{word} is no JSON")


DECODER = json.JSONDecoder(parse_constant=_no_constant)


def _service(entry: object) -> tuple[str, list[FeedEventFact], int]:
    """A service's name, its events, and how much of it was in words nobody knows."""
    if not isinstance(entry, dict):
        return "", [], 1
    name = _text(entry.get("serviceName"), NAME_CHARACTERS)
    if not name:
        return "", [], 1
    listed = entry.get("events")
    if listed is None:
        # Every recording has a list, if an empty one. A service about which nothing is said is not
        # listed, so that a watched one becomes unknown.
        return "", [], 1
    if not isinstance(listed, list):
        # Something is said about this service, and it cannot be read: that is not "available".
        return name, [_event(name, {})[0]], 1
    read_events = [_event(name, event) for event in listed]
    strange = sum(count for _, count in read_events) + max(0, len(listed) - EVENTS_KEPT)
    events = sorted((event for event, _ in read_events), key=lambda event: event.state in OVER)
    return name, events[:EVENTS_KEPT], strange


def _event(service: str, raw: object) -> tuple[FeedEventFact, int]:
    """One event, and how many of its words nobody knows."""
    event = raw if isinstance(raw, dict) else {}
    kind = KINDS.get(_text(event.get("statusType"), 40).lower(), UNKNOWN)
    state = _text(event.get("eventStatus"), 40).lower()
    state = state if state in STATES else UNKNOWN
    message_id = _text(event.get("messageId"), 40)
    return (
        FeedEventFact(
            service=service,
            message_id=message_id,
            kind=kind,
            state=state,
            started_at=_moment(event.get("epochStartDate")),
            ended_at=_moment(event.get("epochEndDate")),
            message=_text(event.get("message"), MESSAGE_CHARACTERS),
        ),
        (kind == UNKNOWN) + (state == UNKNOWN) + (not message_id),
    )


def _text(value: object, most: int) -> str:
    """A stripped text of bounded length; numbers as text, anything else empty."""
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 10**18:
        value = str(value)
    if not isinstance(value, str):
        return ""
    # JSON can spell half a character ("\\ud800"), which no output can encode.
    return value.strip()[:most].encode("utf-8", errors="replace").decode()


def _moment(value: object) -> datetime | None:
    """Milliseconds since 1970, when they make sense."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    if not OLDEST <= value <= NEWEST:  # also refuses NaN, infinity and integers of any length
        return None
    return datetime.fromtimestamp(value / 1000, UTC)


def _age(headers: Mapping[str, str], now_unix: float | None) -> float | None:
    """How old the answer is by its own headers; the body carries no sign of its age.

    RFC 9111 4.2.3: the larger of the Age and of the time since the Date. Seconds; None when the
    headers do not say.
    """
    age, made = age_of(headers), date_of(headers)
    if age is None or (made is None and "age" not in headers):
        return None
    apparent = 0.0 if made is None or now_unix is None else now_unix - made
    return max(float(age), apparent)


def _unreadable(detail: str) -> LookFailed:
    return LookFailed(Failure.FEED_UNREADABLE, Speed.ACTIVE, f"not a status feed: {detail}")
