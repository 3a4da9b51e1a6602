"""What is made of several looks at one target: failures in a row, and failures by chance."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import TypeAlias

from probe.model import Observation
from probe.words import Failure, Family, Look, Speed, Step

Key: TypeAlias = tuple[Look, str, Family]

# Two failures this close together are one look at one moment, not two.
APART_SECONDS = 0.5
# For what only many looks can show: ten at the usual pace of a minute.
HISTORY_SECONDS = 600.0
# Wald's SPRT for a false alarm in 10,000 (diagnosis.md (e)): the share of looks that fail by chance
# and how many in a row then prove a fault.
NEEDED = ((0.0, 2), (0.01, 3), (0.04, 4), (0.08, 5))
ENOUGH_TO_COUNT = 20
OWN_TROUBLE = frozenset({Failure.INTERRUPTED, Failure.NOT_RUN, Failure.SELF_FD_EXHAUSTED})


def failed_by_the_world(observation: Observation) -> bool:
    """It failed, and not by our own trouble, which is evidence against nobody."""
    step = observation.finding.failed
    return step is not None and step.step is not Step.OURS and step.failure not in OWN_TROUBLE


def fell_at_its_name(observation: Observation) -> bool:
    step = observation.finding.failed
    return step is not None and step.step is Step.RESOLVE


def wrong_since(observation: Observation) -> float:
    """When it was wrong already, at the latest: what meets silence meets it from the first packet
    of its step on; what is answered wrongly is known when the answer comes."""
    failed = observation.finding.failed
    silent = failed is not None and failed.speed is Speed.SILENT
    return observation.ended - (failed.seconds if failed is not None and silent else 0.0)


def began(newest_first: Sequence[Observation]) -> Observation | None:
    """The first of the failures that stand unbroken at the end, and of one kind, as `in_a_row`
    counts them. Our own trouble between them breaks nothing; None: the newest is no failure."""
    first: Observation | None = None
    for one in newest_first:
        if one.finding.passed:
            break
        if not failed_by_the_world(one):
            continue
        if first is not None and fell_at_its_name(one) != fell_at_its_name(first):
            break
        first = one
    return first


def in_a_row(newest_first: Sequence[Observation]) -> int:
    """How many failures in a row, each some time after the one before, and of one kind: all before
    or all after the name was found."""
    failures = 0
    last: Observation | None = None
    for one in newest_first:
        if not failed_by_the_world(one):
            break
        if last is not None and fell_at_its_name(one) != fell_at_its_name(last):
            break
        if last is None or last.started - one.started >= APART_SECONDS:
            failures, last = failures + 1, one
    return failures


def patience(history: Mapping[Key, Sequence[Observation]], look: Look) -> int:
    """How many failures in a row it takes, by how often this look fails by chance here.

    By chance: it failed alone, while others of the same moment passed, and passed the next time.
    """
    mine = [seen for key, seen in history.items() if key[0] is look]
    asked = sum(map(len, mine))
    if asked < ENOUGH_TO_COUNT:
        return NEEDED[0][1]
    fell = [
        failed
        for seen in mine
        for later, failed in pairwise(seen)
        if not failed.finding.passed and later.finding.passed and failed_by_the_world(failed)
    ]
    if len(fell) < 2:  # once is no rate
        return NEEDED[0][1]
    alone = sum(_passed_beside(mine, failed) for failed in fell)
    if alone < 2:
        return NEEDED[0][1]
    return max(needed for rate, needed in NEEDED if alone / asked >= rate)


def _passed_beside(histories: Iterable[Sequence[Observation]], failed: Observation) -> bool:
    """At least half of what the same look asked in the same moment passed."""
    beside = [
        one.finding.passed
        for seen in histories
        for one in seen
        if one is not failed and abs(one.started - failed.started) < APART_SECONDS
    ]
    return bool(beside) and 2 * sum(beside) >= len(beside)
