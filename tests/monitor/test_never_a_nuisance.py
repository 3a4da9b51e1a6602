"""P19: no pattern of failures, of networks or of news makes a nuisance of us.

Hypothesis lives a host's life under the real `Attention` and the real `Memory`, as the monitor runs
them: the calm pace with its parts, answers and silences, hedges, the kernel's news, other networks,
sleeps. What was asked is counted here, target by target, whatever the product thinks it cost.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from probe.attention import CONFIRM_AFTER_SECONDS, STRICT, Attention
from probe.budget import BUCKET_ATTEMPTS, EXTRA_ATTEMPTS_PER_MINUTE
from probe.looks import USUAL
from probe.memory import Memory
from probe.model import AnswerFact, Fact, Finding, Observation, StepTaken
from probe.targets import Targets
from probe.verdict.seen import Seen
from probe.words import Failure, Family, Look, Speed, Step
from tests.support.time import EPOCH

TARGETS = Targets()
BOTH = (Family.IPV4, Family.IPV6)
# The monitor's: it judges twice a second while something is under way, else every two seconds.
BUSY_SECONDS, IDLE_SECONDS = 0.5, 2.0

Fate = tuple[Step, Failure, Speed] | None
SILENT: Fate = (Step.CONNECT, Failure.GENERIC_TIMEOUT, Speed.SILENT)
NAMELESS: Fate = (Step.RESOLVE, Failure.DNS_SERVFAIL, Speed.ACTIVE)
FATES: tuple[Fate, ...] = (
    SILENT,
    NAMELESS,
    (Step.CONNECT, Failure.CONNECTION_REFUSED, Speed.ACTIVE),
    (Step.HANDSHAKE, Failure.GENERIC_TIMEOUT, Speed.SILENT),
    (Step.HANDSHAKE, Failure.CONNECTION_RESET, Speed.ACTIVE),
    (Step.CONTENT, Failure.HTTP_5XX, Speed.ACTIVE),
)
LIE: Fate = (Step.CONTENT, Failure.DNS_BOGON, Speed.ACTIVE)  # told as an answer

# Looks that are asked over each family; of the others there is one target or another.
BY_FAMILY = frozenset(
    {Look.REF_IP, Look.REF_NAME, Look.PUSH_5223, Look.PUSH_443, Look.APPLE_WEB, Look.GATEWAY}
)
# Kept far apart by the plans alone, so that the calm pace is what is asked least.
ASKED = tuple(look for look, plan in USUAL.items() if plan.packets)
AWAY = tuple(look for look in ASKED if look is not Look.GATEWAY)


@dataclass(frozen=True, slots=True)
class Target:
    look: Look
    name: str
    family: Family


@dataclass(frozen=True, slots=True)
class UnderWay:
    """A look, or a part of one, that waits for its answers."""

    look: Look
    began: float
    fates: dict[Target, Fate]

    @property
    def ends(self) -> float:
        return max((self.began + seconds_of(fate) for fate in self.fates.values()), default=0.0)

    def waits(self, now: float) -> tuple[float, ...]:
        return tuple(now - self.began for fate in self.fates.values() if seconds_of(fate) > 1)


def seconds_of(fate: Fate) -> float:
    return 5.0 if fate is not None and fate[2] is Speed.SILENT else 0.05


def asked_on(*, families: tuple[Family, ...], resolvers: int) -> dict[Look, tuple[Target, ...]]:
    """Whom each look asks on one network: as many as its plan says, or fewer where there is one
    family or one resolver."""
    found: dict[Look, tuple[Target, ...]] = {}
    for look, plan in USUAL.items():
        over = families if look in BY_FAMILY else (Family.IPV4,)
        names = max(1, plan.attempts // (len(BOTH) if look in BY_FAMILY else 1))
        if look is Look.DNS_EACH:
            names = names * resolvers // 2
        found[look] = tuple(
            Target(look, f"{look.value}-{number}", family)
            for number in range(names)
            for family in over
        )
    return found


NETWORKS = tuple(
    asked_on(families=families, resolvers=resolvers)
    for families in (BOTH, (Family.IPV4,))
    for resolvers in (1, 2)
)


class Life(RuleBasedStateMachine):
    """One host, its network, and what becomes of whomever it asks."""

    def __init__(self) -> None:
        super().__init__()
        self.attention = Attention(plans=USUAL)
        self.memory = Memory()
        self.now = 1000.0
        self.running: dict[Look, UnderWay] = {}
        self.parts: dict[Look, UnderWay] = {}
        self.turns: dict[Look, int] = {}
        self.fates: dict[tuple[Look, str, Family], Fate] = {}
        self.seen: Seen | None = None
        # Counted by this test.
        self.left, self.counted_at = BUCKET_ATTEMPTS, self.now
        self.started: dict[Look, float] = {}
        self.asked_somebody: dict[Look, float] = {}

    # ---------------------------------------------------------------- the host, as the monitor

    @initialize(network=st.sampled_from(NETWORKS), phase=st.integers(0, 9))
    def wake(self, network: dict[Look, tuple[Target, ...]], phase: int) -> None:
        self.network = network
        self.calm_at = {
            look: self.now + 1.0 + (7.0 * place + phase) % plan.calm_seconds
            for place, (look, plan) in enumerate(USUAL.items())
            if not plan.on_demand_seconds
        }
        for look, plan in USUAL.items():
            if not plan.on_demand_seconds:
                self._start(look, calmly=True)

    def _start(self, look: Look, *, calmly: bool) -> None:
        if look in self.running:
            return
        assert self._strict_floor_is_kept(look), f"{look} is asked before its floor allows"
        self.attention.started(look, self.now, calmly=calmly)
        self.started[look] = self.now
        self.running[look] = self._ask(look, self.network[look])

    def _ask(self, look: Look, targets: Iterable[Target]) -> UnderWay:
        fates = {one: self.fates.get((one.look, one.name, one.family)) for one in targets}
        if any(fate != NAMELESS for fate in fates.values()):
            self.asked_somebody[look] = self.now
        return UnderWay(look, self.now, fates)

    def _strict_floor_is_kept(self, look: Look) -> bool:
        since = self.now - self.asked_somebody.get(look, float("-inf"))
        return look not in STRICT or since >= USUAL[look].floor_seconds

    def _calmly(self) -> None:
        for look, at in self.calm_at.items():
            if at > self.now:
                continue
            plan = USUAL[look]
            self.calm_at[look] = max(at + plan.calm_seconds, self.now)
            if look in STRICT and not self.attention.rested(look, self.now):
                continue
            if plan.turns == 1:
                self._start(look, calmly=True)
            elif look not in self.running and look not in self.parts:
                turn = self.turns[look] = self.turns.get(look, -1) + 1
                self.parts[look] = self._ask(
                    look, self.network[look][turn % plan.turns :: plan.turns]
                )

    def _answers(self, *, heard: bool = True) -> None:
        for among in (self.running, self.parts):
            for look, one in list(among.items()):
                if one.ends > self.now:
                    continue
                del among[look]
                if not heard:
                    self.attention.owe(look)
                    continue
                for target, fate in one.fates.items():
                    self.memory.remember(observed(target, fate, one.began, self.memory.epoch))

    def _doubt(self) -> None:
        self.seen = self.memory.seen(
            self.now,
            targets=TARGETS,
            plans=USUAL,
            proxy_configured=False,
            told_cause=None,
            stalled_at=None,
            steady=0.0,
            before=self.seen,
        )
        for one in (*self.running.values(), *self.parts.values()):
            self.attention.unanswered(one.look, one.waits(self.now), self.now, asked=one.began)
        due = self.attention.due(self.now, self.seen, self.running)
        assert len(set(due)) == len(due), f"asked twice in one breath: {due}"
        refill = (self.now - self.counted_at) * EXTRA_ATTEMPTS_PER_MINUTE / 60
        self.left, self.counted_at = min(BUCKET_ATTEMPTS, self.left + refill), self.now
        for look in due:
            # A router that was asked for no doubt is asked anew (decision 0066); nobody else is
            # asked twice at once.
            assert look not in self.running or look is Look.GATEWAY, f"{look} is under way"
            self.running.pop(look, None)
            rested = self.now - self.started.get(look, float("-inf"))
            assert rested >= CONFIRM_AFTER_SECONDS, f"{look} again after {rested} s"
            self._start(look, calmly=False)
            self.left -= len(self.network[look]) if USUAL[look].packets else 0
        assert self.left >= 0, f"{-self.left:.1f} attempts more than the bucket holds: {due}"

    def _tick(self) -> None:
        self._answers()
        self._calmly()
        self._doubt()

    def _void(self, *, but: Look | None = None) -> None:
        """Another network, or another time."""
        self.memory.begin_epoch()
        for among in (self.running, self.parts):
            for look in [one for one in among if one is not but]:
                del among[look]
        self.attention.forget(self.now)
        self._doubt()

    # ---------------------------------------------------------------- what may happen

    @rule(seconds=st.sampled_from((0.5, 1.0, 2.0, 5.0, 12.0, 30.0, 90.0)))
    def time_passes(self, seconds: float) -> None:
        until = self.now + seconds
        while self.now < until:
            busy = self.running or self.parts or self.attention.pending
            self.now = min(until, self.now + (BUSY_SECONDS if busy else IDLE_SECONDS))
            self._tick()

    @rule(look=st.sampled_from(ASKED), fate=st.sampled_from(FATES), every=st.integers(1, 3))
    def some_of_a_look_fail(self, look: Look, fate: Fate, every: int) -> None:
        self._befall(self.network[look][::every], fate)

    @rule(looks=st.sets(st.sampled_from(AWAY), min_size=2), fate=st.sampled_from(FATES))
    def several_looks_fail(self, looks: set[Look], fate: Fate) -> None:
        for look in sorted(looks):
            self._befall(self.network[look], fate)

    @rule(family=st.sampled_from(BOTH))
    def a_family_is_lost(self, family: Family) -> None:
        for look in AWAY:
            self._befall((one for one in self.network[look] if one.family is family), SILENT)

    @rule()
    def a_resolver_lies(self) -> None:
        self._befall(self.network[Look.DNS_EACH][:4], LIE)

    @rule(look=st.sampled_from(ASKED))
    def a_look_is_mended(self, look: Look) -> None:
        self.fates = {key: fate for key, fate in self.fates.items() if key[0] is not look}

    @rule()
    def all_is_mended(self) -> None:
        self.fates = {}

    @rule(cycles=st.integers(2, 5), seconds=st.sampled_from((3.0, 8.0, 20.0, 45.0)))
    def the_line_comes_and_goes(self, cycles: int, seconds: float) -> None:
        for _ in range(cycles):
            for look in AWAY:
                self._befall(self.network[look], SILENT)
            self.time_passes(seconds)
            self.all_is_mended()
            self.time_passes(seconds)

    @rule(network=st.sampled_from(NETWORKS))
    def another_network(self, network: dict[Look, tuple[Target, ...]]) -> None:
        self.network = network
        self._void(but=Look.LINK)

    @rule(seconds=st.sampled_from((10.0, 3600.0)))
    def it_sleeps_and_wakes(self, seconds: float) -> None:
        self.now += seconds
        self._void()

    @rule()
    def the_clock_is_set(self) -> None:
        self.attention.alarm(self.now)

    @rule()
    def the_loop_stood_still(self) -> None:
        self.now += 3.0
        self._answers(heard=False)
        self._tick()

    @rule(look=st.sampled_from((Look.LINK, Look.GATEWAY)))
    def the_kernel_says_that_something_changed(self, look: Look) -> None:
        self._start(look, calmly=False)

    def _befall(self, targets: Iterable[Target], fate: Fate) -> None:
        self.fates |= {(one.look, one.name, one.family): fate for one in targets}


def observed(target: Target, fate: Fate, began: float, epoch: int) -> Observation:
    seconds = seconds_of(fate)
    step, failure, speed = fate or (Step.CONTENT, None, None)
    facts: tuple[Fact, ...] = ()
    if target.look is Look.DNS_EACH and (fate is None or fate is LIE):
        failure = speed = None
        address = "127.0.0.1" if fate is LIE else "17.57.144.1"
        facts = (
            AnswerFact(
                resolver=target.name, name="apple", addresses=(address,), rcode="NOERROR",
                over_https=False,
            ),
        )  # fmt: skip
    ends = began + seconds
    finding = Finding(
        target=target.name,
        operator=target.name,
        family=target.family,
        address="192.0.2.7:443",
        group="control",
        steps=(StepTaken(step=step, seconds=seconds, failure=failure, speed=speed),),
        facts=facts,
        started=began,
        ended=ends,
    )
    return Observation(
        look=target.look,
        finding=finding,
        epoch=epoch,
        started=began,
        ended=ends,
        at=EPOCH + timedelta(seconds=began),
    )


TestLife = Life.TestCase
TestLife.settings = settings(
    max_examples=40, stateful_step_count=25, deadline=None, derandomize=True
)
