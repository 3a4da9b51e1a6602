"""What happens each time: look, remember, judge, tell."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Protocol

from probe.attempt import IN_DOUBT, WAITS, Waits
from probe.attention import Attention
from probe.clock import Clock
from probe.doubts import telling
from probe.failures import LookFailed
from probe.looks import Plan
from probe.machine import Change
from probe.memory import Memory
from probe.model import (
    Finding,
    NetworkFact,
    News,
    Observation,
    Readings,
    Remembered,
    Status,
    StepTaken,
    Verdict,
)
from probe.probes import Part, Probe, TakesTurns
from probe.targets import Targets
from probe.tools import Tools
from probe.verdict.evidence import Evidence, gather
from probe.verdict.flapping import Flapping, frozen, no_way_out, noted, sample, wrong
from probe.verdict.judge import judge, recovering, waiting
from probe.verdict.past import failed_by_the_world
from probe.verdict.seen import Seen
from probe.verdict.settle import Told, settle, turn_of
from probe.verdict.signals.offsets import MOVED_SECONDS
from probe.words import (
    Cause,
    Certainty,
    Code,
    Daemon,
    Failure,
    Internet,
    Look,
    Portal,
    Signal,
    Speed,
    Step,
)

log = logging.getLogger(__name__)

# The first answer comes no later, whatever is still silent: 5 s of connect and a little.
FIRST_ANSWER_SECONDS = 6.5
# Looks at once; each holds a few sockets, and more would falsify the times that looks measure.
LOOKS_AT_ONCE = 20
TICK_SECONDS = 0.5
CALM_SECONDS = 2.0  # evidence lives for a minute and more: it is never told old by more than this
# A loop that stood still for as long as the shortest bound of a step (2 s) has missed answers.
STALL_SECONDS = 2.0
DOUBT_TICK_SECONDS = 0.05  # somebody is waiting at a terminal
# A machine that slept: longer than two readings of two clocks may lie apart, shorter than any look.
SLEPT_SECONDS = 2.0


class Outlet(Protocol):
    """Someone who wants to hear what is seen, and when the answer turns."""

    async def hear(self, news: News) -> None: ...


class Monitor:
    """Holds what was seen and what was told. Everything it decides, it decides on values."""

    def __init__(
        self,
        *,
        probes: Mapping[Look, Probe],
        plans: Mapping[Look, Plan],
        targets: Targets,
        tools: Tools,
        outlets: Sequence[Outlet] = (),
        site: str = "home",
        drill: str = "",
        proxy_configured: bool = False,
        remembered: Remembered | None = None,
        forget_names: Callable[[], None] = lambda: None,
    ) -> None:
        """`forget_names` is called when all that was seen is void: what the tools keep goes too."""
        self._forget_names = forget_names
        self.probes = {look: probe for look, probe in probes.items() if look in plans}
        self.plans, self.targets, self.tools, self.outlets = plans, targets, tools, outlets
        self.site, self.drill, self.proxy_configured = site, drill, proxy_configured
        # What nobody looks at here must not be asked for: it would never come, and be paid for.
        built = {look: plan for look, plan in plans.items() if look in self.probes}
        self.attention = Attention(plans=built)
        self.schedule_lag_seconds = 0.0
        self.memory = Memory()
        self.memory.trust(targets)
        self._running: dict[Look, asyncio.Task[None]] = {}
        # Parts that are asked by turns, one at a time beside the whole; and whose turn is next.
        self._parts: dict[Look, asyncio.Task[None]] = {}
        self._turns: dict[Look, int] = {}
        # What each look that is under way is waiting for, and since when it is under way.
        self._waits: dict[asyncio.Task[None], tuple[Look, float, Waits]] = {}
        self._doubted: set[Look] = set()  # asked by doubt, and under way
        self._judged_at = float("-inf")
        self._sure = False  # nothing that is under way could change the newest verdict
        self._confirmations = 1  # in a row, of what has failed and is not known to be a fault yet
        self._room = asyncio.Semaphore(LOOKS_AT_ONCE)
        self._again: set[Look] = set()  # news came while these were under way
        self._later: dict[Look, asyncio.TimerHandle] = {}  # put off until their floor allows them
        self._outdated: dict[Look, float] = {}  # asks something else since then, and has not yet
        self._beat: float | None = None  # when the loop was last seen to turn
        self._stalled_at: float | None = None
        self._flapping = Flapping()
        self._led_out_by: str | None = None  # the newest network with a way out
        self._slept, self._steady = asleep(tools.clock), steadiness(tools.clock)
        # What is shown while a first sweep runs, until when; None once it was judged.
        self._looking: tuple[Cause, float] | None = (Cause.STARTING_UP, float("inf"))
        self._started_at = tools.clock.now()
        self._told = Told(shown=waiting(Cause.STARTING_UP))
        self._recall(remembered or Remembered())
        self._evidence: Evidence = gather(self.seen())

    def _recall(self, remembered: Remembered) -> None:
        """Take over what an earlier run knew: who has been right here, and what was told."""
        self.memory.recall(remembered, self.tools.clock.elapsed())
        if remembered.told is not None and remembered.since is not None:
            self._told = Told.again(
                told=remembered.told, since=remembered.since, shown=self._told.shown
            )

    def take(
        self,
        *,
        probes: Mapping[Look, Probe],
        plans: Mapping[Look, Plan],
        targets: Targets,
        site: str,
        proxy_configured: bool,
    ) -> None:
        """Take other settings. What looks saw that stay as they were keeps its worth; of one that
        asks something else, until it has asked. Nothing is asked sooner than its floor allows.
        """
        # Of a look that asks the same as before, what it remembers of its answers stays too.
        probes = {
            look: self.probes[look] if self.probes.get(look) == probe else probe
            for look, probe in probes.items()
            if look in plans
        }
        other = {look for look in probes if self.probes.get(look) != probes[look]}
        gone = {look for look in self.probes if look not in probes}
        self.probes, self.plans, self.targets = probes, plans, targets
        self.site, self.proxy_configured = site, proxy_configured
        self.attention.plans = {look: plan for look, plan in plans.items() if look in probes}
        self.attention.drop(gone)
        self.memory.trust(targets)
        for look, task in (*self._running.items(), *self._parts.items()):
            if look in other | gone:
                task.cancel()
        self._again -= gone
        self.memory.drop(gone)
        self._outdated = {
            look: since for look, since in self._outdated.items() if look not in gone
        } | dict.fromkeys(other, self.tools.clock.elapsed())

    def _forget_outdated(self, look: Look, probe: Probe) -> None:
        """A look that asks something else now has asked: what it saw before goes."""
        if self.probes.get(look) is not probe or look not in self._outdated:
            return
        self.memory.drop_before(look, self._outdated.pop(look))

    @property
    def network(self) -> str | None:
        """The name of the network this host is on, once it was read."""
        return self.memory.network

    # ------------------------------------------------------------------ looking

    def start(self, look: Look, *, in_doubt: bool = False) -> asyncio.Task[None] | None:
        """Start one look in the background, unless it is still under way or not built."""
        self._notice_time()  # what is asked after a sleep is no answer from before it
        if look in self._running or look not in self.probes:
            return None
        self.attention.started(look, self.tools.clock.elapsed(), calmly=not in_doubt)
        token = IN_DOUBT.set(in_doubt)  # a task takes over the context it is made in
        try:
            return self._begin(look, self.probes[look], self._running)
        finally:
            IN_DOUBT.reset(token)

    def start_calmly(self, look: Look) -> asyncio.Task[None] | None:
        """Start what the clock asks for: the whole look, or its next part where it takes turns.

        A part is no answer to doubt, so that doubt may ask the whole at any time.
        """
        probe = self.probes.get(look)
        turns = self.plans[look].turns if probe is not None else 1
        at = self.tools.clock.elapsed()
        if look is Look.NTP and look in self.probes and not self.attention.rested(look, at):
            # Doubt has asked a moment ago; no time server may be asked twice in 15 s (RFC 4330).
            self._put_off(look)
            return None
        if turns == 1 or not isinstance(probe, TakesTurns):
            return self.start(look)
        if look in self._running or look in self._parts:
            return None
        turn = self._turns.get(look, 0)
        self._turns[look] = turn + 1
        return self._begin(look, Part(of=probe, turn=turn % turns, turns=turns), self._parts)

    def _begin(
        self, look: Look, probe: Probe, among: dict[Look, asyncio.Task[None]]
    ) -> asyncio.Task[None]:
        task = asyncio.create_task(self._look(look, probe), name=f"look {look.value}")
        among[look] = task

        def ended(done: asyncio.Task[None]) -> None:
            among.pop(look, None)
            self._waits.pop(done, None)
            if look in self._again and look not in self._running:
                self._again.discard(look)
                self.start(look, in_doubt=True)

        task.add_done_callback(ended)
        return task

    async def _look(self, look: Look, probe: Probe) -> None:
        async with self._room:
            task, waits = asyncio.current_task(), Waits()
            assert task is not None
            self._waits[task] = look, self.tools.clock.elapsed(), waits
            WAITS.set(waits)  # in this task's own context
            epoch, began = self.memory.epoch, self.tools.clock.elapsed()
            observations = await observe(
                look, probe, self.plans[look], self.tools, epoch, self.newest()
            )
        if self._beat is not None:
            self.beat()  # whoever wakes first after a stall must know of it
        if self._stalled_at is not None and self._stalled_at >= began and look is not Look.SELF:
            # Its timeouts ran out while nobody was there to hear the answers.
            self.attention.owe(look)
            await self.tick()
            return
        if look is Look.LINK:
            observations = self._follow_network(observations)
        for observation in observations:
            self.memory.remember(observation)
        self._forget_outdated(look, probe)
        for observation in observations:
            await self._tell(observation)
        await self.tick()

    def hear_of(self, change: Change) -> None:
        """The kernel says that something near has changed: look at it now."""
        look = Look.LINK if change is Change.TABLES else Look.GATEWAY
        if look is Look.GATEWAY and not self.attention.router_asked_calmly:
            self._hear_of_neighbours()
        elif look in self._running:
            self._again.add(look)
        else:
            self.start(look, in_doubt=True)

    def _hear_of_neighbours(self) -> None:
        """A neighbour was lost after the router was asked in doubt: asked once more at the floor of
        its look. That very question loses a router that is gone, and whoever scans this network
        loses neighbours all the time; each was news, and one look followed the other for good."""
        if Look.GATEWAY in self.probes and Look.GATEWAY not in self._running:
            self._put_off(Look.GATEWAY, in_doubt=True)

    def _put_off(self, look: Look, *, in_doubt: bool = False) -> None:
        """Start a look when its floor allows, once, however often this is asked for."""
        if look in self._later:
            return
        asked = self.attention.started_at.get(look, float("-inf"))
        wait = asked + self.plans[look].floor_seconds - self.tools.clock.elapsed()

        def now() -> None:
            del self._later[look]
            self.start(look, in_doubt=in_doubt)

        self._later[look] = asyncio.get_running_loop().call_later(max(0.0, wait), now)

    def beat(self) -> None:
        """The loop turns. Called at WATCH_SECONDS' pace, so a gap means that it stood still."""
        now = self.tools.clock.awake()
        gap = 0.0 if self._beat is None else now - self._beat
        self._beat = now
        if gap > STALL_SECONDS:
            log.warning("stood still for %.1f s: what was under way has seen nothing", gap)
            self._stalled_at = self.tools.clock.elapsed()

    async def sweep(self, looks: Iterable[Look] | None = None) -> None:
        """Everything that the clock alone asks for, at once, and wait for it."""
        wanted = looks or [p.look for p in self.plans.values() if not p.on_demand_seconds]
        tasks = [task for look in wanted if (task := self.start(look)) is not None]
        if tasks:
            await asyncio.wait(tasks)

    async def first_answer(self) -> Status:
        """Sweep, and judge when it is done or when a person has waited long enough."""
        sweep = asyncio.create_task(self.sweep(), name="first sweep")
        await asyncio.wait({sweep}, timeout=FIRST_ANSWER_SECONDS)
        self._looking = None
        await self.tick()
        return self.status()

    async def settle_doubts(self, until: float) -> Status:
        """Follow every doubt until nothing more is due, the answer is sure, or time is up.

        `until` is on the clock that counts suspend. For one-shot checks.
        """
        while self.tools.clock.elapsed() < until:
            await self.tick()
            if self._told.shown.certainty is Certainty.HIGH:
                break
            if not self._running and not self.attention.pending:
                break
            await asyncio.sleep(DOUBT_TICK_SECONDS)
        await self.tick()
        return self.status()

    async def stop(self) -> None:
        """End looks that are under way."""
        for put_off in self._later.values():
            put_off.cancel()
        tasks = [*self._running.values(), *self._parts.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    # ------------------------------------------------------------------ remembering

    def newest(self) -> tuple[Observation, ...]:
        return self.memory.newest()

    def _follow_network(self, observations: Sequence[Observation]) -> tuple[Observation, ...]:
        """A changed network voids what was seen on the old one, this very look excepted."""
        facts = (fact for one in observations for fact in one.finding.facts)
        network = next((fact for fact in facts if isinstance(fact, NetworkFact)), None)
        if network is None:
            return tuple(observations)
        if self.memory.moved_to(network):
            self._new_epoch(Cause.NETWORK_CHANGED)
        if any(network.has_default_route.values()):
            if self._led_out_by not in {None, network.fingerprint}:
                # Another network: how the last one came and went says nothing of it. A link that
                # bounces comes back to the same.
                self._flapping = Flapping()
            self._led_out_by = network.fingerprint
        return self.memory.stamped(observations)

    def _new_epoch(self, cause: Cause) -> None:
        self.memory.begin_epoch()
        self._forget_names()
        # What is under way still looks at the old network; the link's own look brought the news.
        for look, task in (*self._running.items(), *self._parts.items()):
            if look is not Look.LINK:
                task.cancel()
        self._looking = (cause, self.tools.clock.elapsed() + FIRST_ANSWER_SECONDS)
        self.attention.forget(self.tools.clock.elapsed())

    def resumed(self, slept_seconds: float) -> None:
        """The machine slept: what was seen before is about another time.

        Told by the schedule, and noticed before every answer: whoever wakes first. Once is enough.
        """
        slept = asleep(self.tools.clock)
        if slept - self._slept <= SLEPT_SECONDS:
            return
        self._slept = slept
        log.info("slept for %.0f s: all evidence is void", slept_seconds)
        self._flapping = Flapping()  # changes days apart are no flapping
        self._new_epoch(Cause.RESUMED)
        self._evidence = gather(self.seen())
        self._told = settle(
            self._told,
            waiting(Cause.RESUMED),
            at=self.tools.clock.now(),
            elapsed=self.tools.clock.elapsed(),
        )

    def stepped(self, seconds: float) -> None:
        """The wall clock was set: evidence keeps, but the clock is to be asked anew.

        What was compared with the clock before it was set says so itself (`OffsetFact.steady`).
        """
        steady = steadiness(self.tools.clock)
        if abs(steady - self._steady) <= MOVED_SECONDS:
            return
        self._steady = steady
        log.info("the wall clock moved by %.1f s", seconds)
        self.attention.alarm(self.tools.clock.elapsed())

    def _notice_time(self) -> None:
        """A machine that wakes must not tell for one moment what it knew before, nor one whose
        clock was set that it knows too little, before it has looked again."""
        self.resumed(asleep(self.tools.clock) - self._slept)
        self.stepped(steadiness(self.tools.clock) - self._steady)

    # ------------------------------------------------------------------ judging

    def seen(self, before: Seen | None = None) -> Seen:
        """What may be used now. `before`: what was, a moment ago."""
        return self.memory.seen(
            self.tools.clock.elapsed(),
            targets=self.targets,
            plans=self.plans,
            proxy_configured=self.proxy_configured,
            told_cause=self._told.told.cause if self._told.told else None,
            stalled_at=self._stalled_at,
            steady=steadiness(self.tools.clock),
            before=before,
        )

    async def tick(self, *, idle: bool = False) -> None:
        """Judge what is known now, tell a turn, and look again where there is doubt.

        Evidence grows old even when nobody looks, so this runs on its own pace too. `idle`: nothing
        has come since; then it is judged less often.
        """
        self._notice_time()
        now = self.tools.clock.elapsed()
        if idle and self._calm(now):
            return
        self._judged_at = now
        if self._looking is not None and (now >= self._looking[1] or self._swept_again()):
            self._looking = None
        try:
            verdict = self._judged(now)
        except Exception:
            # A bug of ours in judging blames nobody, and ends nothing.
            log.exception("judging broke")
            verdict = waiting(Cause.SELF_IMPAIRED)
        await self._settle(verdict)

    def _calm(self, now: float) -> bool:
        """Nothing is under way, in doubt or waiting to be told: another judgement says the same."""
        return (
            now - self._judged_at < CALM_SECONDS
            and not self._running
            and not self._parts  # what is left waiting in one of them is a symptom
            and not self.attention.pending
            and self._looking is None
            and self._told.waits is None
        )

    def _judged(self, now: float) -> Verdict:
        """The answer that the evidence of this moment gives; what is in doubt is looked at."""
        seen = self.seen(self._evidence.seen)
        if self._looking is None or self._looking[0] is not Cause.STARTING_UP:
            self._follow_doubts(now, seen)
        impaired = self._evidence.readings[Signal.SELF].value is Daemon.IMPAIRED
        self._evidence = gather(seen, self._evidence)
        if impaired and self._evidence.readings[Signal.SELF].value is Daemon.FINE:
            self.attention.owe(*(one.look for one in self.newest() if own_trouble(one)))
        if leads_out(self._evidence.readings):
            self.memory.led_out()
        verdict = judged(self._evidence)
        self._confirmations = confirmations(seen)
        void, passes = self.attention.void_before(), self.attention.passes_void_before()
        told = self._told.told
        self._sure = verdict.certainty is not Certainty.LOW
        if (void or passes) and (told is None or verdict.told_as != told.told_as):
            # News must stand without what was seen before the symptom and is being asked anew.
            fresh = judged(gather(seen.without(void, passes)))
            self._sure = fresh.certainty is not Certainty.LOW
            verdict = fresh
        self._sure = self._sure and not telling(verdict) & self._doubted
        return verdict

    def _follow_doubts(self, now: float, seen: Seen) -> None:
        """Start what doubt asks for, before judging: what is followed up is not told yet."""
        for look in self._outdated:
            asked = self.attention.started_at.get(look, float("-inf"))
            if now - asked >= self.plans[look].floor_seconds:
                self.attention.owe(look)
        for look, asked, waits in self._waits.values():
            self.attention.unanswered(look, waits.seconds(now), now, asked=asked)
        due = self.attention.due(now, seen, self._running)
        self._doubted = {look for look in self._doubted if look in self._running} | set(due)
        for look in due:
            if look in self._running:
                self._again.add(look)
                self._running[look].cancel()
            else:
                self.start(look, in_doubt=True)

    @property
    def under_way(self) -> bool:
        """Looks have been started whose answers have not come."""
        return bool(self._running)

    @property
    def at_rest(self) -> bool:
        """Nothing is under way, in doubt, or waiting to be told."""
        waits = self.attention.pending or self._told.waits is not None
        return not (self.under_way or waits)

    async def answers(self, within_seconds: float) -> None:
        """Wait for what is under way, but no longer than this."""
        if self._running:
            await asyncio.wait(self._running.values(), timeout=within_seconds)

    def pass_over_time(self) -> None:
        """Time was left out in which nothing came or went, and no clock was set (a replay's)."""
        self._flapping = Flapping()
        self._steady = steadiness(self.tools.clock)

    def _swept_again(self) -> bool:
        """After a network change or a sleep: everything was asked anew, and has answered."""
        return self.attention.swept_at is not None and not self._running

    async def _settle(self, verdict: Verdict) -> None:
        """Take in a verdict; tell a turn."""
        if self._looking is not None and verdict.certainty is Certainty.LOW:
            # A sure answer needs no waiting; anything less waits for the sweep.
            verdict = waiting(self._looking[0])
        before, at, elapsed = self._told, self.tools.clock.now(), self.tools.clock.elapsed()
        way = no_way_out(self._evidence.seen)
        self._flapping = sample(self._flapping, verdict, way, elapsed)
        if before.told is not None and frozen(self._flapping, before.told, verdict):
            verdict = before.told
        if self._flapping.on and wrong(verdict):
            verdict = noted(verdict)
        self._told = settle(
            before,
            verdict,
            at=at,
            elapsed=elapsed,
            confirming=not self._sure
            and (self.attention.pending or any(look in self._running for look in self._doubted)),
            confirmations=self._confirmations,
            silent_seconds=self._evidence.seen.silent_seconds(verdict.because),
            meanwhile=self._meanwhile(verdict),
        )
        turn = turn_of(before, self._told, at=at)
        if turn is not None:
            self._flapping = sample(self._flapping, turn.after, way, elapsed, turned=True)
            log.info("turn: %s -> %s (%s)", turn.before.code, turn.after.code, turn.after.headline)
            await self._tell(turn)

    def _meanwhile(self, verdict: Verdict) -> Verdict | None:
        """It works again, and the rest is being asked: neither the old fault nor `ok`."""
        told = self._told.told
        faulty = told is not None and told.code not in {Code.OK, Code.UNKNOWN}
        again = self.attention.recovering and verdict.certainty is Certainty.LOW
        return recovering() if faulty and again else None

    def status(self) -> Status:
        """Everything that is known now, as one value."""
        self._notice_time()
        return Status(
            at=self.tools.clock.now(),
            site=self.site,
            verdict=self._told.shown,
            since=self._told.since or self._started_at,
            readings=self._evidence.readings,
            apple_events=self._evidence.apple_events,
            ready=self._looking is None,
            drill=self.drill,
            observations=self.newest(),
            offsets=self._evidence.offsets,
            schedule_lag_seconds=self.schedule_lag_seconds,
            elapsed=self.tools.clock.elapsed(),
        )

    async def _tell(self, news: News) -> None:
        for outlet in self.outlets:
            try:
                await outlet.hear(news)
            except Exception:
                log.exception("%s could not take the news", type(outlet).__name__)


def confirmations(seen: Seen) -> int:
    """How many looks in a row make sure of what has failed: one where nothing fails by chance."""
    soft = [one for one in seen.standings if one.failed and not one.hard]
    return max((one.needed - 1 for one in soft), default=1)


def judged(evidence: Evidence) -> Verdict:
    return judge(
        evidence.readings,
        notes=evidence.notes,
        services=evidence.services,
        could_not_check=evidence.could_not_check,
    )


def leads_out(readings: Readings) -> bool:
    """This network led to the internet, and plain pages came through unchanged."""
    return (
        readings[Signal.INTERNET].value is Internet.REACHED
        and readings[Signal.PORTAL].value is Portal.CLEAR
    )


def own_trouble(observation: Observation) -> bool:
    """It says nothing about the world: this process could not look."""
    return not observation.finding.passed and not failed_by_the_world(observation)


def asleep(clock: Clock) -> float:
    """Seconds that this machine has slept, beside some fixed number."""
    return clock.elapsed() - clock.awake()


def steadiness(clock: Clock) -> float:
    """The wall clock minus the clock that counts suspend: moves only when the wall clock is set."""
    return clock.now().timestamp() - clock.elapsed()


async def observe(
    look: Look,
    probe: Probe,
    plan: Plan,
    tools: Tools,
    epoch: int,
    seen: Sequence[Observation],
) -> tuple[Observation, ...]:
    """Look once, and stamp what was found. Raises nothing but cancellation.

    A look that overruns its bound, or breaks, is our own trouble: evidence against nobody.
    """
    at, started = tools.clock.now(), tools.clock.elapsed()
    try:
        async with asyncio.timeout(plan.timeout_seconds):
            findings = tuple(await probe.look(tools, seen))
    except LookFailed as failed:  # before any attempt: this machine could not be read
        findings = (ours(look, failed.failure, failed.detail),)
    except TimeoutError:
        findings = (ours(look, Failure.INTERRUPTED, "the whole look took too long"),)
    except Exception as error:
        log.exception("look %s broke", look.value)
        findings = (ours(look, Failure.UNKNOWN, f"this look is broken: {type(error).__name__}"),)
    ended = tools.clock.elapsed()
    return tuple(
        Observation(
            look=look,
            finding=finding,
            epoch=epoch,
            started=finding.started or started,
            ended=finding.ended or ended,
            at=at,
        )
        for finding in findings
    )


def ours(look: Look, failure: Failure, said: str) -> Finding:
    step = StepTaken(step=Step.OURS, seconds=0.0, failure=failure, speed=Speed.ACTIVE, detail=said)
    return Finding(target=look.value, operator="self", steps=(step,), said=said)
