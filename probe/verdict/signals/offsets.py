"""What the sources of time say together: interval arithmetic and a majority.

Each source gives an interval that holds the true offset of this host's clock. What a majority has
in common is right as long as the majority is (Marzullo; RFC 5905 A.5.5.1).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TypeAlias

from probe.model import OffsetFact
from probe.verdict.seen import Seen, facts_of, once
from probe.words import Look

Interval: TypeAlias = tuple[float, float]

DATED_LOOKS = (Look.REF_IP, Look.REF_NAME, Look.APPLE_WEB)
# A clock that was set by more than this since a comparison: what was compared is another clock.
# Slewing does not show here, it moves both clocks; a small step moves the interval along.
MOVED_SECONDS = 2.0
# The fastest a clock runs away from what it was compared with: 500 ppm, the most that the kernel
# corrects (adjtimex(2)). An honest crystal stays under a fifth of that.
DRIFT_PER_SECOND = 500e-6
# Servers that smear a leap second differ by up to a second from those that do not (RFC 8633 3.7.1):
# nothing closer than this is ever a wrong server.
SMEAR_SECONDS = 1.0
HINTS_NEEDED = 3  # operators, where no certificate's date can be believed


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreed:
    """What a majority of sources has in common."""

    low_seconds: float
    high_seconds: float
    sources: tuple[str, ...]
    falsetickers: tuple[str, ...]

    def beyond(self, limit: float) -> bool:
        """All of it lies on one side, further out than this."""
        return self.low_seconds > limit or self.high_seconds < -limit

    def far_from(self, interval: Interval) -> bool:
        """Too far for a leap second's smear to explain."""
        low, high = interval
        return low > self.high_seconds + SMEAR_SECONDS or high < self.low_seconds - SMEAR_SECONDS


@dataclass(frozen=True, slots=True, kw_only=True)
class Vote:
    """The outcome. `wrong_servers`: time servers that disagree with it."""

    agreed: Agreed | None = None
    wrong_servers: tuple[str, ...] = ()
    # The majority is more than one box on the way, or one operator, could have made up.
    beyond_doubt: bool = False


def marzullo(intervals: Mapping[str, Interval]) -> Agreed | None:
    """The interval that most sources share; None without a majority.

    >>> marzullo({"a": (0, 2), "b": (1, 3), "c": (9, 10)}).sources
    ('a', 'b')
    """
    edges = sorted(
        [(low, 0, name) for name, (low, _) in intervals.items()]
        + [(high, 1, name) for name, (_, high) in intervals.items()]
    )
    best: list[frozenset[str]] = [frozenset()]
    inside: set[str] = set()
    for _, is_end, name in edges:
        if is_end:
            inside.discard(name)
            continue
        inside.add(name)
        if len(inside) > len(best[0]):
            best = [frozenset(inside)]
        elif len(inside) == len(best[0]):
            best.append(frozenset(inside))
    if len(best[0]) * 2 <= len(intervals):
        return None
    # Of equally large majorities either may be the right one: the truth lies in their span.
    return Agreed(
        low_seconds=min(max(intervals[name][0] for name in one) for one in best),
        high_seconds=max(min(intervals[name][1] for name in one) for one in best),
        sources=tuple(sorted(frozenset().union(*best))),
        falsetickers=tuple(sorted(set(intervals) - frozenset().union(*best))),
    )


@once
def offsets(seen: Seen) -> Mapping[str, OffsetFact]:
    """The newest interval of every independent source, as it stands now.

    Wider by what the clock may have drifted since; gone when the clock was set since.
    """
    newest: dict[str, tuple[float, OffsetFact]] = {}
    for look in (Look.NTP, Look.CAPTIVE, *DATED_LOOKS):
        for standing, fact in facts_of(seen.of(look)):
            if not isinstance(fact, OffsetFact):
                continue
            ended = standing.newest.ended
            now = as_of_now(fact, seen, ended)
            if now is None:
                continue
            if fact.source not in newest or newest[fact.source][0] < ended:
                newest[fact.source] = (ended, now)
    return {source: fact for source, (_, fact) in sorted(newest.items())}


def as_of_now(fact: OffsetFact, seen: Seen, ended: float) -> OffsetFact | None:
    """The same comparison with the clock of now; None when that is another clock."""
    moved = 0.0
    if fact.steady is not None and seen.steady is not None:
        moved = seen.steady - fact.steady
    if abs(moved) > MOVED_SECONDS:
        return None
    slack = DRIFT_PER_SECOND * max(0.0, seen.now - ended)
    return replace(
        fact,
        low_seconds=fact.low_seconds - moved - slack,
        high_seconds=fact.high_seconds - moved + slack,
    )


def weigh(facts: Iterable[OffsetFact]) -> Vote:
    """Authenticated dates outvote what anybody on the way could have written.

    Where every certificate fails by its date alone, the dates of those who showed them are hints,
    and three operators' hints are heard like dates. Dates from plain HTTP are heard only when
    nothing better speaks.
    """
    facts = tuple(facts)
    proved = {f.source: interval(f) for f in facts if f.authenticated}
    hints = {} if proved else {f.source: interval(f) for f in facts if f.hint}
    servers = {f.source: f for f in facts if is_server(f)}
    plain = {f.source: interval(f) for f in facts if is_plain(f)}
    ntp = one_each(servers)
    best = None
    if len(proved) >= 2:
        best = marzullo(proved)
    elif len(hints) >= HINTS_NEEDED:
        best = marzullo(hints)
    certain = proved or hints
    if best is None:
        agreed = marzullo(certain | ntp or plain)
        if agreed is not None and len(proved) == 1 and not set(proved) & set(agreed.sources):
            agreed = None  # one proof against many claims: neither decides
    else:
        honest = {
            source: wide
            for source, wide in ntp.items()
            if wide[0] <= best.high_seconds and wide[1] >= best.low_seconds
        }
        agreed = marzullo(certain | honest) or best
    if agreed is None:
        return Vote()
    return Vote(
        agreed=agreed,
        wrong_servers=tuple(
            source for source, fact in servers.items() if agreed.far_from(interval(fact))
        ),
        beyond_doubt=is_beyond_doubt(agreed, set(proved), set(hints), set(ntp), plain),
    )


def is_beyond_doubt(
    agreed: Agreed,
    proved: set[str],
    hints: set[str],
    ntp: set[str],
    plain: Mapping[str, Interval],
) -> bool:
    """Enough operators, by ways that are not one way: a router that intercepts port 123 is one."""
    named = set(agreed.sources)
    by_tls = {operator_of(source) for source in (proved | hints) & named}
    by_ntp = {operator_of(source) for source in ntp & named}
    if proved & named:
        return len(by_tls | by_ntp) >= 2
    if hints & named:
        return len(by_tls | by_ntp) >= HINTS_NEEDED
    pages = [source for source, one in plain.items() if not agreed.far_from(one)]
    return len(by_ntp) >= 2 and len(pages) >= 2 and len(pages) == len(plain)


def one_each(servers: Mapping[str, OffsetFact]) -> dict[str, Interval]:
    """Every time server's interval, with room for a smeared leap second, each machine once.

    Two operators' addresses that give one machine's time are that machine: an operator that follows
    the other, or a router that answers for both. Where they contradict each other they are two.
    """
    kept: dict[str, OffsetFact] = {}
    for source, fact in sorted(servers.items()):
        twins = (
            other
            for other in kept.values()
            if fact.machine and other.machine == fact.machine and overlap(fact, other)
        )
        if next(twins, None) is None:
            kept[source] = fact
    half = SMEAR_SECONDS / 2
    return {
        source: (fact.low_seconds - half, fact.high_seconds + half) for source, fact in kept.items()
    }


def overlap(one: OffsetFact, other: OffsetFact) -> bool:
    return one.low_seconds <= other.high_seconds and other.low_seconds <= one.high_seconds


def interval(fact: OffsetFact) -> Interval:
    return fact.low_seconds, fact.high_seconds


def is_plain(fact: OffsetFact) -> bool:
    return fact.source.endswith("(http)")


def is_server(fact: OffsetFact) -> bool:
    return not (fact.authenticated or fact.hint or is_plain(fact))


def operator_of(source: str) -> str:
    return source.removeprefix("ntp ").removesuffix(" (http)")
