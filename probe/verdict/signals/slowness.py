"""Apple answers, and late: most of its network, or one host of it, while the line is as it was.

Everybody's looks are compared with their own past. A line that becomes longer makes all late, and
whoever is asked next shows it first: Apple is asked every few seconds, a reference once a minute.
So Apple's lateness counts only where references were asked meanwhile, after some of the late looks
and before others, and took what they usually take.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import takewhile
from statistics import median

from probe.looks import APPLE_LOOKS
from probe.model import Observation
from probe.verdict.past import Key
from probe.verdict.seen import Seen, Standing, once
from probe.verdict.signals.line import REFERENCES, apples_own, count, dials, dials_of, just_failed
from probe.verdict.usual import is_as_usual, is_slow, trip_seconds, way_seconds
from probe.words import Cause, Look

LATE_TARGETS, LATE_LOOKS = 3, 2
MOST, MOST_WHEN_TOLD = 0.5, 0.3  # of Apple's; once told, it is told until fewer are, so no flapping
# A sweep asks everybody within a second or two, which a small machine may take longer for: the last
# come late, and the references were among the first.
LATE_APART_SECONDS = 10.0
REFERENCE_LOOKS, REFERENCE_OPERATORS = 3, 2
REFERENCES_AS_USUAL = 0.75  # of them: one of four may have a bad minute of its own
# One host alone: late by what a person feels (Nielsen's 1 s: the flow of thought is kept below it),
# at three calm looks.
LATE_SECONDS = 1.0
LATE_IN_A_ROW = 3
LATE_FOR_SECONDS = 60.0


@once
def apple_is_slow(seen: Seen) -> bool:
    """Most of Apple's own network is much slower than its own past, and others meanwhile are not.

    Where connections lose packets, what comes late may have been sent again: on a line that loses
    5 % either way, that was called Apple's slowness four times in two hours
    (benchmarks/false_alarms.py).
    """
    passing = [one for one in apples_own(seen) if one.passed]
    slow = [one for one in passing if is_much_slower(seen, one)]
    known = seen.told_cause is Cause.APPLE_SLOW
    if just_failed(seen) or loses_packets(seen):
        return False
    if len(slow) <= (MOST_WHEN_TOLD if known else MOST) * len(passing):
        return False
    targets, looks = {one.key[:2] for one in slow}, {one.key[0] for one in slow}
    if not known and (len(targets) < LATE_TARGETS or len(looks) < LATE_LOOKS):
        return False
    # Two of them on either side: one alone may have been late for a reason of its own.
    moments = sorted(one.newest.started for one in slow)
    return len(moments) > 1 and others_as_usual(seen, moments[1], moments[-2])


@once
def dragging(seen: Seen) -> tuple[Standing, ...]:
    """Single hosts of Apple's that have answered late several times running, while the others and
    the references do not: they are busy, or the way lets through little of what is for them."""
    hosts = [one for one in seen.of(Look.APPLE_WEB) if one.passed]
    late = tuple(one for one in hosts if drags(seen, one.key))
    return late if 2 * len(late) <= len(hosts) and not just_failed(seen) else ()


def drags(seen: Seen, key: Key) -> bool:
    """Late every time, for a minute: what fills a line, or ends, makes all late for a moment."""
    usual = seen.usual.get(key)
    running = list(takewhile(lambda one: is_late(one, usual), seen.history.get(key, ())))
    return (
        len(running) >= LATE_IN_A_ROW
        and running[0].started - running[-1].started >= LATE_FOR_SECONDS
        and others_as_usual(seen, running[-1].started, running[0].started)
    )


def is_late(one: Observation, usual: float | None) -> bool:
    took = way_seconds(one.finding)
    return (
        usual is not None
        and one.finding.passed
        and is_slow(took, usual)
        and took - usual >= LATE_SECONDS
    )


def others_as_usual(seen: Seen, since: float, until: float) -> bool:
    """The references asked between these moments (of the clock of looks) took what is usual."""
    known = seen.told_cause is Cause.APPLE_SLOW  # then a time without one of them is no news
    if until - since < LATE_APART_SECONDS and not known:
        return False
    asked = [
        (one.finding.operator, all(is_as_usual(now, usual) for now, usual in took))
        for key, observations in seen.history.items()
        if key[0] in REFERENCES
        for one in observations
        if since <= one.started <= until and one.finding.passed
        for took in [measures(seen, one, key)]
        if took
    ]
    usual = [operator for operator, is_usual in asked if is_usual]
    enough = len(usual) >= REFERENCE_LOOKS and len(set(usual)) >= REFERENCE_OPERATORS
    return (enough or known) and len(usual) >= REFERENCES_AS_USUAL * len(asked)


def is_much_slower(seen: Seen, one: Standing) -> bool:
    """Than usual: one trip already, or the whole of it, by what a person feels.

    By less, it may be one lost segment, sent again after 0.2 s at least (Linux, TCP_RTO_MIN): on a
    line that loses 1 % either way four of Apple's hosts had met one, and no reference
    (benchmarks/false_alarms.py).
    """
    trip = trip_seconds(one.newest.finding)
    longer = trip is not None and is_slow(trip, seen.usual_trip.get(one.key))
    return longer or is_late(one.newest, seen.usual.get(one.key))


def measures(seen: Seen, one: Observation, key: Key) -> Sequence[tuple[float, float]]:
    """What it took, and what it usually takes: the whole way, and one trip where both are known.

    A burst lasts as long as it is made to: of it, the trips, as of a look at the same address.
    """
    if one.look is Look.LINE:
        trips = [dial.seconds for dial in dials_of(one) if dial.seconds is not None]
        trip, by_address = (median(trips) if trips else None), (Look.REF_IP, *key[1:])
        took = [(trip, seen.usual_trip.get(by_address))]
    else:
        took = [
            (way_seconds(one.finding), seen.usual.get(key)),
            (trip_seconds(one.finding), seen.usual_trip.get(key)),
        ]
    return [(now, usual) for now, usual in took if now is not None and usual is not None]


def loses_packets(seen: Seen) -> bool:
    """A connection of the last minutes lost a packet, while others came through."""
    found = count(dials(seen, (*REFERENCES, *APPLE_LOOKS)))
    return found.retried + found.vain > 0
