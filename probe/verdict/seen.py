"""What has been seen and may still be used: observations by target, with soft told from hard.

A first failure is soft: it asks for another look and accuses nobody. Two failures of one target,
or failures of two targets that answer the same question, are hard. Patience lives here, never in a
probe: a look is one honest attempt.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from probe.looks import PLAN, Plan
from probe.model import Fact, Observation
from probe.targets import Targets
from probe.words import Failure, Family, Look, Speed, Step

Key: TypeAlias = tuple[Look, str, Family]
Witness: TypeAlias = tuple[Look, str]

# Two failures this close together are one look at one moment, not two.
APART_SECONDS = 0.5
# Push on this network within seven days shows that its port is let out (correction 3).
PORT_MEMORY_SECONDS = 7 * 86400.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where one target over one family stands."""

    key: Key
    newest: Observation
    before: Observation | None  # the one before, when it is usable too

    @property
    def passed(self) -> bool:
        return self.newest.finding.passed

    @property
    def failed(self) -> bool:
        """It failed for a reason of the world."""
        return failed_by_the_world(self.newest)

    @property
    def speaks(self) -> bool:
        """It says something about the world; our own trouble says nothing about anybody."""
        return self.passed or self.failed

    @property
    def hard(self) -> bool:
        """It failed twice, some time apart, and both times before or both times after its name."""
        return (
            self.failed
            and self.before is not None
            and failed_by_the_world(self.before)
            and self.unresolved == fell_at_its_name(self.before)
            and self.newest.started - self.before.started >= APART_SECONDS
        )

    @property
    def failure(self) -> Failure | None:
        step = self.newest.finding.failed
        return step.failure if step else None

    @property
    def failed_at(self) -> Step | None:
        step = self.newest.finding.failed
        return step.step if step else None

    @property
    def silent(self) -> bool:
        step = self.newest.finding.failed
        return step is not None and step.speed is Speed.SILENT

    @property
    def unresolved(self) -> bool:
        """It fell at its name: that is evidence about DNS, not about the far end."""
        return fell_at_its_name(self.newest)


def failed_by_the_world(observation: Observation) -> bool:
    """It failed, and not by our own trouble, which is evidence against nobody."""
    step = observation.finding.failed
    return (
        step is not None
        and step.step is not Step.OURS
        and step.failure not in {Failure.INTERRUPTED, Failure.NOT_RUN}
    )


def fell_at_its_name(observation: Observation) -> bool:
    step = observation.finding.failed
    return step is not None and step.step is Step.RESOLVE


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """Everything a signal may be derived from, at one moment."""

    now: float
    standings: tuple[Standing, ...]
    targets: Targets
    witnesses: frozenset[Witness] = frozenset()
    proxy_configured: bool = False
    push_seen_seconds_ago: float | None = None  # on this very network
    set_aside: frozenset[Witness] = field(default_factory=frozenset)
    was_open: bool = False  # this very network led to the internet before, with no page in the way
    # The wall clock minus the clock that counts suspend, now. None: not kept.
    steady: float | None = None
    # What time servers said on this network, oldest first, however old: a drift is told over hours.
    timed: tuple[Observation, ...] = ()

    def of(self, look: Look, *, group: str | None = None) -> tuple[Standing, ...]:
        """The standings of one look, of one group of it when that is asked for.

        Only those that say something about the world; the look at ourselves is about ourselves.
        """
        return tuple(
            standing
            for standing in self.standings
            if standing.key[0] is look
            and (standing.speaks or look is Look.SELF)
            and (group is None or standing.newest.finding.group == group)
        )

    def age(self, observations: Iterable[Observation]) -> float | None:
        """Seconds since the newest of them ended."""
        ends = [observation.ended for observation in observations]
        return max(0.0, self.now - max(ends)) if ends else None

    def without(self, void_before: Mapping[Look, float]) -> Seen:
        """The same without what these looks said before these moments."""
        fresh = (
            standing
            for standing in self.standings
            if standing.newest.started >= void_before.get(standing.key[0], float("-inf"))
        )
        return replace(self, standings=tuple(fresh))

    def was_right(self, standing: Standing) -> bool:
        """This witness has been right here before; only such a one may accuse."""
        return (standing.key[0], standing.key[1]) in self.witnesses


def look_back(
    observations: Iterable[Observation],
    *,
    now: float,
    epoch: int,
    targets: Targets,
    plans: Mapping[Look, Plan] = PLAN,
    witnesses: frozenset[Witness] = frozenset(),
    proxy_configured: bool = False,
    push_seen_seconds_ago: float | None = None,
    set_aside: frozenset[Witness] = frozenset(),
    was_open: bool = False,
    steady: float | None = None,
    timed: Iterable[Observation] = (),
) -> Seen:
    """Keep what is usable now: of this network, and young enough. Order does not matter."""
    by_key: dict[Key, dict[float, Observation]] = {}
    for observation in observations:
        plan = plans.get(observation.look)
        if plan is None or not usable(observation, now, epoch, plan):
            continue
        finding = observation.finding
        key = (observation.look, finding.target, finding.family)
        by_key.setdefault(key, {})[observation.started] = observation
    return Seen(
        now=now,
        standings=tuple(standing_of(key, by_key[key]) for key in sorted(by_key) if by_key[key]),
        targets=targets,
        witnesses=witnesses,
        proxy_configured=proxy_configured,
        push_seen_seconds_ago=push_seen_seconds_ago,
        set_aside=set_aside,
        was_open=was_open,
        steady=steady,
        timed=tuple(one for one in timed if one.epoch == epoch),
    )


def usable(observation: Observation, now: float, epoch: int, plan: Plan) -> bool:
    return observation.epoch == epoch and now - observation.ended <= plan.max_age_seconds


def standing_of(key: Key, by_start: Mapping[float, Observation]) -> Standing:
    starts = sorted(by_start, reverse=True)
    return Standing(
        key=key,
        newest=by_start[starts[0]],
        before=by_start[starts[1]] if len(starts) > 1 else None,
    )


def targets_of(standings: Iterable[Standing]) -> set[str]:
    return {standing.key[1] for standing in standings}


def operators_of(standings: Iterable[Standing]) -> set[str]:
    return {standing.newest.finding.operator for standing in standings}


def confirmed(failing: Iterable[Standing]) -> bool:
    """These failures agree: two targets say it, or one says it twice."""
    failing = tuple(failing)
    return len(targets_of(failing)) >= 2 or any(standing.hard for standing in failing)


def observations_of(standings: Iterable[Standing]) -> tuple[Observation, ...]:
    return tuple(standing.newest for standing in standings)


def facts_of(standings: Iterable[Standing]) -> list[tuple[Standing, Fact]]:
    return [(s, fact) for s in standings for fact in s.newest.finding.facts]


def sentence(standings: Iterable[Standing], otherwise: str) -> str:
    """The first of their own sentences, or another."""
    said = (standing.newest.finding.said for standing in standings)
    return next((one for one in said if one), otherwise)
