"""The way from this device to Apple, link by link, as the page draws it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from probe.model import Reading, Readings, Status
from probe.words import Blame, Code, Sign, Signal


class State(StrEnum):
    WORKS = "works"
    BROKEN = "broken here"
    TROUBLE = "trouble"  # bad, and the verdict does not stand on it
    BEHIND = "behind the break"  # bad or unknown: nobody can tell from here
    UNKNOWN = "not known"


@dataclass(frozen=True, slots=True, kw_only=True)
class Hop:
    """One link of the way. `vital` signals say whether it carries; the others can only add
    trouble. It is the break only when one of `whose` is to blame: the picture must not accuse
    anybody whom the verdict does not."""

    name: str
    icon: str
    whose: frozenset[Blame]
    vital: tuple[Signal, ...]
    others: tuple[Signal, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """One link as it stands."""

    name: str
    icon: str
    state: State
    said: str
    signal: Signal  # the one that decides it


HERE = frozenset({Blame.ME})
ON_THE_WAY = HERE | {Blame.PROVIDER}
ANYWHERE = ON_THE_WAY | {Blame.APPLE}
MILD = frozenset({Code.OK, Code.DEGRADED, Code.UNKNOWN})  # nothing on the way is broken for sure

WAY = (
    Hop(
        name="This device", icon="device", whose=HERE, vital=(Signal.SELF,), others=(Signal.CLOCK,)
    ),
    Hop(name="Cable or Wi-Fi", icon="link", whose=HERE, vital=(Signal.LINK,)),
    Hop(name="Router", icon="router", whose=HERE, vital=(Signal.GATEWAY,)),
    Hop(
        name="Internet",
        icon="internet",
        # Between router and provider nobody can tell at times; that it breaks here is sure.
        whose=ON_THE_WAY | {Blame.UNKNOWN},
        vital=(Signal.INTERNET,),
        others=(Signal.PORTAL, Signal.PROXY, Signal.IPV6, Signal.TLS),
    ),
    Hop(
        name="Names (DNS)",
        icon="names",
        whose=ON_THE_WAY,
        vital=(Signal.DNS,),
        others=(Signal.DNS_APPLE,),
    ),
    Hop(
        name="Apple push",
        icon="push",
        whose=ANYWHERE,
        vital=(Signal.PUSH,),
        others=(Signal.PORT, Signal.NEARBY),
    ),
    Hop(
        name="Apple's services",
        icon="services",
        whose=ANYWHERE,
        vital=(Signal.SERVICES,),
        others=(Signal.APPLE_STATUS,),
    ),
)


def way(status: Status) -> tuple[Stop, ...]:
    """Every link in order. The nearest bad one is the break, when the verdict says there is one;
    what is not known to work behind it cannot be told from here."""
    stops: list[Stop] = []
    broken = False
    for hop in WAY:
        reading = worst(hop, status.readings)
        sign = reading.sign if reading else Sign.UNKNOWN
        if sign is Sign.GOOD:
            state = State.WORKS
        elif broken:
            state = State.BEHIND
        elif sign is Sign.BAD:
            verdict = status.verdict
            broken = verdict.code not in MILD and verdict.blame in hop.whose
            state = State.BROKEN if broken else State.TROUBLE
        else:
            state = State.UNKNOWN
        stops.append(
            Stop(
                name=hop.name,
                icon=hop.icon,
                state=state,
                said=reading.said if reading else "",
                signal=reading.signal if reading else hop.vital[0],
            )
        )
    return tuple(stops)


def worst(hop: Hop, readings: Readings) -> Reading | None:
    """What decides a link: anything bad, else a vital signal that is unknown, else the good."""
    known = [r for r in _of((*hop.vital, *hop.others), readings) if r.sign is Sign.BAD]
    vital = list(_of(hop.vital, readings))
    unknown = [r for r in vital if r.sign is Sign.UNKNOWN]
    return next(iter((*known, *unknown, *vital)), None)


def _of(signals: Iterable[Signal], readings: Readings) -> Iterable[Reading]:
    return (readings[signal] for signal in signals if signal in readings)
