"""How often is a fault told where there is none? A month of a line, in virtual time.

    python -m benchmarks.false_alarms [--days 30 | --month] [--seed 1] [--jobs 1] [--minutes M]
                                      [LINE ...]

The real engine from observations up: the monitor, attention, the evidence, the rules and the
settling of what is told, with every look at its real pace and in its turns. Only what a look finds
is drawn from a model of the line: each packet is lost with the same chance in either direction, a
lost SYN or datagram is sent again as Linux and the looks do it, a lost segment after the kernel's
timeout. An outage loses everything. What was told is compared with the outages that were.

Days are played in slices of six hours, each from a first start and with chances of its own. With
`--minutes` no slice is begun after so long, and the table says how many days were played.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, field, replace
from types import SimpleNamespace
from typing import Any, cast

from probe.attempt import WAITS, Attempt, Waits
from probe.conversation import Host
from probe.looks import PLAN, PLANS
from probe.model import (
    AnswerFact,
    DialFact,
    Fact,
    FeedFact,
    Finding,
    LineFact,
    NetworkFact,
    News,
    Observation,
    OffsetFact,
    StepTaken,
    Turn,
)
from probe.monitor import TICK_SECONDS, Monitor
from probe.probes import Probe
from probe.reach import in_turn
from probe.schedule import JITTER, spaced
from probe.targets import Targets
from probe.tools import Tools
from probe.words import Cause, Certainty, Code, Failure, Family, Look, Speed, Step
from tests.support.time import FakeClock, VirtualTimeLoop, loop_time

RTT_SECONDS = 0.02
SYNS = 5  # one a second (tcp_syn_linear_timeouts)
# Linux: 200 ms at least, doubled each time.
SEGMENT_TIMEOUTS = (0.0, 0.2, 0.6, 1.4, 3.0, 6.2)
ATTEMPT_SECONDS = 5.7
CALM = frozenset({Code.OK})
LINE = frozenset({Cause.LOSS, Cause.LAN_LOSS})
# An outage that may be told: longer than a connection is waited for (probe/reach.py).
CONFIRM_SECONDS = 5.0
# Short enough that many fit side by side, and that what was played is known while the rest plays.
SLICE_DAYS = 0.25
TARGETS = Targets()
COURIER_ADDRESS = "17.57.144.10"


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One sort of line."""

    name: str
    loss: float = 0.0  # of a packet, each way
    outages_per_hour: float = 0.0
    outage_median_seconds: float = 1.5
    dead: str = ""  # an operator whose references never answer


KINDS = (
    Kind(name="clean"),
    Kind(name="1 % loss", loss=0.01),
    Kind(name="5 % loss", loss=0.05),
    Kind(name="10 % loss", loss=0.10),
    Kind(name="micro-outages", outages_per_hour=2.0),
    Kind(name="one reference dead", dead="cloudflare"),
    Kind(name="1 % loss, micro-outages", loss=0.01, outages_per_hour=2.0),
    Kind(name="5 % loss, micro-outages", loss=0.05, outages_per_hour=2.0),
    Kind(name="10 % loss, micro-outages", loss=0.10, outages_per_hour=2.0),
    Kind(name="1 % loss, micro-outages, one reference dead", loss=0.01, outages_per_hour=2.0,
         dead="cloudflare"),
)  # fmt: skip

# One line in one month: mostly fair, some days poor, and a reference that is dead for four of them.
# Every day has its micro-outages. (Each kind for a month of its own takes thirty hours of a core.)
MONTH_DAYS: Mapping[str, float] = {
    "1 % loss, micro-outages": 21,
    "1 % loss, micro-outages, one reference dead": 4,
    "5 % loss, micro-outages": 3,
    "10 % loss, micro-outages": 2,
}


@dataclass(slots=True)
class Line:
    """What becomes of packets."""

    kind: Kind
    chance: random.Random
    days: float
    outages: list[tuple[float, float]] = field(default_factory=list)
    _next: int = 0

    def __post_init__(self) -> None:
        moment = 3600.0
        while self.kind.outages_per_hour:
            moment += self.chance.expovariate(self.kind.outages_per_hour / 3600)
            if moment > self.days * 86400:
                break
            # Log-normal: most are over in a second or two, a few last longer.
            seconds = self.chance.lognormvariate(0, 1) * self.kind.outage_median_seconds
            self.outages.append((moment, moment + seconds))
            moment += seconds

    def passes(self, at: float) -> bool:
        """One packet there and one back."""
        while self._next < len(self.outages) and self.outages[self._next][1] < at - 60:
            self._next += 1
        for began, ended in self.outages[self._next : self._next + 4]:
            if began <= at < ended:
                return False
        return self.chance.random() >= 1 - (1 - self.kind.loss) ** 2

    def syn(self, at: float, tries: int = SYNS) -> float | None:
        """Seconds until a connection is there; None: never."""
        lost = next((n for n in range(tries) if self.passes(at + n)), None)
        return None if lost is None else lost + RTT_SECONDS

    def trip(self, at: float, within: float) -> float | None:
        """One round trip over an open connection, with the kernel's own patience."""
        waits = [wait for wait in SEGMENT_TIMEOUTS if wait < within]
        took = next((wait for wait in waits if self.passes(at + wait)), None)
        return None if took is None else took + RTT_SECONDS

    def datagram(self, at: float, shots: int, every: float) -> float | None:
        took = next((n * every for n in range(shots) if self.passes(at + n * every)), None)
        return None if took is None else took + RTT_SECONDS


@dataclass(slots=True)
class Names:
    """Names that were just found are not asked for again (probe/tools/resolve.py)."""

    line: Line
    kept_until: dict[str, float] = field(default_factory=dict)

    def find(self, name: str, at: float) -> float | None:
        if self.kept_until.get(name, 0.0) > at:
            return 0.0
        took = self.line.datagram(at, 1, 2.0)
        if took is not None:
            self.kept_until[name] = at + took + 5.0
        return took


Found = tuple[float, Finding]  # when it ended, and what


def failed(step: Step, seconds: float) -> StepTaken:
    return StepTaken(
        step=step, seconds=seconds, failure=Failure.GENERIC_TIMEOUT, speed=Speed.SILENT
    )


@dataclass(slots=True)
class World:
    """What every look finds on this line."""

    line: Line
    names: Names

    def finding(
        self, at: float, steps: Sequence[StepTaken], target: str, operator: str, **more: object
    ) -> Found:
        ended = at + sum(step.seconds for step in steps)
        family = more.pop("family", Family.IPV4)
        return ended, Finding(
            target=target, operator=operator, family=cast(Family, family), steps=tuple(steps),
            address="192.0.2.7:443", started=at, ended=ended, said=target, **more,  # type: ignore[arg-type]
        )  # fmt: skip

    def reach(
        self, at: float, target: str, operator: str, *, name: str = "", trips: int = 2,
        **more: object,
    ) -> Found:  # fmt: skip
        """As probe/reach.py: its name, TCP, TLS, one answer."""
        steps: list[StepTaken] = []
        now = at
        if name:
            took = self.names.find(name, now)
            if took is None:
                return self.finding(at, [failed(Step.RESOLVE, 2.0)], target, operator, **more)
            steps.append(StepTaken(step=Step.RESOLVE, seconds=took))
            now += took
        dead = operator == self.line.kind.dead
        took = None if dead else self.line.syn(now)
        if took is None:
            return self.finding(at, [*steps, failed(Step.CONNECT, 5.0)], target, operator, **more)
        steps.append(StepTaken(step=Step.CONNECT, seconds=took))
        sent_again = DialFact(resent=int(took))
        more["facts"] = (*cast(tuple[Fact, ...], more.get("facts", ())), sent_again)
        now += took
        for step in (Step.HANDSHAKE, Step.EXCHANGE)[:trips]:
            left = max(0.05, ATTEMPT_SECONDS - (now - at))
            took = self.line.trip(now, left)
            if took is None:
                return self.finding(at, [*steps, failed(step, left)], target, operator, **more)
            steps.append(StepTaken(step=step, seconds=took))
            now += took
        return self.finding(at, steps, target, operator, **more)

    def ask(self, at: float, name: str, group: str) -> Found:
        took = self.line.datagram(at, 2, 2.0)
        step = failed(Step.EXCHANGE, 4.0) if took is None else StepTaken(
            step=Step.EXCHANGE, seconds=took
        )  # fmt: skip
        facts = () if took is None else (answer("192.168.1.1", name),)
        return self.finding(
            at, [step], f"192.168.1.1 {name}", "resolver 192.168.1.1", group=group, facts=facts,
            family=Family.NONE,
        )  # fmt: skip

    def look(self, look: Look, at: float, turn: int = 0, turns: int = 1) -> list[Found]:
        t = TARGETS
        dated = (OffsetFact(source="x", low_seconds=-0.5, high_seconds=0.5, authenticated=True),)
        match look:
            case Look.REF_IP:
                return [
                    self.reach(at, r.name, r.operator, facts=offsets(r.operator))
                    for r in t.references_by_address
                ]
            case Look.REF_NAME:
                return [
                    self.reach(at, r.name, r.operator, name=r.host, facts=offsets(r.operator))
                    for r in t.references_by_name
                ]
            case Look.CAPTIVE:
                return [
                    self.reach(at, p.name, p.operator, name=p.host, trips=1) for p in t.portal_pages
                ]
            case Look.DNS_EACH:
                named = [(n, "control") for n in t.control_names]
                named += [(n, "apple") for n in t.apple_names]
                return [self.ask(at, name, group) for name, group in named]
            case Look.DNS_APP:
                name = t.apple_names[0]
                took = self.line.datagram(at, 2, 5.0)
                step = (
                    failed(Step.RESOLVE, 5.0)
                    if took is None or took > 5
                    else StepTaken(step=Step.RESOLVE, seconds=took)
                )
                facts = (answer("this device", name),) if step.failure is None else ()
                return [self.finding(at, [step], name, "self", group="apple", facts=facts)]
            case Look.DNS_ALT:
                found = []
                for r in t.references_by_address:
                    for name in t.apple_names:
                        facts = (answer(r.name, name, over_https=True),)
                        ended, one = self.reach(
                            at, f"{r.name} {name}", r.operator, group="apple", facts=facts
                        )
                        found.append((ended, one))
                return found
            case Look.PUSH_5223 | Look.PUSH_443:
                slots = 2 if look is Look.PUSH_5223 else 1
                couriers = [apples(f"courier-{n}", "", "push") for n in range(1, slots + 1)]
                return [
                    self.reach(
                        at, one.target, "apple", name=f"{self.line.chance.randrange(50)}-c",
                        trips=1, group="push",
                    )
                    for one in in_turn(couriers, turn, turns)
                ]  # fmt: skip
            case Look.PUSH_HTTP:
                return [self.reach(at, "provider-api", "apple", name="api", group="push")]
            case Look.APPLE_WEB:
                hosts = [apples(h.name, h.host, h.group) for h in t.apple_hosts]
                return [
                    self.reach(at, one.target, "apple", name=one.host, group=one.group)
                    for one in in_turn(hosts, turn, turns)
                ]
            case Look.PORT_CTL:
                return [
                    self.reach(at, c.name, c.operator, name=c.host, trips=0)
                    for c in t.port_controls
                ]
            case Look.STATUS:
                return [
                    self.reach(at, f.name, "apple", name=f.host, facts=(feed(f.name),))
                    for f in t.feeds
                ]
            case Look.NTP:
                found = []
                for server in t.time_servers:
                    took = self.line.datagram(at, 1, 2.0)
                    step = failed(Step.EXCHANGE, 2.0) if took is None else StepTaken(
                        step=Step.EXCHANGE, seconds=took
                    )  # fmt: skip
                    now = () if took is None else dated
                    found.append(self.finding(at, [step], server.name, server.operator, facts=now))
                return found
            case Look.GATEWAY | Look.SELF:
                step = StepTaken(step=Step.EXCHANGE, seconds=0.001)
                family = Family.IPV4 if look is Look.GATEWAY else Family.NONE
                return [self.finding(at, [step], look.value, "self", family=family)]
            case Look.LINK:
                step = StepTaken(step=Step.READ, seconds=0.0)
                return [
                    self.finding(
                        at, [step], "this host", "self", facts=(NETWORK,), family=Family.NONE
                    )
                ]
            case Look.LINE:
                return self.burst(at)
            case Look.NEARBY:
                return []
            case _:
                return []

    def burst(self, at: float) -> list[Found]:
        found = []
        step = StepTaken(step=Step.EXCHANGE, seconds=4.0)
        for r in TARGETS.references_by_address:
            took = tuple(
                None if r.operator == self.line.kind.dead else self.line.syn(at + n * 0.2, 4)
                for n in range(8)
            )
            again = tuple(None if seconds is None else int(seconds) for seconds in took)
            fact = LineFact(hop=0, apart_seconds=0.2, seconds=took, resent=again)
            found.append(self.finding(at, [step], r.name, r.operator, facts=(fact,)))
        router = LineFact(hop=1, apart_seconds=0.2, seconds=(0.001,) * 5)
        found.append(self.finding(at, [step], "router", "self", facts=(router,)))
        return found


def apples(target: str, host: str, group: str) -> Host:
    return Host(target=target, operator="apple", host=host, port=443, use=None, group=group)


def answer(resolver: str, name: str, *, over_https: bool = False) -> AnswerFact:
    return AnswerFact(
        resolver=resolver, name=name, addresses=(COURIER_ADDRESS,), rcode="NOERROR",
        over_https=over_https,
    )  # fmt: skip


def offsets(operator: str) -> tuple[OffsetFact, ...]:
    return (OffsetFact(source=operator, low_seconds=-0.5, high_seconds=0.5, authenticated=True),)


def feed(name: str) -> FeedFact:
    return FeedFact(
        feed=name, services=TARGETS.watched_services, events=(), unknown_words=0, age_seconds=30.0
    )


NETWORK = NetworkFact(
    default_interfaces=("eth0",),
    carrier=True,
    addresses=("192.168.1.7",),
    gateways=("192.168.1.1",),
    has_default_route={Family.IPV4: True, Family.IPV6: False},
    fingerprint="home",
)


@dataclass(slots=True)
class Drawn:
    """A look whose findings are drawn from the line; it takes as long as it says."""

    which: Look
    world: World
    clock: FakeClock

    async def look(self, tools: Tools, seen: Sequence[Observation]) -> Sequence[Finding]:
        return await self.look_in_turn(tools, seen, 0, 1)

    async def look_in_turn(
        self, tools: Tools, seen: Sequence[Observation], turn: int, turns: int
    ) -> Sequence[Finding]:
        began = self.clock.elapsed()
        found = self.world.look(self.which, began, turn, turns)
        waits = WAITS.get()
        if waits is not None:
            for _, finding in found:
                waiting_shown(waits, finding, began)
        if found:
            await asyncio.sleep(max(0.0, max(ended for ended, _ in found) - began))
        return [finding for _, finding in found]


def waiting_shown(waits: Waits, finding: Finding, now: float) -> None:
    """What is left waiting for more than a second is seen to wait, as an Attempt shows it."""
    loop, at = asyncio.get_running_loop(), finding.started
    for step in finding.steps:
        if step.seconds > 1:
            attempt = cast(Attempt, object())
            loop.call_later(at - now, waits.since.__setitem__, attempt, at)
            loop.call_later(at + step.seconds - now, waits.since.pop, attempt, None)
        at += step.seconds


class Unhurried(Monitor):
    """Judges only where there is something new, and once a minute.

    While `ok` is told, nothing waits, and all that comes is one more ordinary answer of whoever
    answered before, the verdict stays (tests/hours/test_false_alarms.py).
    """

    _news = True

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self._failing: set[tuple[Look, str]] = set()

    async def _tell(self, news: News) -> None:
        if isinstance(news, Observation):
            self._notice(news)
        await super()._tell(news)

    def _notice(self, one: Observation) -> None:
        key, finding = (one.look, one.finding.target), one.finding
        if not finding.passed:
            self._failing.add(key)
        elif key in self._failing:
            self._failing.remove(key)
        elif all(step.seconds <= 2 * RTT_SECONDS for step in finding.steps):
            return
        self._news = True

    @property
    def at_rest(self) -> bool:
        """Another judgement would say the same, and start nothing."""
        told, now = self._told.told, self.tools.clock.elapsed()
        return (
            not self._news
            and told is not None
            and told.code in CALM
            and self._looking is None
            and now - self._judged_at < 60
            # A line in doubt is asked about as soon as its look has rested.
            and self.attention.doubts.poor_since is None
            and not (self._failing or self._doubted or self.attention.pending or self._told.waits)
            and not any(max(w.seconds(now), default=0.0) > 1 for _, _, w in self._waits.values())
        )

    async def tick(self, *, idle: bool = False) -> None:
        if not self.at_rest:
            self._news = False
            await super().tick(idle=idle)


@dataclass(slots=True)
class Ear:
    clock: FakeClock
    turns: list[tuple[float, Turn]] = field(default_factory=list)

    async def hear(self, news: News) -> None:
        if isinstance(news, Turn):
            self.turns.append((self.clock.elapsed(), news))


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """One line's month."""

    kind: Kind
    outages: int  # longer than CONFIRM_SECONDS
    told: int  # of those
    false: Sequence[tuple[float, Turn]]  # faults told outside of any outage
    of_the_line: int  # "packets are lost", told of a line that loses packets
    short: Sequence[tuple[float, Turn]]  # told of outages that are too short to be told
    unsure: Sequence[tuple[float, Turn]]  # to "not known", or a mild cause at low certainty
    days: float
    seconds: float  # of a core that this took


async def play(
    kind: Kind, days: float, seed: int, monitor_of: type[Monitor] = Unhurried
) -> tuple[Tally, Sequence[tuple[float, Turn]]]:
    """A line's days. Also every turn that was told, by its moment in seconds."""
    clock = FakeClock(follow=loop_time)
    chance = random.Random(f"{seed}{kind.name}")
    line = Line(kind=kind, chance=chance, days=days)
    world = World(line=line, names=Names(line=line))
    ear = Ear(clock=clock)
    probes: dict[Look, Probe] = {
        look: Drawn(look, world, clock) for look in PLAN if look is not Look.PROXY
    }
    monitor = monitor_of(
        probes=probes,
        plans={look: PLAN[look] for look in probes},
        targets=TARGETS,
        tools=cast(Tools, SimpleNamespace(clock=clock)),
        outlets=[ear],
    )
    began = time.process_time()
    await monitor.first_answer()
    wake = asyncio.Event()

    def start(look: Look) -> None:
        monitor.start_calmly(look)
        wake.set()

    phases = spaced({p.look.value: p.calm_seconds for p in PLANS if p.sees_the_way_out})
    pacing = [
        asyncio.create_task(at_its_pace(look, phases, chance, start, clock)) for look in probes
        if not PLAN[look].on_demand_seconds and look not in {Look.SELF, Look.LINK}
    ]  # fmt: skip
    # What the kernel and this process say never changes here: kept fresh by hand, once a minute.
    pacing += [asyncio.create_task(steadily(look, monitor)) for look in (Look.SELF, Look.LINK)]
    while clock.elapsed() < days * 86400:
        if isinstance(monitor, Unhurried) and monitor.at_rest and not monitor._waits:
            wake.clear()
            await wake.wait()
        # As the service does (probe/service.py); on one grid, however long it rested.
        await asyncio.sleep(TICK_SECONDS - clock.elapsed() % TICK_SECONDS)
        await monitor.tick(idle=True)
    for task in pacing:
        task.cancel()
    await monitor.stop()
    return tally(kind, days, line, ear, time.process_time() - began), ear.turns


async def at_its_pace(
    look: Look, phases: Mapping[str, float], chance: random.Random,
    start: Callable[[Look], None], clock: FakeClock,
) -> None:  # fmt: skip
    pace = PLAN[look].calm_seconds
    first = phases.get(look.value, chance.uniform(0, pace))
    number = 0
    while True:
        due = 7 + first + number * pace + chance.uniform(-1, 1) * JITTER * pace
        await asyncio.sleep(max(0.0, due - clock.elapsed()))
        start(look)
        number += 1


async def steadily(look: Look, monitor: Monitor) -> None:
    """The newest answer, dated now: nothing is judged for it."""
    while True:
        await asyncio.sleep(PLAN[look].every_seconds * 2)
        now = monitor.tools.clock.elapsed()
        for key, kept in monitor.memory.kept.items():
            if key[0] is look and kept:
                kept[-1] = replace(kept[-1], started=now, ended=now)


def tally(kind: Kind, days: float, line: Line, ear: Ear, seconds: float) -> Tally:
    long = [(a, b) for a, b in line.outages if b - a > CONFIRM_SECONDS]
    told: set[tuple[float, float]] = set()
    false, short, of_the_line, unsure = [], [], 0, []
    for at, turn in ear.turns:
        after = turn.after
        if after.code in CALM:
            continue
        # The newest that it can be of: another may have been over for half a minute.
        around = [(a, b) for a, b in line.outages if a <= at <= b + 45]
        during = around[-1] if around else None
        if during in long:
            told.add(during)
        elif after.code is Code.UNKNOWN:
            unsure.append((at, turn))  # no fault is told
        elif during is not None:
            short.append((at, turn))
        elif after.cause in LINE and kind.loss:
            of_the_line += 1
        elif after.certainty is Certainty.LOW:
            unsure.append((at, turn))
        else:
            false.append((at, turn))
    return Tally(
        kind=kind, outages=len(long), told=len(told), false=false, of_the_line=of_the_line,
        short=short, unsure=unsure, days=days, seconds=seconds,
    )  # fmt: skip


HEAD = (
    "| line | days | outages over 5 s | told | shorter ones told | faults told that were none "
    '| "packets are lost" told | "not known" told |\n|---|---|---|---|---|---|---|---|'
)


def row(t: Tally) -> str:
    return (
        f"| {t.kind.name} | {t.days:g} | {t.outages} | {t.told} | {len(t.short)} | {len(t.false)} "
        f"| {t.of_the_line} | {len(t.unsure)} |"
    )


def traced(at: float, turn: Turn) -> str:
    after, why = turn.after, "; ".join(f"{one.target}: {one.said}" for one in turn.after.because)
    return (
        f"  {at:.0f} s: {turn.before.code} -> {after.code}/{after.cause} {after.blame} "
        f"{after.certainty}: {why}"
    )


def played(kind: Kind, days: float, seed: int) -> Tally:
    with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
        return runner.run(play(kind, days, seed))[0]


def together(ones: Sequence[Tally]) -> Tally:
    """The slices of one line as one."""
    return Tally(
        kind=ones[0].kind,
        outages=sum(one.outages for one in ones),
        told=sum(one.told for one in ones),
        false=[turn for one in ones for turn in one.false],
        of_the_line=sum(one.of_the_line for one in ones),
        short=[turn for one in ones for turn in one.short],
        unsure=[turn for one in ones for turn in one.unsure],
        days=sum(one.days for one in ones),
        seconds=sum(one.seconds for one in ones),
    )


def in_time(kind: Kind, days: float, seed: int, until: float) -> Tally | None:
    """One slice, unless it is too late to begin it (`until`: seconds since 1970)."""
    return played(kind, days, seed) if time.time() < until else None


def sliced(
    kinds: Sequence[Kind], days: Mapping[str, float]
) -> Iterator[tuple[float, Kind, int, float]]:
    """Every slice: how far on in its line's time it is (0 to 1), its line, number and days. A run
    that ends early has so played as much of each line."""
    for kind in kinds:
        slices = max(1, round(days[kind.name] / SLICE_DAYS))
        for number in range(slices):
            yield (number + 0.5) / slices, kind, number, days[kind.name] / slices


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("lines", nargs="*", help="parts of names; none: all")
    parser.add_argument("--days", type=float, default=30)
    parser.add_argument("--month", action="store_true", help="30 days of one line that changes")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=1, help="slices side by side")
    parser.add_argument("--minutes", type=float, default=float("inf"))
    given = parser.parse_args()
    kinds = [k for k in KINDS if not given.lines or any(w in k.name for w in given.lines)]
    days = MONTH_DAYS if given.month else {kind.name: given.days for kind in kinds}
    until = time.time() + given.minutes * 60
    found: dict[str, list[Tally]] = {}
    with ProcessPoolExecutor(given.jobs) as pool:
        begun = {
            pool.submit(in_time, kind, length, given.seed * 1000 + number, until): number
            for _, kind, number, length in sorted(
                sliced([kind for kind in kinds if kind.name in days], days),
                key=lambda one: one[0],
            )
        }
        for ended in as_completed(begun):
            one = ended.result()
            if one is None:
                continue
            found.setdefault(one.kind.name, []).append(one)
            trace = [traced(at, turn) for at, turn in (*one.false, *one.short, *one.unsure)]
            head = f"{row(one)} {one.seconds:.0f} s of a core, slice {begun[ended]}"
            print(head, *trace, sep="\n", file=sys.stderr, flush=True)
    lines = [together(found[kind.name]) for kind in kinds if kind.name in found]
    print(f"Seed {given.seed}.\n\n{HEAD}", *(row(line) for line in lines), sep="\n")
    for line in lines:
        print(f"{line.kind.name}: {line.seconds / line.days:.0f} s of a core for a day",
              file=sys.stderr)  # fmt: skip
    return 1 if any(line.false or line.short for line in lines) else 0


if __name__ == "__main__":
    sys.exit(main())
