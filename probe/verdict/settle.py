"""What is told, since when, and when a new verdict replaces it. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from probe.model import Turn, Verdict
from probe.verdict.table import ONE_INCIDENT, same_incident
from probe.words import Blame, Cause, Certainty, Code

# Shown while the first sweep runs; never told, so never a turn.
PASSING = frozenset({Cause.STARTING_UP, Cause.RESUMED, Cause.NETWORK_CHANGED})

UNCLEAR = frozenset({Cause.AMBIGUOUS, Cause.CONTROLS_UNKNOWN})

# Not knowing may be the gap between a first failure and the look that confirms it: a second's wait
# and the longest timeout among the looks of a sweep but the feeds' (probe/looks.py: 7 s).
GAP_SECONDS = 8.0
# A machine that was busy for a moment is no news for anybody; one that stays busy is.
OWN_TROUBLE_SECONDS = 60.0
# Silence is told once it has lasted so long, by the first packet that was lost. A connection is
# waited for 5 s (probe/reach.py), and what failed is asked again at once: what lasted 5 s is over
# before it is told. The rest is as long as a look is left waiting before it counts as a symptom
# (probe/attention.py). It was counted from when anything began to wait to be told, and an outage of
# 4.7 s was told after its end (benchmarks/false_alarms.py).
SILENCE_SECONDS = 5.0 + 1.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """The verdict that people were told, and what is shown at this moment."""

    shown: Verdict
    told: Verdict | None = None  # None until the first sweep has been judged
    since: datetime | None = None  # when `told` was first told
    waits: Verdict | None = None  # a new verdict that must last before it is told
    waits_since: float = 0.0  # on the clock that counts suspend

    @classmethod
    def again(cls, *, told: Verdict, since: datetime, shown: Verdict) -> Told:
        """After a restart: what was told before it, and what is shown until the first sweep."""
        return cls(shown=shown, told=told, since=since)


def hold_seconds(
    told: Verdict, verdict: Verdict, *, confirming: bool, confirmations: int = 1
) -> float:
    """How long a new verdict must last before it is told.

    `confirming`: a look is under way that could still change it; `confirmations`: how many in a row
    make sure here (`past.patience`), and not knowing may be the gap of all of them. A first symptom
    beside evidence of a moment ago looks like many things, and surely so. A fall from a known fault
    into not knowing always waits. Evidence that has merely grown old never props up an `ok`.
    """
    if by_the_kernel(verdict):
        return 0.0
    falls = verdict.cause is Cause.INSUFFICIENT_EVIDENCE
    known_fault = told.code not in {Code.OK, Code.UNKNOWN}
    if confirming and falls:
        return GAP_SECONDS * confirmations
    return GAP_SECONDS if confirming or (falls and known_fault) else 0.0


def by_the_kernel(verdict: Verdict) -> bool:
    """The kernel's own tables say it: they need no second look."""
    return verdict.code is Code.LOCAL_LINK and verdict.certainty is Certainty.HIGH


def settle(
    before: Told,
    verdict: Verdict,
    *,
    at: datetime,
    elapsed: float,
    confirming: bool = False,
    confirmations: int = 1,
    silent_seconds: float = float("inf"),
    meanwhile: Verdict | None = None,
) -> Told:
    """Take in a new verdict. `at` labels what is told; `elapsed` measures how long it lasted.

    `confirming`: a look that could still change it is under way; `confirmations`: how many in a row
    make sure here. `silent_seconds`: how long what the verdict rests on has been silent; endless
    where it rests on no silence. `meanwhile`: what is shown while a new verdict waits, in place of
    the one that was told; no turn either.
    """
    if verdict.cause in PASSING:
        return replace(before, shown=verdict, waits=None)
    if before.told is None or before.since is None:
        return Told(shown=verdict, told=verdict, since=at)
    if verdict.told_as == before.told.told_as:
        return Told(shown=verdict, told=verdict, since=before.since)
    if verdict.cause is Cause.SELF_IMPAIRED:
        return _own_trouble(before, verdict, at=at, elapsed=elapsed)
    # However the verdict changes meanwhile, the wait is one; but blame of Apple never inherits it.
    accuses = verdict.blame is Blame.APPLE
    inherits = (
        before.waits is not None
        and before.waits.cause is not Cause.SELF_IMPAIRED
        and (not accuses or before.waits.blame is Blame.APPLE)
    )
    waits_since = before.waits_since if inherits else elapsed
    hold = hold_seconds(before.told, verdict, confirming=confirming, confirmations=confirmations)
    outlasts = silent_seconds >= SILENCE_SECONDS or by_the_kernel(verdict)
    if elapsed - waits_since >= hold and outlasts:
        # Suspected, then acknowledged, is one incident: it began when it was first told.
        stays = {before.told.code, verdict.code} <= ONE_INCIDENT
        return Told(shown=verdict, told=verdict, since=before.since if stays else at)
    # What was told before a restart or on another network is no answer to show meanwhile.
    # Nor is it after a while in which this process could not be believed.
    passing = before.shown.cause in PASSING | {Cause.SELF_IMPAIRED}
    shown = before.shown if passing else meanwhile or before.told
    return replace(before, shown=shown, waits=verdict, waits_since=waits_since)


def _own_trouble(before: Told, verdict: Verdict, *, at: datetime, elapsed: float) -> Told:
    """That this process cannot be believed is shown at once; it is told when it does not pass."""
    waits = before.waits
    known = waits is not None and waits.cause is Cause.SELF_IMPAIRED
    since = before.waits_since if known else elapsed
    if elapsed - since >= OWN_TROUBLE_SECONDS:
        return Told(shown=verdict, told=verdict, since=at)
    return replace(before, shown=verdict, waits=verdict, waits_since=since)


def turn_of(before: Told, after: Told, *, at: datetime) -> Turn | None:
    """The change that people are told of, if there is one. The first verdict ever is none."""
    if before.told is None or after.told is None:
        return None
    if before.told.told_as == after.told.told_as:
        return None
    return Turn(at=at, before=before.told, after=after.told)


def is_one_incident(turn: Turn) -> bool:
    """Suspected that becomes acknowledged is one incident, not two. What was not clear yet is the
    beginning of what it turns out to be."""
    unclear = turn.before.cause in UNCLEAR
    return unclear or same_incident(turn.before.code, turn.after.code)
