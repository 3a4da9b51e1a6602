"""How long things usually take here: each target's own past, so that a slow line is not a fault."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from probe.model import Finding, GreetingFact, Observation
from probe.verdict.past import Key
from probe.words import Step

# How much of a new look is taken into what is usual. A first look may have been a slow one.
FOLLOW, FOLLOW_FASTER = 0.05, 0.5
# What is slow is followed too, over hours: a new provider is a new usual.
FOLLOW_SLOW = 0.01
SLOW_FACTOR = 3.0
SLOW_SECONDS = 0.1  # less than this nobody feels, and a busy machine makes it


def way_seconds(finding: Finding) -> float:
    """What the way and the far end took: all steps but the name, without what was waited for in
    vain before they were asked again."""
    took = sum(step.seconds for step in finding.steps if step.step is not Step.RESOLVE)
    in_vain = sum(f.waited_seconds for f in finding.facts if isinstance(f, GreetingFact))
    return max(0.0, took - in_vain)


def trip_seconds(finding: Finding) -> float | None:
    """One round trip: the connection, which asks nothing of the far end's programs or of ours."""
    return next((step.seconds for step in finding.steps if step.step is Step.CONNECT), None)


def is_slow(seconds: float, usual: float | None) -> bool:
    return usual is not None and seconds >= max(usual * SLOW_FACTOR, usual + SLOW_SECONDS)


@dataclass(slots=True)
class Usual:
    """Learns from every look that passed: the whole way of each target and family, and one trip."""

    _seconds: dict[Key, float] = field(default_factory=dict)
    _trips: dict[Key, float] = field(default_factory=dict)

    def learn(self, observation: Observation) -> None:
        finding = observation.finding
        if not finding.passed:
            return
        key = (observation.look, finding.target, finding.family)
        follow(self._seconds, key, way_seconds(finding))
        trip = trip_seconds(finding)
        if trip is not None:
            follow(self._trips, key, trip)

    def forget(self) -> None:
        """Another network has another usual."""
        self._seconds.clear()
        self._trips.clear()

    @property
    def seconds(self) -> Mapping[Key, float]:
        return self._seconds

    @property
    def trips(self) -> Mapping[Key, float]:
        return self._trips


def follow(usual: dict[Key, float], key: Key, seconds: float) -> None:
    before = usual.setdefault(key, seconds)
    share = FOLLOW_FASTER if seconds < before else FOLLOW
    if is_slow(seconds, before):
        share = FOLLOW_SLOW
    usual[key] = before + share * (seconds - before)
