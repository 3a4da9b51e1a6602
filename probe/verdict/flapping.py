"""A line that comes and goes: Nagios' formula (flapping.c, defaults.h). Pure.

The last 21 states, a change between two counting 0.75 when it is the oldest and 1.25 when it is the
newest. Flapping begins at 30 % of all possible changes and ends under 20 %. It freezes what is
told, never what is looked at.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise

from probe.model import NoteSaid, Verdict
from probe.verdict.settle import PASSING
from probe.words import Cause, Certainty, Code, Note

STATES = 21  # MAX_STATE_HISTORY_ENTRIES
OLDEST, NEWEST = 0.75, 1.25
STARTS, STOPS = 0.30, 0.20  # Nagios' sample configuration: high and low flap threshold
# A state every so often, so that faults and recoveries of some ten seconds each count one by one:
# both are told within 35 s (product.md 9), so slower changes are news, each of them.
EVERY_SECONDS = 10.0
SAID = "It comes and goes; what is told waits until it stays the same for a few minutes."


@dataclass(frozen=True, slots=True)
class Flapping:
    """What the last minutes looked like."""

    states: tuple[bool, ...] = ()  # something was wrong; oldest first
    sampled_at: float = float("-inf")  # on the clock that counts suspend
    on: bool = False


def changes(states: tuple[bool, ...]) -> float:
    """The weighted share of possible changes that happened, 0 to 1. Missing states changed
    nothing."""
    possible = STATES - 1
    pairs = list(pairwise(states))
    first = possible - len(pairs)
    weighted = sum(
        OLDEST + (first + number) * (NEWEST - OLDEST) / (possible - 1)
        for number, (one, other) in enumerate(pairs)
        if one != other
    )
    return weighted / possible


def sample(before: Flapping, verdict: Verdict, elapsed: float) -> Flapping:
    """Take in what is judged at a moment; not knowing is no change."""
    if elapsed - before.sampled_at < EVERY_SECONDS:
        return before
    known = verdict.code is not Code.UNKNOWN
    last = before.states[-1] if before.states else False
    states = (*before.states, wrong(verdict) if known else last)[-STATES:]
    share = changes(states)
    on = share > STOPS if before.on else share >= STARTS
    return Flapping(states=states, sampled_at=elapsed, on=on)


def wrong(verdict: Verdict) -> bool:
    """Something that people would be told of."""
    return verdict.code not in {Code.OK, Code.UNKNOWN} and verdict.cause is not Cause.RECOVERING


def frozen(flapping: Flapping, told: Verdict | None, verdict: Verdict) -> bool:
    """Whether a new verdict is kept back: the fault that was told is there every other moment."""
    if not flapping.on or told is None or not wrong(told) or verdict.told_as == told.told_as:
        return False
    if verdict.cause in PASSING or verdict.cause is Cause.SELF_IMPAIRED:
        return False
    better = told.certainty is Certainty.LOW and verdict.certainty is not Certainty.LOW
    return not (better and wrong(verdict))


def noted(verdict: Verdict) -> Verdict:
    """The same verdict, with the note that it comes and goes."""
    note = NoteSaid(code=Note.FLAPPING, said=SAID)
    return verdict if note in verdict.notes else replace(verdict, notes=(*verdict.notes, note))
