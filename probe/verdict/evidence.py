"""From observations to one Reading per signal: the whole of the evidence, derived at one moment."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TypeAlias

from probe.model import AppleService, FeedEventFact, NoteSaid, OffsetFact, Reading, Readings
from probe.verdict.seen import Seen
from probe.verdict.signals import (
    apple,
    certificates,
    feeds,
    host,
    hostclock,
    names,
    offsets,
    path,
)
from probe.words import Look, Note, Signal

Noted: TypeAlias = tuple[tuple[Note, str], ...]

DERIVE: dict[Signal, Callable[[Seen], Reading]] = {
    Signal.SELF: host.daemon,
    Signal.LINK: host.link,
    Signal.GATEWAY: host.gateway,
    Signal.INTERNET: path.internet,
    Signal.PORTAL: path.portal,
    Signal.PROXY: host.proxy,
    Signal.CLOCK: hostclock.clock,
    Signal.DNS: names.dns,
    Signal.DNS_APPLE: names.dns_apple,
    Signal.TLS: certificates.tls,
    Signal.PUSH: apple.push,
    Signal.SERVICES: apple.services,
    Signal.PORT: apple.port,
    Signal.IPV6: path.ipv6,
    Signal.APPLE_STATUS: feeds.apple_status,
    Signal.NEARBY: apple.nearby,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """Everything a judgement needs, and what outlets show beside it."""

    seen: Seen  # what it was derived from; the moment may be a later one
    now: float
    readings: Readings
    # What looks and signals noted before the clock's turn, what is true about time, and the rest.
    noted: tuple[Noted, Noted, Noted]
    services: tuple[AppleService, ...]
    could_not_check: tuple[str, ...]
    apple_events: tuple[FeedEventFact, ...]
    offsets: Mapping[str, OffsetFact]

    @property
    def notes(self) -> tuple[NoteSaid, ...]:
        """Each once."""
        said = dict.fromkeys(note for part in self.noted for note in part)
        return tuple(NoteSaid(code=code, said=sentence) for code, sentence in said)


def gather(seen: Seen, before: Evidence | None = None) -> Evidence:
    """Derive every signal. Pure: the same observations at the same moment give the same answer.

    Where only time has passed since `before`, what was derived then is not derived again.
    """
    if before is not None and seen.is_later(before.seen):
        return later(before, seen)
    readings = {signal: derive(seen) for signal, derive in DERIVE.items()}
    return Evidence(
        seen=seen,
        now=seen.now,
        readings=readings,
        noted=(
            (*own_notes(seen), *host.notes(seen), *certificates.notes(seen)),
            tuple(hostclock.notes(seen)),
            (
                *feeds.notes(seen),
                *control_notes(seen),
                *aside_notes(seen, push_too=readings[Signal.PUSH].set_aside),
            ),
        ),
        services=feeds.services(seen, readings[Signal.PUSH]),
        could_not_check=never_seen_working(seen),
        apple_events=feeds.open_events(seen),
        offsets=offsets.offsets(seen),
    )


def later(before: Evidence, seen: Seen) -> Evidence:
    """The same a moment later: all is older by that, and this clock may have drifted on."""
    passed = seen.now - before.now
    readings = {
        signal: one
        if one.age_seconds is None
        else replace(one, age_seconds=one.age_seconds + passed)
        for signal, one in before.readings.items()
    }
    return replace(
        before,
        now=seen.now,
        readings=readings | {Signal.CLOCK: hostclock.clock(seen)},
        noted=(before.noted[0], tuple(hostclock.notes(seen)), before.noted[2]),
        offsets=offsets.offsets(seen),
    )


def own_notes(seen: Seen) -> list[tuple[Note, str]]:
    """What the looks themselves noted."""
    return [note for standing in seen.standings for note in standing.newest.finding.notes]


def control_notes(seen: Seen) -> list[tuple[Note, str]]:
    """An operator of references that fails alone changes no verdict and is worth knowing."""
    looks = path.references(seen)
    operators: dict[str, list[bool]] = {}
    for one in looks:
        operators.setdefault(one.newest.finding.operator, []).append(path.reached(one))
    down = sorted(name for name, reached in operators.items() if not any(reached))
    if not down or len(down) == len(operators):
        return []
    return [(Note.CONTROL_DOWN, f"{name} does not answer; others do.") for name in down]


def aside_notes(seen: Seen, *, push_too: bool) -> list[tuple[Note, str]]:
    """Checks that are set aside: perhaps what isitme expects of them is wrong.

    Push on one port only is another matter: there a firewall is the likelier reason.
    """
    looks = {Look.APPLE_WEB, Look.PUSH_HTTP}
    if push_too:
        looks |= {Look.PUSH_5223, Look.PUSH_443}
    return [
        (Note.NEVER_SEEN_WORKING, f"{target} never worked here in its first day; please report it.")
        for look, target in sorted(seen.set_aside)
        if look in looks
    ]


def never_seen_working(seen: Seen) -> tuple[str, ...]:
    """Apple checks that fail and were never right here: they may not accuse."""
    return tuple(
        dict.fromkeys(
            f"{one.newest.finding.target}: never seen working here"
            for look in (Look.APPLE_WEB, Look.PUSH_5223, Look.PUSH_443, Look.PUSH_HTTP)
            for one in seen.of(look)
            if one.failed and not one.unresolved and not seen.was_right(one)
        )
    )
