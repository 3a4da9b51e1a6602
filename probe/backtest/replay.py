"""The engine at work on a recording: at its own pace around every change, and asleep in between.

Real: the monitor, attention, the signals, the rules, what is told and when, and the history. Only
what a look finds comes from the recording (world.py). Where nothing changes for long the machine
sleeps, as a notebook does, and looks again before the next change: so years take minutes.
"""

from __future__ import annotations

import asyncio
import heapq
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

from probe.backtest.ledger import Ledger
from probe.backtest.recording import Moment, Reader, all_well
from probe.backtest.virtual import VirtualClock, VirtualTimeLoop
from probe.backtest.world import ELSEWHERE, Replayed, World
from probe.history.keeper import History
from probe.looks import PLANS, Plan
from probe.model import News, Observation, Turn
from probe.monitor import TICK_SECONDS, Monitor
from probe.targets import Targets
from probe.tools import Tools
from probe.wire.names import same_service
from probe.words import Look

# All is well for so long before a recording begins: every witness has been right once.
BEFORE_SECONDS = 600.0
# Awake before a change: longer than the slowest pace of what Apple is asked (60 s).
AWAKE_SECONDS = 75.0
# Awake after one: longer than until both feeds were asked again (120 s), and than any hold.
SETTLED_SECONDS = 150.0
# Something that stays in doubt for ever does not keep the machine awake.
DOUBT_SECONDS = 900.0
# What a recording never speaks of is asked once a minute and not every few seconds.
CALM_LOOKS = {Look.SELF: 60.0, Look.LINK: 60.0, Look.GATEWAY: 60.0}
REPLAYED = (
    Look.SELF, Look.LINK, Look.GATEWAY, Look.REF_IP, Look.REF_NAME, Look.CAPTIVE, Look.DNS_EACH,
    Look.DNS_APP, Look.DNS_ALT, Look.NTP, Look.PUSH_5223, Look.PUSH_443, Look.PUSH_HTTP,
    Look.PORT_CTL, Look.APPLE_WEB, Look.STATUS, Look.NEARBY,
)  # fmt: skip
MOST_MEGABYTES = 1000


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


def replay(lines: Iterable[bytes], targets: Targets | None = None) -> Replay:
    """Replay a recording. Raises RecordingError for a line that cannot be read."""
    with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
        return runner.run(_replay(lines, targets or Targets()))


async def _replay(lines: Iterable[bytes], targets: Targets) -> Replay:
    targets = replace(targets, peers=(ELSEWHERE,))
    reader = Reader(targets)
    ledger = Ledger(targets)
    moments = changes(reader.read(lines), ledger, targets)
    first = next(moments, None)
    if first is None:
        raise ValueError("the recording is empty")
    clock = VirtualClock(first.at - timedelta(seconds=BEFORE_SECONDS))
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
        moment: Moment | None = first
        number = 0
        while moment is not None:
            number += 1
            await engine.live_until(moment.at)
            engine.turn_to(moment)
            moment = next(moments, None)
        await engine.live_until(None)
        told = await history.told(clock.now().timestamp(), 10_000, None)
        await engine.monitor.stop()
        await history.close()
    assert told is not None
    return Replay(
        began=first.at,
        ended=ledger.at or first.at,
        turns=ear.turns,
        incidents=sorted(told["incidents"], key=lambda row: str(row["started"])),
        ledger=ledger,
        lines=reader.lines,
        changes=number,
        unknown=reader.unknown,
    )


def changes(moments: Iterable[Moment], ledger: Ledger, targets: Targets) -> Iterator[Moment]:
    """The first moment, and every one that could change an answer; the ledger reads them all."""
    before: object = None
    for moment in moments:
        ledger.read(moment)
        seen = what_matters(moment, targets)
        if seen != before:
            yield moment
        before = seen


def what_matters(moment: Moment, targets: Targets) -> object:
    """What the engine could notice of a moment: of the feeds only what is watched."""
    feeds = tuple(
        (
            name,
            feed.failure,
            feed.fact is not None
            and (
                feed.fact.age_seconds,
                frozenset(
                    (event.service, event.message_id, event.kind, event.state, event.started_at,
                     event.ended_at)
                    for event in feed.fact.events
                    if any(same_service(event.service, one) for one in targets.watched_services)
                ),
                frozenset(
                    one
                    for one in targets.watched_services
                    if any(same_service(one, listed) for listed in feed.fact.services)
                ),
            ),
        )
        for name, feed in moment.feeds.items()
    )  # fmt: skip
    return feeds, tuple(sorted(moment.reach.items())), moment.elsewhere, moment.looking


class Unhurried(Monitor):
    """Judges only where there is something new. Where the same passed and the same failed as when
    it was last judged, and nothing waits, the answer would be the same."""

    _judged_on: object = None

    async def tick(self, *, idle: bool = False) -> None:
        told = self._told.told
        on = (
            frozenset(
                (one.look, one.finding.target, one.finding.failed is None, one.finding.facts)
                if one.look is Look.STATUS
                else (one.look, one.finding.target, one.finding.failed is None, None)
                for one in self.newest()
            ),
            told.told_as if told else None,
        )
        doubt = self.attention.pending or self._doubted or self._told.waits is not None
        if not doubt and self._looking is None and on == self._judged_on:
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
        """Live up to a moment, asleep where nothing happens; None: until nothing more happens."""
        while at is None or self._left(at) > 0:
            if self._settled() and not self._asleep(at):
                if at is None:
                    return
                spare = self._left(at) - AWAKE_SECONDS
                if spare > AWAKE_SECONDS:
                    await self._sleep(spare)
                    continue
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

    async def _sleep(self, seconds: float) -> None:
        self.clock.sleep(seconds)
        await self._wake()

    async def _wake(self) -> None:
        """Everything is asked anew after a sleep, as the service does."""
        self.ear.history.resumed()
        await self.monitor.tick()
        await self.monitor.sweep()
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
        busy = self.monitor._running or self.monitor.attention.pending or self._waits()
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

    def _waits(self) -> bool:
        return self.monitor._told.waits is not None

    def _settled(self) -> bool:
        """Long enough after the last change and the last turn, with nothing in doubt."""
        turned = self.ear.turns[-1].at if self.ear.turns else None
        quiet = self.clock.elapsed() - self._changed
        if turned is not None:
            quiet = min(quiet, (self.clock.now() - turned).total_seconds())
        if quiet < SETTLED_SECONDS or self.monitor._running:
            return False
        return quiet > DOUBT_SECONDS or not (self._waits() or self.monitor.attention.pending)


def calmer(plan: Plan) -> Plan:
    return replace(plan, every_seconds=CALM_LOOKS.get(plan.look, plan.every_seconds))
