"""What is made of several looks at one target: failures in a row, and failures by chance."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
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
LEAST = NEEDED[0][1]
ENOUGH_TO_COUNT = 20
CHANCES_NEEDED = 2  # once is no rate
OPERATORS_NEEDED = 2
# What these ask never goes where packets are lost; the last is what counts them.
NEVER_LEAVES = frozenset({Look.SELF, Look.LINK, Look.GATEWAY, Look.LINE})
OWN_TROUBLE = frozenset({Failure.INTERRUPTED, Failure.NOT_RUN, Failure.SELF_FD_EXHAUSTED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Chances:
    """What one look shows of failing by chance."""

    asked: int  # attempts of the last minutes
    failed: tuple[Observation, ...]  # those of them that failed by chance


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


def patience(chances: Mapping[Look, Chances]) -> dict[Look, int]:
    """How many failures in a row it takes, by how often each look fails by chance here.

    A look that cannot show that, because it is made seldom or asks one target at a time, goes by
    all looks together, where two operators at least show it: then it is the line.
    """
    everywhere = [one for found in chances.values() for one in found.failed]
    shared = LEAST
    if len({one.finding.operator for one in everywhere}) >= OPERATORS_NEEDED:
        shared = _needed(len(everywhere), sum(found.asked for found in chances.values()))
    return {
        look: _needed(len(found.failed), found.asked)
        if len(found.failed) >= CHANCES_NEEDED and found.asked >= ENOUGH_TO_COUNT
        else shared
        for look, found in chances.items()
    }


def chances(
    history: Mapping[Key, Sequence[Observation]],
    before: Mapping[Look, Chances],
    changed: Collection[Look],
) -> dict[Look, Chances]:
    """What each look that leaves this host shows of chance; of those unchanged, as before."""
    by_look: dict[Look, list[Sequence[Observation]]] = {}
    for key, seen in history.items():
        if key[0] not in NEVER_LEAVES:
            by_look.setdefault(key[0], []).append(seen)
    return {
        look: before[look]
        if look in before and look not in changed
        else Chances(asked=sum(map(len, mine)), failed=_by_chance(mine))
        for look, mine in by_look.items()
    }


def _needed(chances: int, asked: int) -> int:
    if asked < ENOUGH_TO_COUNT or chances < CHANCES_NEEDED:
        return LEAST
    return max(needed for rate, needed in NEEDED if chances / asked >= rate)


def _by_chance(mine: Sequence[Sequence[Observation]]) -> tuple[Observation, ...]:
    """What failed alone, while others of the same moment passed, and passed the next time."""
    return tuple(
        failed
        for seen in mine
        for later, failed in pairwise(seen)
        if not failed.finding.passed
        and later.finding.passed
        and failed_by_the_world(failed)
        and _passed_beside(mine, failed)
    )


def _passed_beside(histories: Iterable[Sequence[Observation]], failed: Observation) -> bool:
    """At least half of what the same look asked in the same moment passed."""
    beside = [
        one.finding.passed
        for seen in histories
        for one in seen
        if one is not failed and abs(one.started - failed.started) < APART_SECONDS
    ]
    return bool(beside) and 2 * sum(beside) >= len(beside)
