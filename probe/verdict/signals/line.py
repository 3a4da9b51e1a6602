"""The quality of the line: loss, delay, and connections that fail now and then.

Nothing here is a threshold on delay: a satellite's 600 ms are that line's own usual. Losses are
counted on connections, because a lost SYN is sent again after exactly a second.
"""

from __future__ import annotations

from bisect import bisect
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from math import comb
from operator import attrgetter
from statistics import median, quantiles

from probe.looks import APPLE_LOOKS
from probe.model import DialFact, LineFact, Observation
from probe.verdict.past import HISTORY_SECONDS, Key, failed_by_the_world, fell_at_its_name
from probe.verdict.seen import Seen, Standing, once
from probe.verdict.signals.way import contained
from probe.verdict.usual import is_slow
from probe.wire.nat64 import is_translated
from probe.words import Cause, Family, Look, Step

REFERENCES = (Look.REF_IP, Look.REF_NAME, Look.LINE)
CONNECTING = (Look.REF_IP, Look.REF_NAME, Look.CAPTIVE, *APPLE_LOOKS)  # calm looks that do
# Evidence of quality is this old at most: some ten looks at each of three operators.
SETTLED_SECONDS = 60.0  # a calm look at each target again, after the last failure of any
WINDOW_SECONDS = 180.0
# Once told, it is measured over all that is remembered: by three minutes of one burst each, a line
# that loses 5 % either way has a lull now and then (3 lost of 87, seen).
WINDOW_WHEN_TOLD_SECONDS = HISTORY_SECONDS
SYN_AGAIN_SECONDS = 1.0  # tcp_syn_linear_timeouts (measured): a SYN goes out every second
RETRY_SECONDS = 0.8  # less than that, for a line that trembles
# Of about the same moment, and not the SYN that was sent again after it.
BESIDE_SECONDS = 0.6
# Loss comes and goes between connections. What nobody answers from a moment on, or up to one, is a
# fault with a beginning and an end: answers must lie on both sides, this near. In the lab the
# attempts at the edges of such faults were called failing connections a minute after they healed.
AMONG_SECONDS = 2.0
AT_ONCE_SECONDS = 0.1  # started together, in whatever order
# A loss of both ways together that people do not notice, and how improbable the count must be if
# it were no more. 1 % each way makes 2 %.
TOLERATED = 0.03
IMPROBABLE = 1e-4
# Once told, it is told until less than this is probable, so that the answer does not flap.
TOLERATED_WHEN_TOLD = 0.01
IMPROBABLE_WHEN_TOLD = 0.05
# So many clean connections in a row come once in 10,000 times if the loss went on: it is over. A
# line that loses 5 % either way ends some 3,000 such runs a day (three of thirty connections a
# minute); with once in 50 it was called well several times an hour (benchmarks/false_alarms.py).
OVER = 1e-4
ENOUGH = 12  # connections; fewer prove nothing
BURST_SECONDS = 2.0  # within which one burst is started (probe/probes/line.py)
IN_VAIN = 8  # connections to one target, as many as a burst has (probe/probes/line.py)
OPERATORS_NEEDED = 2
PASSES_IN_A_ROW = 3  # after these, what failed by turns works again
# Of a line whose packets wait, the times differ; of a longer way they do not.
UNEVEN = 0.1
LOSES = frozenset({Cause.LOSS, Cause.LAN_LOSS, Cause.NEW_CONNECTIONS_FAILING})
LINE_CAUSES = LOSES | {Cause.WAN_BUFFERBLOAT}


@dataclass(frozen=True, slots=True, kw_only=True)
class Dial:
    """One connection that was tried: when, to whom, how long; None: in vain."""

    at: float
    operator: str
    target: str
    seconds: float | None
    tries: int  # SYNs sent until it was given up
    resent: int | None = None  # by the kernel's own count
    family: Family = Family.IPV4


def dials(seen: Seen, looks: Iterable[Look], within_seconds: float = WINDOW_SECONDS) -> list[Dial]:
    """Every connection tried lately, newest first."""
    wanted, translators = set(looks), seen.translators
    found = [
        dial
        for key, observations in seen.history.items()
        if key[0] in wanted
        for one in observations
        if seen.within(seen.since(one.ended), within_seconds)
        for dial in (through(one, translators) if translators else dials_of(one))
    ]
    return sorted(found, key=attrgetter("at"), reverse=True)


def through(observation: Observation, translators: Sequence[str]) -> list[Dial]:
    """What goes by a translator's prefix is IPv4, however it leaves this host: when the translator
    is dead nothing of it is answered, and that is no loss."""
    host = observation.finding.address.rpartition(":")[0].strip("[]")
    found = dials_of(observation)
    if not is_translated(host, translators):
        return found
    return [replace(dial, family=Family.IPV4) for dial in found]


@once
def dials_of(observation: Observation) -> list[Dial]:
    """The connections that one attempt tried."""
    finding, began, family = observation.finding, observation.started, observation.finding.family
    burst = next((f for f in finding.facts if isinstance(f, LineFact) and f.hop == 0), None)
    if burst is not None:
        starts = (began + n * burst.apart_seconds for n in range(len(burst.seconds)))
        counts = burst.resent or (None,) * len(burst.seconds)
        return [
            Dial(
                at=at,
                operator=finding.operator,
                target=finding.target,
                seconds=took,
                tries=4,
                resent=resent,
                family=family,
            )
            for at, took, resent in zip(starts, burst.seconds, counts, strict=True)
        ]
    if observation.look is Look.LINE:
        return []  # its datagrams
    step = next((s for s in finding.steps if s.step is Step.CONNECT), None)
    if step is None or (step.failure is not None and not failed_by_the_world(observation)):
        return []
    if step.failure is not None and step.seconds < RETRY_SECONDS:
        return []  # turned away at once: that is no loss
    took_one = None if step.failure is not None else step.seconds
    # The last SYN had time to be answered: one that falls due as the attempt ends was never sent.
    tries = 1 + int(step.seconds - RETRY_SECONDS)
    counted = next((f.resent for f in finding.facts if isinstance(f, DialFact)), None)
    return [
        Dial(
            at=began,
            operator=finding.operator,
            target=finding.target,
            seconds=took_one,
            tries=tries,
            resent=counted,
            family=family,
        )
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """SYNs lost and sent. Lost at random: while others came through."""

    lost: int
    sent: int
    retried: int  # connections that came with a later SYN
    vain: int  # connections that never came
    operators: int  # that lost any
    clean: int  # connections in a row without loss, the newest ones
    connections: int


def count(tried: Sequence[Dial], *, but_one_moment: bool = False) -> Count:
    """What was lost while others of its family came through: when nothing does, that is another
    fault, be it of IPv6 alone; so it is when nothing of one operator's does, or of one target's.

    `but_one_moment`: without the longest run of SYNs between two answers. An outage of a second
    takes many of one burst, once; what is lost at random is lost at other moments as well.
    """
    answering = {dial.operator for dial in tried if dial.seconds is not None}
    unheard = out_of_reach(tried)
    tried = [dial for dial in tried if dial.operator in answering and dial.target not in unheard]
    fastest = min((dial.seconds for dial in tried if dial.seconds is not None), default=0.0)
    sent: list[tuple[Dial, int]] = []
    answered: dict[Family, list[float]] = {}
    for dial in tried:
        if dial.seconds is None:
            syns = dial.tries
        else:
            syns = retries(dial, dial.seconds - fastest)
            answered.setdefault(dial.family, []).append(dial.at + syns)
        sent.append((dial, syns))
    for moments in answered.values():
        moments.sort()
    lost = retried = vain = clean = 0
    losers: set[str] = set()
    # Between which answers each lost SYN lies. Nearly all need one SYN, and lose none.
    gone_of = [
        lost_at(answered.get(dial.family, ()), dial, syns) if syns else () for dial, syns in sent
    ]
    runs = Counter(place for gone in gone_of for place in gone) if but_one_moment else None
    spared = runs.most_common(1)[0][0] if runs else None
    for (dial, _), gone in zip(sent, gone_of, strict=True):
        counted = sum(place != spared for place in gone)
        if counted:
            lost += counted
            losers.add(dial.operator)
            vain += dial.seconds is None
            retried += dial.seconds is not None
        elif not losers and not gone and dial.seconds is not None:
            clean += 1
    came = sum(map(len, answered.values()))
    return Count(
        lost=lost,
        sent=lost + came,
        retried=retried,
        vain=vain,
        operators=len(losers),
        clean=clean,
        connections=came + vain,
    )


def out_of_reach(tried: Sequence[Dial]) -> set[str]:
    """Targets of which nothing answered lately, a whole burst of connections: blocked, or down.

    Loss spares some: where a quarter of all connections fails, so many in a row do once in 65,000.
    In the lab a firewall that lets nobody ask public resolvers was called a line that fails.
    """
    vain: dict[str, int] = {}
    heard: set[str] = set()
    for dial in tried:  # newest first
        if dial.seconds is not None:
            heard.add(dial.target)
        elif dial.target not in heard:
            vain[dial.target] = vain.get(dial.target, 0) + 1
    return {target for target, times in vain.items() if times >= IN_VAIN}


def retries(dial: Dial, late: float) -> int:
    """SYNs that were lost before the one that was answered: as the kernel counts them, or by how
    much later than the fastest it came, where it does not tell."""
    if dial.resent is not None:
        return dial.resent
    return int(late - RETRY_SECONDS) + 1 if late >= RETRY_SECONDS else 0


def lost_at(answered: Sequence[float], dial: Dial, syns: int) -> tuple[tuple[Family, int], ...]:
    """Between which answers to others of its family its lost SYNs lie."""
    moments = (dial.at + n for n in range(syns))
    return tuple((dial.family, bisect(answered, at)) for at in moments if beside(answered, at))


def beside(answered: Sequence[float], moment: float) -> bool:
    """Whether SYNs of about that moment were answered, before it and after it."""

    def between(start: float, end: float) -> bool:
        place = bisect(answered, start)
        return place < len(answered) and answered[place] <= end

    return (
        between(moment - BESIDE_SECONDS, moment + BESIDE_SECONDS)
        and between(moment - AMONG_SECONDS, moment + AT_ONCE_SECONDS)
        and between(moment - AT_ONCE_SECONDS, moment + AMONG_SECONDS)
    )


def tail(lost: int, sent: int, rate: float) -> float:
    """How probable at least so many lost are at this rate (binomial).

    >>> round(tail(1, 2, 0.5), 2)
    0.75
    """
    below = sum(comb(sent, k) * rate**k * (1 - rate) ** (sent - k) for k in range(lost))
    return max(0.0, 1.0 - below)


@once
def quality(seen: Seen) -> Cause | None:
    """What is wrong with the line itself, to everybody; None: nothing that could be shown."""
    tried = dials(seen, REFERENCES)
    if len(tried) < ENOUGH:
        return None
    if waits_behind_the_router(seen, tried) and not just_failed(seen):
        return Cause.WAN_BUFFERBLOAT
    if trembles(tried):
        return None
    window = WINDOW_WHEN_TOLD_SECONDS if seen.told_cause in LOSES else WINDOW_SECONDS
    told = seen.told_cause in LINE_CAUSES
    found = count(dials(seen, REFERENCES, window), but_one_moment=not told)
    cause = of_losses(found, told=told)
    near = cause is Cause.LOSS and lost_before_the_router(seen, found, within_seconds=window)
    return Cause.LAN_LOSS if near else cause


def of_losses(found: Count, *, told: bool) -> Cause | None:
    """What so many losses are: new connections that fail, loss, or nothing that could be shown.
    `told`: something is told of this line already.

    Whether it is over is judged by what was lost before the run of clean connections began: to
    count the run itself makes any run look likely.
    """
    if found.operators < OPERATORS_NEEDED:
        return None
    if found.vain >= 3 and found.vain >= 2 * found.retried:
        over = (1 - found.vain / (found.connections - found.clean)) ** found.clean < OVER
        return None if over else Cause.NEW_CONNECTIONS_FAILING
    rate = TOLERATED_WHEN_TOLD if told else TOLERATED
    improbable = IMPROBABLE_WHEN_TOLD if told else IMPROBABLE
    if tail(found.lost, found.sent, rate) >= improbable:
        return None
    over = (1 - found.lost / (found.sent - found.clean)) ** found.clean < OVER
    return None if over else Cause.LOSS


def trembles(tried: Sequence[Dial]) -> bool:
    """Delays of this line are such that a late connection is no sign of a lost packet, where there
    is nothing but its time to go by."""
    if all(dial.resent is not None for dial in tried if dial.seconds is not None):
        return False
    took = [dial.seconds for dial in tried if dial.seconds is not None]
    now = [
        dial.seconds
        for dial in tried
        if dial.seconds is not None and tried[0].at - dial.at <= BURST_SECONDS
    ]
    return len(now) >= ENOUGH and quantiles(now)[0] - min(took) > RETRY_SECONDS / 2


def hops(seen: Seen, hop: int, within_seconds: float = WINDOW_SECONDS) -> list[LineFact]:
    return [
        fact
        for key, observations in seen.history.items()
        if key[0] is Look.LINE
        for one in observations
        if seen.within(seen.since(one.ended), within_seconds)
        for fact in one.finding.facts
        if isinstance(fact, LineFact) and fact.hop == hop
    ]


def lost_before_the_router(
    seen: Seen, found: Count, *, within_seconds: float = WINDOW_SECONDS
) -> bool:
    """At least half of what is lost is lost on the way to the router and back.

    A router that never answers such datagrams says nothing; nor does a container's engine, which
    stands where the router should, and loses nothing.
    """
    if contained(seen):
        return False
    asked = hops(seen, 1, within_seconds)
    sent, answered = sum(len(f.seconds) for f in asked), sum(len(f.answered) for f in asked)
    if not answered:
        return False
    return (sent - answered) / sent >= found.lost / found.sent / 2 and sent - answered >= 2


def waits_behind_the_router(seen: Seen, tried: Sequence[Dial]) -> bool:
    """Everything beyond the router takes much longer than usual, and unevenly; the router does not.

    Said by the newest burst, against the fastest connection of the last minutes and against what
    the references by address usually take.
    """
    bursts = newest(seen, Look.LINE)
    took = [seconds for one in bursts for dial in dials_of(one) if (seconds := waited(dial))]
    router = [
        seconds
        for one in bursts
        for fact in one.finding.facts
        if isinstance(fact, LineFact) and fact.hop == 1
        for seconds in fact.answered
    ]
    if len(took) < ENOUGH or not router or contained(seen):
        return False
    middle, spread, before = median(took), quantiles(took), way_before(seen, tried)
    return (
        is_slow(spread[0], before)
        and median(router) < (middle - before) / 4
        and spread[2] - spread[0] >= UNEVEN * middle
    )


def waited(dial: Dial) -> float | None:
    """How long the SYN that was answered waited; None: none was. What went by before it was sent
    again is loss: a burst in an outage of a second was told as a full line (false_alarms.py)."""
    if dial.seconds is None:
        return None
    late = dial.seconds - (dial.resent or 0) * SYN_AGAIN_SECONDS
    return late if late > 0 else dial.seconds


def way_before(seen: Seen, tried: Sequence[Dial]) -> float:
    """What one round trip takes here when nothing waits."""
    # A look by address connects, greets and asks: at least two round trips.
    usual = [seconds / 2 for key, seconds in seen.usual.items() if key[0] is Look.REF_IP]
    fastest = min(dial.seconds for dial in tried if dial.seconds is not None)
    return min(fastest, median(usual)) if usual else fastest


def newest(seen: Seen, look: Look) -> list[Observation]:
    return [
        observations[0]
        for key, observations in seen.history.items()
        if key[0] is look and seen.within(seen.since(observations[0].ended), WINDOW_SECONDS)
    ]


def may_be_over(seen: Seen) -> bool:
    """Packets are told to be lost, and the newest burst lost none: a few more show that it is over,
    or that this was luck (one burst in twelve, where a line loses 5 % either way)."""
    if seen.told_cause not in LOSES:
        return False
    burst = [dial for one in newest(seen, Look.LINE) for dial in dials_of(one)]
    return bool(burst) and count(burst).clean == len(burst)


def in_doubt(seen: Seen, since: float = float("-inf")) -> bool:
    """Whether a burst is worth it: connections came late or not at all, or all is slower.

    `since`: the last burst. What it saw itself asks for no other.
    """
    if seen.told_cause in LINE_CAUSES:
        return True
    ordinary = dials(seen, CONNECTING)
    found = count([dial for dial in ordinary if dial.at > since])
    took = [dial.seconds for dial in ordinary if dial.seconds is not None]
    new = [dial.seconds for dial in ordinary if dial.seconds is not None and dial.at > since]
    slow = len(new) >= 3 and is_slow(median(new[:6]), min(took))
    return found.retried + found.vain >= 1 or slow


@once
def apples_own(seen: Seen) -> tuple[Standing, ...]:
    """What stands in Apple's own network: couriers, and the services that are not rented."""
    own = {host.name for host in seen.targets.apple_hosts if host.own_network}
    return tuple(
        one
        for look in APPLE_LOOKS
        for one in seen.of(look)
        if look is not Look.APPLE_WEB or one.key[1] in own
    )


@once
def just_failed(seen: Seen) -> bool:
    """Something failed a moment ago: what comes late now comes late because of that, and its end is
    no slowness (the lab: after ten kinds of fault, Apple or the line was called slow for a while).
    """
    return any(
        failed_by_the_world(one) and seen.under(seen.since(one.ended), SETTLED_SECONDS)
        for key, observations in seen.history.items()
        if key[0] in (*REFERENCES, *APPLE_LOOKS)
        for one in observations[:2]
    )


def is_intermittent(seen: Seen, key: Key) -> bool:
    """The same target passes and fails by turns: it has failed again after it had passed, and has
    passed no more than a few times since. While references fail too, it is not about this one.

    Nor is a name that was lost: one packet is enough for that, and on a line that loses 1 % either
    way a host was called intermittent twice in two hours (benchmarks/false_alarms.py).
    """
    past = [one for one in seen.history.get(key, ()) if not fell_at_its_name(one)]
    passed = [not failed_by_the_world(one) for one in past]
    since = passed.index(False) if False in passed else len(passed)
    falls = sum(before and not after for after, before in pairwise(passed))
    by_turns = falls >= 2 and since < PASSES_IN_A_ROW
    return by_turns and not any(
        failed_by_the_world(one)
        for other, observations in seen.history.items()
        if other[0] in REFERENCES
        for one in observations
    )
