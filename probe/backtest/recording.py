"""A recording: JSON lines, each a moment and what was so from then on (docs/backtest.md)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, TypeVar

from probe.catalogue import GROUP, GROUPS
from probe.failures import LookFailed
from probe.model import FeedFact
from probe.targets import Targets
from probe.wire import feed as feed_answer
from probe.wire.names import canonical, same_service
from probe.words import Failure

LINE_BYTES = 4 * 1024 * 1024  # a line with both feeds whole has some 300 kB
CONSUMER, DEVELOPER = "consumer", "developer"
INTERNET, PUSH, SENDERS = "internet", "push", "senders"
# Rows of the developer feed; every other service is in the consumer feed.
OF_DEVELOPERS = (*GROUP["push"].services, *GROUP["developer"].services, "Device Enrollment Program")
KEYS = frozenset({"at", "feeds", "reach", "elsewhere", "looking", "note"})
FEED_KEYS = frozenset({"body", "document", "events", "status", "age_seconds"})


class Fate(StrEnum):
    """What becomes of whoever asks a group of hosts."""

    FINE = "fine"
    SILENT = "silent"  # nothing comes back
    REFUSED = "refused"  # by the far end itself
    HANGS = "hangs"  # the far end takes the connection and says nothing
    ERROR = "5xx"
    TOO_OFTEN = "429"
    EXPIRED = "expired"  # Apple's own certificate, past its date
    NO_NAME = "no_name"


class Elsewhere(StrEnum):
    """What somebody on another line says of what fails here."""

    FINE = "fine"
    FAILS = "fails"


class RecordingError(ValueError):
    """The file is not as it must be. The message names the line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """One of Apple's feeds, as it was to be had: read, or why not."""

    fact: FeedFact | None
    failure: Failure | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """Everything that is so from a moment on."""

    at: datetime
    feeds: Mapping[str, Feed]
    reach: Mapping[str, Fate] = field(default_factory=dict)  # groups that are not fine
    elsewhere: Elsewhere | None = None
    looking: bool = True


@dataclass(slots=True)
class Reader:
    """Reads a recording line by line, each on top of what was so before."""

    targets: Targets
    unknown: dict[str, int] = field(default_factory=dict)  # names that isitme asks no host for
    lines: int = 0
    _last: dict[str, tuple[str, Feed]] = field(default_factory=dict)

    def read(self, lines: Iterable[bytes]) -> Iterator[Moment]:
        """Every line's moment, oldest first. Raises RecordingError."""
        moment: Moment | None = None
        for number, raw in enumerate(lines, 1):
            if not raw.strip():
                continue
            try:
                if len(raw) > LINE_BYTES:
                    raise RecordingError(f"longer than {LINE_BYTES} bytes")
                line = json.loads(raw)
                moment = self._moment(line, moment)
            except (ValueError, RecursionError) as error:
                raise RecordingError(f"line {number}: {error}") from None
            self.lines += 1
            yield moment

    def _moment(self, line: object, before: Moment | None) -> Moment:
        if not isinstance(line, dict):
            raise RecordingError(f"wanted an object, found {type(line).__name__}")
        if unknown := set(line) - KEYS:
            raise RecordingError(f"no key is called {sorted(unknown)[0]!r}")
        at = moment_of(line.get("at"))
        if before is None:
            before = Moment(at=at, feeds=all_well(self.targets))
        if at < before.at:
            raise RecordingError(f"{at.isoformat()} comes after {before.at.isoformat()}")
        feeds = dict(before.feeds)
        for name, said in mapping(line, "feeds").items():
            if name not in (CONSUMER, DEVELOPER):
                raise RecordingError(f"no feed is called {name!r}")
            feeds[name] = self._feed(name, said, at)
        reach = dict(before.reach)
        for name, word in mapping(line, "reach").items():
            for group in self.groups_of(name):
                reach[group] = word_of(Fate, f"reach.{name}", word)
        elsewhere = line.get("elsewhere", before.elsewhere)
        looking = line.get("looking", True)
        if not isinstance(looking, bool):
            raise RecordingError(f"looking: wanted true or false, found {looking!r}")
        return Moment(
            at=at,
            feeds=feeds,
            reach={group: fate for group, fate in reach.items() if fate is not Fate.FINE},
            elsewhere=None if elsewhere is None else word_of(Elsewhere, "elsewhere", elsewhere),
            looking=looking,
        )

    def groups_of(self, name: str) -> tuple[str, ...]:
        """The groups of hosts that a name of a recording means: a group, or one of Apple's
        services. None for what isitme asks no host for; that is counted."""
        known = dict.fromkeys((INTERNET, PUSH, SENDERS))
        known.update(dict.fromkeys(host.group for host in self.targets.apple_hosts))
        if name in known:
            return (name,)
        if same_service(name, "APNS"):
            return (PUSH,)
        found = tuple(
            dict.fromkeys(
                host.group
                for host in self.targets.apple_hosts
                if any(same_service(name, need) for need in host.needs)
            )
        )
        if not found:
            self.unknown[name] = self.unknown.get(name, 0) + 1
        return found

    def _feed(self, name: str, said: object, at: datetime) -> Feed:
        if not isinstance(said, dict) or set(said) - FEED_KEYS:
            raise RecordingError(
                f"feeds.{name}: wanted an object of {', '.join(sorted(FEED_KEYS))}"
            )
        key = json.dumps(said, sort_keys=True)
        last = self._last.get(name)
        if last is not None and last[0] == key:
            return last[1]
        feed = read_feed(name, said, at, self.targets)
        self._last[name] = key, feed
        return feed


def read_feed(name: str, said: Mapping[str, Any], at: datetime, targets: Targets) -> Feed:
    """What a look at this feed would have found."""
    status = said.get("status", 200)
    if not isinstance(status, int):
        raise RecordingError(f"feeds.{name}.status: wanted a number, found {status!r}")
    if status != 200:
        failure = Failure.HTTP_5XX if status >= 500 else Failure.HTTP_UNEXPECTED_STATUS
        return Feed(fact=None, failure=failure)
    try:
        fact = feed_answer.read(body_of(name, said, targets), feed=name, now_unix=at.timestamp())
    except LookFailed as failed:
        return Feed(fact=None, failure=failed.failure)
    age = said.get("age_seconds", 0.0)
    if isinstance(age, bool) or not isinstance(age, int | float):
        raise RecordingError(f"feeds.{name}.age_seconds: wanted a number, found {age!r}")
    return Feed(fact=replace(fact, age_seconds=float(age)))


def body_of(name: str, said: Mapping[str, Any], targets: Targets) -> bytes:
    """The feed as Apple serves it: as it was kept, or built from its events alone."""
    given = [key for key in ("body", "document", "events") if key in said]
    if len(given) != 1:
        raise RecordingError(f"feeds.{name}: wanted one of body, document, events")
    value = said[given[0]]
    if given[0] == "body":
        if not isinstance(value, str):
            raise RecordingError(f"feeds.{name}.body: wanted a text")
        return value.encode("utf-8", errors="replace")
    if given[0] == "document":
        return json.dumps(value).encode()
    if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
        raise RecordingError(f"feeds.{name}.events: wanted a list of objects")
    by_service: dict[str, list[Any]] = {service: [] for service in listed(name, targets)}
    spelled = {canonical(service): service for service in by_service}
    for given_event in value:
        event = with_epochs(given_event)
        service = event.get("serviceName")
        if not isinstance(service, str) or not service.strip():
            raise RecordingError(f"feeds.{name}.events: wanted serviceName in each")
        by_service.setdefault(spelled.get(canonical(service), service), []).append(event)
    services = [{"serviceName": one, "events": events} for one, events in by_service.items()]
    return json.dumps({"services": services}).encode()


def with_epochs(event: Mapping[str, Any]) -> dict[str, Any]:
    """An event as Apple writes one; `started` and `ended` are for people who write by hand."""
    made = dict(event)
    for short, long in (("started", "epochStartDate"), ("ended", "epochEndDate")):
        if short in made:
            value = made.pop(short)
            made[long] = None if value is None else int(moment_of(value).timestamp() * 1000)
    return made


def listed(name: str, targets: Targets) -> tuple[str, ...]:
    """What a feed lists where the recording does not say."""
    known = [service for group in GROUPS for service in group.services]
    return tuple(
        dict.fromkeys(
            service
            for service in (*targets.watched_services, *known)
            if any(same_service(service, one) for one in OF_DEVELOPERS) is (name == DEVELOPER)
        )
    )


def all_well(targets: Targets) -> dict[str, Feed]:
    """Both feeds, with nothing in them."""
    return {
        name: Feed(
            fact=FeedFact(
                feed=name,
                services=listed(name, targets),
                events=(),
                unknown_words=0,
                age_seconds=0.0,
            )
        )
        for name in (CONSUMER, DEVELOPER)
    }


def moment_of(value: object) -> datetime:
    """A moment: ISO 8601 with its zone, or seconds since 1970. Raises RecordingError."""
    try:
        if isinstance(value, int | float) and not isinstance(value, bool):
            return datetime.fromtimestamp(value, UTC)
        at = datetime.fromisoformat(str(value))
    except (ValueError, OverflowError, OSError):
        at = None
    if at is None or at.tzinfo is None:
        raise RecordingError(f"wanted a time with its zone, or Unix seconds; found {value!r}")
    return at.astimezone(UTC)


def mapping(line: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = line.get(key, {})
    if not isinstance(value, dict):
        raise RecordingError(f"{key}: wanted an object, found {type(value).__name__}")
    return value


W = TypeVar("W", bound=StrEnum)


def word_of(kind: type[W], key: str, word: object) -> W:
    try:
        return kind(str(word))
    except ValueError:
        wanted = ", ".join(str(member.value) for member in kind)
        raise RecordingError(f"{key}: wanted one of {wanted}; found {word!r}") from None
