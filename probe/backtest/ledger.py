"""Apple's own incidents, as its feeds told them: when each was first to be seen, and what was said
of it later."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from probe.backtest.recording import Moment
from probe.model import FeedEventFact, FeedFact
from probe.targets import Targets
from probe.wire.names import same_service

OPEN, OVER = "ongoing", frozenset({"resolved", "completed"})


@dataclass(slots=True, kw_only=True)
class Posted:
    """One incident of Apple's: one message, over all services that it names."""

    feed: str
    message_id: str
    services: list[str] = field(default_factory=list)
    kinds: list[str] = field(default_factory=list)
    watched: bool = False
    first_seen: datetime  # in the recording: Apple may have posted it since the line before
    first_state: str
    starts: list[datetime] = field(default_factory=list)  # every start that Apple gave, in order
    ended: datetime | None = None
    open_until: datetime | None = None  # when it was first seen to be over
    gone: datetime | None = None  # when it was first seen to be taken out

    @property
    def started(self) -> datetime | None:
        """Apple's last word on when it began."""
        return self.starts[-1] if self.starts else None

    @property
    def late_seconds(self) -> float | None:
        """How long after its beginning, by Apple's last word, it was to be seen."""
        if self.started is None:
            return None
        return (self.first_seen - self.started).total_seconds()


@dataclass(slots=True)
class Ledger:
    """Reads every moment of a recording, changed or not."""

    targets: Targets
    posted: dict[tuple[str, str], Posted] = field(default_factory=dict)
    at: datetime | None = None
    _read: dict[str, FeedFact] = field(default_factory=dict)

    def read(self, moment: Moment) -> None:
        self.at = moment.at
        for name, feed in moment.feeds.items():
            if feed.fact is None or not moment.looking:
                continue
            # The reader gives the same object for the same feed: nothing new stands in it.
            if self._read.get(name) is not feed.fact:
                self._read[name] = feed.fact
                self._note_all(name, feed.fact, moment.at)

    def _note_all(self, name: str, fact: FeedFact, at: datetime) -> None:
        by_id: dict[str, list[FeedEventFact]] = {}
        for event in fact.events:
            by_id.setdefault(event.message_id, []).append(event)
        for message_id, events in by_id.items():
            self._note(name, message_id, events, at)
        for posted in self.posted.values():
            if posted.feed == name and posted.message_id not in by_id and posted.gone is None:
                posted.gone = at

    def _note(
        self, feed: str, message_id: str, events: Iterable[FeedEventFact], at: datetime
    ) -> None:
        events = list(events)
        states = {event.state for event in events}
        state = OPEN if OPEN in states else sorted(states)[0]
        posted = self.posted.get((feed, message_id))
        if posted is None:
            posted = Posted(feed=feed, message_id=message_id, first_seen=at, first_state=state)
            self.posted[feed, message_id] = posted
        posted.gone = None
        for event in events:
            posted.services += [event.service] if event.service not in posted.services else []
            posted.kinds += [event.kind] if event.kind not in posted.kinds else []
            posted.watched |= any(
                same_service(event.service, one) for one in self.targets.watched_services
            )
        starts = [event.started_at for event in events if event.started_at is not None]
        if starts and (not posted.starts or posted.starts[-1] != min(starts)):
            posted.starts.append(min(starts))
        ends = [event.ended_at for event in events if event.ended_at is not None]
        posted.ended = max(ends) if ends and len(ends) == len(events) else posted.ended
        if states <= OVER and posted.open_until is None:
            posted.open_until = at
        elif OPEN in states:
            posted.open_until = None
