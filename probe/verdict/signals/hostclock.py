"""The signal of this host's clock, and what else is true about time.

The verdict speaks only where the whole agreed interval lies on one side of the threshold: it is
right as long as the majority is.
"""

from __future__ import annotations

from collections.abc import Sequence

from probe.model import OffsetFact, Reading
from probe.verdict.seen import Seen, confirmed, facts_of, observations_of, once
from probe.verdict.signals.drift import drift
from probe.verdict.signals.offsets import DATED_LOOKS, Agreed, Vote, offsets, weigh
from probe.words import Cause, Failure, HostClock, Look, Note, Signal

# Apple publishes no tolerance. 30 s breaks one-time codes, 300 s Kerberos; TLS and sign-in fail
# somewhere behind: 60 s is where a person is told (diagnosis c.6).
WRONG_SECONDS = 60.0
WARN_SECONDS = 5.0
NOTICE_SECONDS = 1.0
BROKEN_PPM = 100.0  # no crystal is that bad: a broken one, or a virtual machine's
DATE_FAILURES = frozenset({Failure.SSL_CERT_EXPIRED, Failure.SSL_CERT_NOT_YET_VALID})


def clock(seen: Seen) -> Reading:
    """Right or wrong by the whole interval; between is unknown."""
    facts, vote = offsets(seen), weighed(seen)
    standings = [
        standing
        for look in (Look.NTP, *DATED_LOOKS)
        for standing, fact in facts_of(seen.of(look))
        if isinstance(fact, OffsetFact)
    ]
    because = observations_of(standings)
    value, cause, said = judged(vote), None, "no time source could be compared"
    if vote.agreed is not None:
        said = words(vote.agreed)
    elif facts:
        said = "the time sources disagree with each other"
    elif standings:
        said = "this clock was set, and is being compared anew"
    if value is HostClock.WRONG:
        cause = Cause.OFFSET_LARGE
        if any(one.failure in DATE_FAILURES for look in DATED_LOOKS for one in seen.of(look)):
            cause = Cause.TLS_DATE_ERRORS
    return Reading(
        signal=Signal.CLOCK,
        value=value,
        said=said,
        cause=cause,
        because=because,
        age_seconds=seen.age(because),
    )


@once
def weighed(seen: Seen) -> Vote:
    return weigh(offsets(seen).values())


def judged(vote: Vote) -> HostClock:
    if vote.agreed is None:
        return HostClock.UNKNOWN
    if vote.agreed.low_seconds >= -WRONG_SECONDS and vote.agreed.high_seconds <= WRONG_SECONDS:
        return HostClock.RIGHT
    if vote.agreed.beyond(WRONG_SECONDS) and vote.beyond_doubt:
        return HostClock.WRONG
    return HostClock.UNKNOWN


def words(agreed: Agreed) -> str:
    middle = (agreed.low_seconds + agreed.high_seconds) / 2
    width = (agreed.high_seconds - agreed.low_seconds) / 2
    direction = "slow" if middle > 0 else "fast"
    off = f"{abs(middle):.1f} s {direction}, give or take {width:.1f} s"
    return f"this clock is {off} ({len(agreed.sources)} sources)"


def notes(seen: Seen) -> Sequence[tuple[Note, str]]:
    """True things about time that change no verdict."""
    facts, vote = offsets(seen), weighed(seen)
    return [
        *server_notes(vote, servers=[source for source in facts if source.startswith("ntp ")]),
        *silence_notes(seen, vote),
        *off_notes(vote),
        *drift_notes(seen),
    ]


def server_notes(vote: Vote, servers: Sequence[str]) -> list[tuple[Note, str]]:
    """One wrong server is a falseticker. When all are wrong alike, somebody answers for them."""
    wrong = vote.wrong_servers
    if len(wrong) >= 2 and len(wrong) == len(servers):
        said = "No time server agrees with the dates of verified connections."
        return [(Note.NTP_INTERCEPTED_WRONG, said)]
    said = "disagrees with the other time sources."
    return [(Note.NTP_FALSETICKER, f"{source} {said}") for source in wrong]


def silence_notes(seen: Seen, vote: Vote) -> list[tuple[Note, str]]:
    ntp = seen.of(Look.NTP)
    silent = all(one.silent for one in ntp) and confirmed(ntp)
    if not silent or vote.agreed is None:
        return []
    return [(Note.NTP_BLOCKED, "No time server answers here; HTTPS dates serve instead.")]


def off_notes(vote: Vote) -> list[tuple[Note, str]]:
    """Off by more than a smeared leap second, and not yet so much that things fail."""
    if vote.agreed is None or not vote.agreed.beyond(NOTICE_SECONDS):
        return []
    if judged(vote) is HostClock.WRONG:
        return []
    said = words(vote.agreed)
    said = f"{said[0].upper()}{said[1:]}"
    if vote.agreed.beyond(WARN_SECONDS):
        return [(Note.CLOCK_OFF, f"{said}; one-time codes may be refused.")]
    return [(Note.CLOCK_OFF, f"{said}.")]


def drift_notes(seen: Seen) -> list[tuple[Note, str]]:
    found = drift(seen)
    if found is None:
        return []
    middle = (found.low_seconds + found.high_seconds) / 2
    width = (found.high_seconds - found.low_seconds) / 2
    verb = "loses" if middle > 0 else "gains"
    said = f"This clock {verb} {abs(middle):.0f} ppm, give or take {width:.0f}"
    daily = f"{abs(middle) * 86400 / 1e6:.0f} s a day"
    broken = found.beyond(BROKEN_PPM)
    why = "; no sound crystal is that bad" if broken else ""
    return [(Note.CLOCK_DRIFT, f"{said}: {daily}{why}.")]
