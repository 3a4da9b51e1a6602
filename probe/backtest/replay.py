"""The engine at work on a recording: at its own pace after every change, from event to event.

Real: the monitor, attention, the signals, the rules, what is told and when, and the history. Only
what a look finds comes from the recording (world.py). Once everything was asked again after a
change, and nothing is in doubt, more looks would find the same: that time is left out, and the
evidence stays as old as it was. So years take minutes.
"""

from __future__ import annotations

import asyncio
import heapq
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import takewhile
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

from probe.backtest.ledger import Ledger
from probe.backtest.recording import Feed, Moment, Reader, RecordingError, all_well
from probe.backtest.virtual import VirtualClock, VirtualTimeLoop
from probe.backtest.world import ELSEWHERE, Replayed, World
from probe.clock import Chance
from probe.history.keeper import History
from probe.looks import PLAN, PLANS, Plan
from probe.model import News, Observation, Turn
from probe.monitor import FIRST_ANSWER_SECONDS, TICK_SECONDS, Monitor
from probe.targets import Targets
from probe.tools import Tools
from probe.verdict.flapping import no_way_out, sample
from probe.wire.names import same_service
from probe.words import Look

# All is well for so long before a recording begins: every witness has been right once.
BEFORE_SECONDS = 600.0
# Lived through after a change: a feed is asked every 120 s, one failure of it alone unsays nothing,
# and then what it said before is good for another 205 s (probe/looks.py).
SETTLED_SECONDS = 480.0
# The slowest of what is asked of Apple by the clock: its feeds.
PHASE_SECONDS = PLAN[Look.STATUS].every_seconds
# What stays in doubt for ever is not waited for.
DOUBT_SECONDS = 900.0
# What a recording never speaks of is asked once a minute and not every few seconds.
CALM_LOOKS = {Look.SELF: 60.0, Look.LINK: 60.0, Look.GATEWAY: 60.0}
REPLAYED = (
    Look.SELF, Look.LINK, Look.GATEWAY, Look.REF_IP, Look.REF_NAME, Look.CAPTIVE, Look.DNS_EACH,
    Look.DNS_APP, Look.DNS_ALT, Look.NTP, Look.PUSH_5223, Look.PUSH_443, Look.PUSH_HTTP,
    Look.PORT_CTL, Look.APPLE_WEB, Look.STATUS, Look.NEARBY,
)  # fmt: skip
MOST_MEGABYTES = 1000
COLLECT_EVERY = timedelta(days=30)
MOST_INCIDENTS = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One verdict that would have been told."""

    at: datetime
    turn: Turn


@dataclass(slots=True, kw_only=True)
class Replay:
    """What came of it."""

    began: datetime
    ended: datetime
    turns: list[Told]
    incidents: list[dict[str, Any]]  # as `isitme history --json` has them
    ledger: Ledger
    lines: int
    changes: int  # of the lines, those that could change an answer
    unknown: dict[str, int]  # names that isitme asks no host for


@dataclass(slots=True)
class Ear:
    """Keeps the turns, and lets the history hear what it needs."""

    history: History
    clock: VirtualClock
    turns: list[Told] = field(default_factory=list)

    async def hear(self, news: News) -> None:
        if isinstance(news, Observation) and news.look is not Look.STATUS:
            return
        await self.history.hear(news)
        if isinstance(news, Turn):
            self.turns.append(Told(at=self.clock.now(), turn=news))


def replay(
    lines: Iterable[bytes],
    targets: Targets | None = None,
    *,
    heard: Callable[[datetime], object] = lambda at: None,
) -> Replay:
    """Replay a recording; `heard` is told how far it has come. Raises RecordingError for a line
    that cannot be read."""
    with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
        return runner.run(_replay(lines, targets or Targets(), heard))


async def _replay(
    lines: Iterable[bytes], targets: Targets, heard: Callable[[datetime], object]
) -> Replay:
    targets = replace(targets, peers=(ELSEWHERE,))
    reader = Reader(targets)
    ledger = Ledger(targets)
    moments = changes(reader.read(lines), ledger, targets)
    first = next(moments, None)
    if first is None:
        raise RecordingError("the recording is empty")
    began = first.at - timedelta(seconds=BEFORE_SECONDS)
    clock = VirtualClock(began, asyncio.get_running_loop())
    well = Moment(at=first.at, feeds=all_well(targets))
    with tempfile.TemporaryDirectory(prefix="isitme-backtest-") as folder:
        history = History(
            Path(folder) / "history.db", clock=clock, most_bytes=MOST_MEGABYTES * 1_000_000
        )
        await history.open()
        ear = Ear(history, clock)
        engine = Engine(World(well, targets, clock), clock, ear)
        history.apple_events = lambda: engine.monitor.status().apple_events
        await engine.monitor.first_answer()
        await history.first(engine.monitor.status())
        incidents: dict[int, dict[str, Any]] = {}
        collected = clock.now()
        moment: Moment | None = first
        number = 0
        while moment is not None:
            number += 1
            heard(moment.at)
            if moment.at - collected > COLLECT_EVERY:
                # The history forgets after a year, and a replay may sleep through months at once.
                await collect(history, clock, incidents)
                collected = moment.at
            await engine.live_until(moment.at)
            engine.turn_to(moment)
            moment = next(moments, None)
        await engine.live_until(None)
        await collect(history, clock, incidents)
        await engine.monitor.stop()
        await history.close()
    return Replay(
        began=first.at,
        ended=ledger.at or first.at,
        turns=ear.turns,
        incidents=[incidents[number] for number in sorted(incidents)],
        ledger=ledger,
        lines=reader.lines,
        changes=number,
        unknown=reader.unknown,
    )


async def collect(
    history: History, clock: VirtualClock, incidents: dict[int, dict[str, Any]]
) -> None:
    """Every incident that is kept, by its number."""
    told = await history.told("incidents", clock.now().timestamp(), MOST_INCIDENTS, None)
    for row in told["incidents"] if told is not None else ():
        incidents[row["id"]] = row


def changes(moments: Iterable[Moment], ledger: Ledger, targets: Targets) -> Iterator[Moment]:
    """The first moment, and every one that could change an answer; the ledger reads them all."""
    before: object = None
    known: dict[str, tuple[Feed, object]] = {}  # the reader gives the same object for the same feed
    for moment in moments:
        ledger.read(moment)
        for name, feed in moment.feeds.items():
            if name not in known or known[name][0] is not feed:
                known[name] = feed, what_matters(feed, targets)
        seen = (
            tuple(known[name][1] for name in moment.feeds),
            tuple(sorted(moment.reach.items())),
            moment.elsewhere,
            moment.looking,
        )
        if seen != before:
            yield moment
        before = seen


def what_matters(feed: Feed, targets: Targets) -> object:
    """What the engine could notice of a feed: only what is watched."""
    if feed.fact is None:
        return feed.failure
    watched = targets.watched_services
    events = frozenset(
        (event.service, event.message_id, event.kind, event.state, event.started_at, event.ended_at)
        for event in feed.fact.events
        if any(same_service(event.service, one) for one in watched)
    )
    listed = frozenset(
        one for one in watched if any(same_service(one, other) for other in feed.fact.services)
    )
    return feed.fact.age_seconds, events, listed


def failures_in_a_row(kept: Sequence[Observation]) -> int:
    """The newest first; more than five say no more than five (probe/verdict/past.py)."""
    failed = list(takewhile(lambda one: not one.finding.passed, reversed(kept)))
    return min(len(failed), 5)


class Unhurried(Monitor):
    """Judges only where there is something new. Where the same passed and the same failed as when
    it was last judged, and nothing waits, the answer would be the same."""

    _judged_on: object = None

    async def tick(self, *, idle: bool = False) -> None:
        told, now = self._told.told, self.tools.clock.elapsed()
        on = (
            frozenset(
                (
                    key,
                    failures_in_a_row(kept),
                    kept[-1].finding.facts if key[0] is Look.STATUS else None,
                    now - kept[-1].ended > self.plans[key[0]].max_age_seconds,
                )
                for key, kept in self.memory.kept.items()
            ),
            told.told_as if told else None,
        )
        doubt = self.attention.pending or self._doubted or self._told.waits is not None
        if not doubt and self._looking is None and on == self._judged_on:
            way = no_way_out(self._evidence.seen)
            self._flapping = sample(self._flapping, self._told.shown, way, now)
            return
        await super().tick(idle=idle)
        self._judged_on = on


class Engine:
    """The monitor, and what the clock asks of it."""

    def __init__(self, world: World, clock: VirtualClock, ear: Ear) -> None:
        self.world, self.clock, self.ear = world, clock, ear
        plans = {plan.look: calmer(plan) for plan in PLANS if plan.look in REPLAYED}
        self.monitor = Unhurried(
            probes={look: Replayed(which=look, world=world) for look in plans},
            plans=plans,
            targets=world.targets,
            tools=cast(Tools, SimpleNamespace(clock=clock)),
            outlets=[ear],
        )
        self._due: list[tuple[float, Look]] = []
        self._changed = clock.elapsed()
        self._pace_anew()

    def turn_to(self, moment: Moment) -> None:
        """From now on this is so."""
        self.world.moment = moment
        self._changed = self.clock.elapsed()

    async def live_until(self, at: datetime | None) -> None:
        """Live up to a moment; None: until nothing more happens."""
        while at is None or self._left(at) > 0:
            if self._settled() and not self._asleep(at):
                if at is None:
                    return
                # A change comes at any time between two looks, not always at the same.
                spare = self._left(at) - PHASE_SECONDS * Chance(int(at.timestamp())).spread()
                if spare > TICK_SECONDS:
                    self._leave_out(spare)
            if self._asleep(at):
                assert at is not None
                self.clock.sleep(self._left(at))
                await self._wake()
                return
            await self._step(at)

    def _left(self, at: datetime) -> float:
        return (at - self.clock.now()).total_seconds()

    def _asleep(self, at: datetime | None) -> bool:
        """Nobody was looking, says the recording."""
        return at is not None and not self.world.moment.looking

    def _leave_out(self, seconds: float) -> None:
        """Time in which the same would be seen again and again: nothing comes and goes in it, and
        no clock was set."""
        self.clock.leave_out(seconds)
        self.monitor.pass_over_time()

    async def _wake(self) -> None:
        """Everything is asked anew after a sleep, as the service does."""
        self.ear.history.resumed()
        await self.monitor.tick()
        await self.monitor.sweep()
        await self.monitor.answers(FIRST_ANSWER_SECONDS)  # to what the tick had asked
        self._pace_anew()

    def _pace_anew(self) -> None:
        now = self.clock.elapsed()
        plans = [plan for plan in self.monitor.plans.values() if not plan.on_demand_seconds]
        self._due = [
            # Spread over their intervals, as the schedule spreads them.
            (now + plan.calm_seconds * (number + 1) / len(plans), plan.look)
            for number, plan in enumerate(plans)
        ]
        heapq.heapify(self._due)

    async def _step(self, at: datetime | None) -> None:
        """To the next look that is due; while something is in doubt, by ticks."""
        now = self.clock.elapsed()
        busy = not self.monitor.at_rest
        next_at = min(self._due[0][0], now + TICK_SECONDS if busy else float("inf"))
        if at is not None:
            next_at = min(next_at, now + self._left(at))
        await asyncio.sleep(max(0.0, next_at - now))
        now = self.clock.elapsed()
        while self._due[0][0] <= now:
            _, look = heapq.heappop(self._due)
            heapq.heappush(self._due, (now + self.monitor.plans[look].calm_seconds, look))
            self.monitor.start_calmly(look)
        if busy:
            await self.monitor.tick(idle=True)

    def _settled(self) -> bool:
        """Long enough after the last change and the last turn, with nothing in doubt."""
        turned = self.ear.turns[-1].at if self.ear.turns else None
        quiet = self.clock.elapsed() - self._changed
        if turned is not None:
            quiet = min(quiet, (self.clock.now() - turned).total_seconds())
        if quiet < SETTLED_SECONDS or self.monitor.under_way:
            return False
        return quiet > DOUBT_SECONDS or self.monitor.at_rest


def calmer(plan: Plan) -> Plan:
    return replace(plan, every_seconds=CALM_LOOKS.get(plan.look, plan.every_seconds))
