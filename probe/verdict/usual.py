"""How long things usually take here: each target's own past, so that a slow line is not a fault."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from probe.model import DialFact, Finding, GreetingFact, Observation
from probe.verdict.past import Key
from probe.words import Step

# The quickest of the first: everything is asked at once when the program starts, and may be late.
FIRST_LOOKS = 5
# How much of a look that was quicker is taken into what is usual.
FOLLOW_QUICKER = 0.5
# And of others for each minute since the look before, whoever is asked more often: else a line that
# became longer would be usual to one long before it is to another. What is slow is followed too,
# over hours: a new provider is a new usual.
FOLLOW_PER_MINUTE, FOLLOW_SLOW_PER_MINUTE = 0.05, 0.01
LONGEST_PAUSE_SECONDS = 300.0  # after a longer one nothing is known of the time between
SLOW_FACTOR = 3.0
SLOW_SECONDS = 0.1  # less than this nobody feels, and a busy machine makes it
# What is not slow may still be much slower than usual; that is as usual which comes near it.
AS_USUAL_FACTOR = 1.5
AS_USUAL_SECONDS = 0.05


def way_seconds(finding: Finding) -> float:
    """What the way and the far end took: all steps but the name, without what was waited for in
    vain before they were asked again."""
    took = sum(step.seconds for step in finding.steps if step.step is not Step.RESOLVE)
    in_vain = sum(f.waited_seconds for f in finding.facts if isinstance(f, GreetingFact))
    return max(0.0, took - in_vain)


def trip_seconds(finding: Finding) -> float | None:
    """One round trip, which asks nothing of the far end's programs or of ours: as the kernel saw
    it, or how long the connection took to be made."""
    seen = (f.trip_seconds for f in finding.facts if isinstance(f, DialFact))
    connect = (step.seconds for step in finding.steps if step.step is Step.CONNECT)
    return next((seconds for seconds in seen if seconds is not None), next(connect, None))


def is_slow(seconds: float, usual: float | None) -> bool:
    return usual is not None and seconds >= max(usual * SLOW_FACTOR, usual + SLOW_SECONDS)


def is_as_usual(seconds: float, usual: float) -> bool:
    """Stricter than not slow: while a new usual is learned, hours after the line became longer, one
    is slow no more that is far from its usual yet, and is no measure for another that is."""
    return seconds < max(usual * AS_USUAL_FACTOR, usual + AS_USUAL_SECONDS)


@dataclass(slots=True)
class Usual:
    """Learns from every look that passed: the whole way of each target and family, and one trip."""

    _seconds: dict[Key, float] = field(default_factory=dict)
    _trips: dict[Key, float] = field(default_factory=dict)
    _learned_at: dict[Key, float] = field(default_factory=dict)
    _looks: Counter[Key] = field(default_factory=Counter)

    def learn(self, observation: Observation) -> None:
        finding = observation.finding
        if not finding.passed:
            return
        key = (observation.look, finding.target, finding.family)
        pause = observation.ended - self._learned_at.get(key, observation.ended)
        self._learned_at[key] = observation.ended
        self._looks[key] += 1
        is_first = self._looks[key] <= FIRST_LOOKS
        follow(self._seconds, key, way_seconds(finding), pause, is_first=is_first)
        trip = trip_seconds(finding)
        if trip is not None:
            follow(self._trips, key, trip, pause, is_first=is_first)

    def forget(self) -> None:
        """Another network has another usual."""
        self._seconds.clear()
        self._trips.clear()
        self._learned_at.clear()
        self._looks.clear()

    @property
    def seconds(self) -> Mapping[Key, float]:
        """As it is now: what is handed out is part of what was seen, and learns no more."""
        return dict(self._seconds)

    @property
    def trips(self) -> Mapping[Key, float]:
        return dict(self._trips)


def follow(
    usual: dict[Key, float], key: Key, seconds: float, pause: float, *, is_first: bool
) -> None:
    """`pause`: seconds since the look before. `is_first`: one of the first few."""
    before = usual.setdefault(key, seconds)
    rate = FOLLOW_SLOW_PER_MINUTE if is_slow(seconds, before) else FOLLOW_PER_MINUTE
    share = 1.0 - (1.0 - rate) ** (min(pause, LONGEST_PAUSE_SECONDS) / 60.0)
    if seconds < before:
        share = 1.0 if is_first else FOLLOW_QUICKER
    usual[key] = before + share * (seconds - before)
