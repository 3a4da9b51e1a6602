"""How fast this host's clock runs away, from what time servers said over hours.

Least squares of offset on time, per server, over one uninterrupted run of this clock. Told only
where the 95 % interval of most servers lies beyond what every clock is granted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import sqrt
from statistics import fmean, linear_regression

from probe.model import OffsetFact
from probe.verdict.seen import Seen, once
from probe.verdict.signals.offsets import Agreed, Interval, marzullo

LEAST_SAMPLES = 8
LEAST_SECONDS = 3600.0
MOST_SECONDS = 6 * 3600.0  # beyond, the room's temperature bends the line
STUDENT_T = 2.447  # 97.5 % of Student's t with 6 degrees of freedom, of 8 samples; more need less
PPM = 1e6
# The frequency error that NTP grants to any clock (PHI of RFC 5905): below, nothing is told.
GRANTED_PPM = 15.0
# Slewing moves both clocks alike, so any difference is a step: as the look at time servers has it.
STEP_SECONDS = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    at: float  # on the clock that counts suspend
    offset: float  # positive: this host is behind
    steady: float | None


@once
def drift(seen: Seen) -> Agreed | None:
    """This clock's drift in ppm, positive when it loses; None when none can be told.

    Two servers must agree: one alone may itself be what drifts.
    """
    slopes: dict[str, Interval] = {}
    for source, samples in by_source(seen).items():
        slope = slope_of(samples)
        if slope is not None:
            slopes[source] = slope
    agreed = marzullo(slopes)
    if agreed is None or len(agreed.sources) < 2:
        return None
    return agreed if agreed.beyond(GRANTED_PPM) else None


def by_source(seen: Seen) -> dict[str, tuple[Sample, ...]]:
    found: dict[str, list[Sample]] = {}
    for one in sorted(seen.timed, key=lambda one: one.ended):
        if not seen.within(seen.since(one.ended), MOST_SECONDS):
            continue
        for fact in one.finding.facts:
            if isinstance(fact, OffsetFact):
                middle = (fact.low_seconds + fact.high_seconds) / 2
                sample = Sample(at=one.ended, offset=middle, steady=fact.steady)
                found.setdefault(fact.source, []).append(sample)
    return {source: since_set(samples, seen) for source, samples in found.items()}


def since_set(samples: Sequence[Sample], seen: Seen) -> tuple[Sample, ...]:
    """The samples since this clock was last set: a step is no drift."""
    first = 0
    for number, (before, after) in enumerate(pairwise(samples), start=1):
        if was_set(before.steady, after.steady):
            first = number
    last = samples[-1]
    if was_set(last.steady, seen.steady):
        return ()
    return tuple(samples[first:])


def was_set(before: float | None, after: float | None) -> bool:
    if before is None or after is None:
        return False
    return abs(after - before) > STEP_SECONDS


def slope_of(samples: Sequence[Sample]) -> Interval | None:
    """The 95 % interval of the slope in ppm; None over too few samples or too short a time."""
    xs, ys = [one.at for one in samples], [one.offset for one in samples]
    if len(xs) < LEAST_SAMPLES or xs[-1] - xs[0] < LEAST_SECONDS:
        return None
    slope, start = linear_regression(xs, ys)
    middle = fmean(xs)
    spread = sum((x - middle) ** 2 for x in xs)
    left = sum((one.offset - start - slope * one.at) ** 2 for one in samples)
    error = STUDENT_T * sqrt(left / (len(xs) - 2) / spread)
    return (slope - error) * PPM, (slope + error) * PPM
