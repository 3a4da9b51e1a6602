"""The signal of this host's clock: interval arithmetic over independent sources.

Each source gives an interval that holds the true offset. The verdict speaks only where the whole
agreed interval lies on one side of the threshold: it is right as long as the majority is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from probe.model import OffsetFact, Reading
from probe.verdict.seen import Seen, facts_of, observations_of
from probe.words import Cause, Failure, HostClock, Look, Note, Signal

# Apple publishes no tolerance. 30 s breaks one-time codes, 300 s Kerberos; TLS and sign-in fail
# somewhere behind: 60 s is where a person is told (diagnosis c.6).
WRONG_SECONDS = 60.0
DATED_LOOKS = (Look.REF_IP, Look.REF_NAME, Look.APPLE_WEB)
DATE_FAILURES = frozenset({Failure.SSL_CERT_EXPIRED, Failure.SSL_CERT_NOT_YET_VALID})


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreed:
    """What a majority of sources has in common."""

    low_seconds: float
    high_seconds: float
    sources: tuple[str, ...]
    falsetickers: tuple[str, ...]


def marzullo(intervals: Mapping[str, tuple[float, float]]) -> Agreed | None:
    """The interval that most sources share; None without a majority (Marzullo, RFC 5905 A.5.5.1).

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


def offsets(seen: Seen) -> dict[str, OffsetFact]:
    """The newest interval of every independent source."""
    newest: dict[str, tuple[float, OffsetFact]] = {}
    looks = (Look.NTP, Look.CAPTIVE, *DATED_LOOKS)
    for look in looks:
        for standing, fact in facts_of(seen.of(look)):
            if isinstance(fact, OffsetFact):
                ended = standing.newest.ended
                if fact.source not in newest or newest[fact.source][0] < ended:
                    newest[fact.source] = (ended, fact)
    return {source: fact for source, (_, fact) in sorted(newest.items())}


def weigh(facts: Iterable[OffsetFact]) -> tuple[Agreed | None, tuple[str, ...]]:
    """Authenticated dates outvote what anybody on the way could have written.

    Returns what is agreed, and the unauthenticated sources that the authenticated ones disprove.
    Dates from plain HTTP are heard only when nothing authenticated speaks.
    """
    facts = tuple(facts)
    proved = {f.source: (f.low_seconds, f.high_seconds) for f in facts if f.authenticated}
    ntp = {
        f.source: (f.low_seconds, f.high_seconds)
        for f in facts
        if not f.authenticated and not f.source.endswith("(http)")
    }
    plain = {
        f.source: (f.low_seconds, f.high_seconds)
        for f in facts
        if not f.authenticated and f.source.endswith("(http)")
    }
    by_proof = marzullo(proved) if len(proved) >= 2 else None
    if by_proof is None:
        return marzullo(proved | ntp or plain), ()
    disproved = tuple(
        source
        for source, (low, high) in sorted(ntp.items())
        if low > by_proof.high_seconds or high < by_proof.low_seconds
    )
    honest = {source: interval for source, interval in ntp.items() if source not in disproved}
    return marzullo(proved | honest) or by_proof, disproved


def clock(seen: Seen) -> Reading:
    """Right or wrong by the whole interval; between is unknown."""
    facts = offsets(seen)
    agreed, _ = weigh(facts.values())
    standings = [
        standing
        for look in (Look.NTP, *DATED_LOOKS)
        for standing, fact in facts_of(seen.of(look))
        if isinstance(fact, OffsetFact)
    ]
    because = observations_of(standings)
    value, cause, said = HostClock.UNKNOWN, None, "no time source could be compared"
    if agreed is not None:
        said = words(agreed)
        if agreed.low_seconds >= -WRONG_SECONDS and agreed.high_seconds <= WRONG_SECONDS:
            value = HostClock.RIGHT
        elif beyond(agreed) and len(agreed.sources) >= 2:
            # One source alone may be the one that is wrong.
            value, cause = HostClock.WRONG, Cause.OFFSET_LARGE
            if any(one.failure in DATE_FAILURES for one in seen.of(Look.REF_IP)):
                cause = Cause.TLS_DATE_ERRORS
    return Reading(
        signal=Signal.CLOCK,
        value=value,
        said=said,
        cause=cause,
        because=because,
        age_seconds=seen.age(because),
    )


def beyond(agreed: Agreed) -> bool:
    return agreed.low_seconds > WRONG_SECONDS or agreed.high_seconds < -WRONG_SECONDS


def words(agreed: Agreed) -> str:
    middle = (agreed.low_seconds + agreed.high_seconds) / 2
    width = (agreed.high_seconds - agreed.low_seconds) / 2
    direction = "slow" if middle > 0 else "fast"
    off = f"{abs(middle):.1f} s {direction}, give or take {width:.1f} s"
    return f"this clock is {off} ({len(agreed.sources)} sources)"


def notes(seen: Seen) -> Sequence[tuple[Note, str]]:
    """True things about time that change no verdict."""
    facts = offsets(seen)
    agreed, disproved = weigh(facts.values())
    found = [
        (Note.NTP_INTERCEPTED_WRONG, f"{source} disagrees with authenticated time.")
        for source in disproved
    ]
    if agreed is not None:
        found += [
            (Note.NTP_FALSETICKER, f"{source} disagrees with the other time sources.")
            for source in agreed.falsetickers
            if source.startswith("ntp ")
        ]
    ntp = seen.of(Look.NTP)
    if ntp and all(one.failed and one.silent for one in ntp) and agreed is not None:
        found.append((Note.NTP_BLOCKED, "No time server answers here; HTTPS dates serve instead."))
    return found
