"""What was seen, signal by signal: every newest attempt with the time of each of its steps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from probe.model import Observation, Reading, Status
from probe.outlets.web.chart import seconds_said
from probe.words import VALUES, Look, Sign, Signal

NAMES: Mapping[Signal, str] = {
    Signal.SELF: "isitme itself",
    Signal.LINK: "Cable or Wi-Fi",
    Signal.GATEWAY: "Router",
    Signal.INTERNET: "Internet",
    Signal.PORTAL: "Sign-in page",
    Signal.PROXY: "Proxy",
    Signal.CLOCK: "Clock",
    Signal.DNS: "Names (DNS)",
    Signal.DNS_APPLE: "Names of Apple",
    Signal.TLS: "Secure connections",
    Signal.PUSH: "Apple push",
    Signal.SERVICES: "Apple's services",
    Signal.PORT: "Other ports",
    Signal.IPV6: "IPv6",
    Signal.APPLE_STATUS: "Apple's status page",
    Signal.NEARBY: "Blocked nearby",
}

# Where each look is shown. Signals without one ride on the looks of others (an HTTPS look serves
# the internet, TLS, the clock and IPv6): they show what their reading stands on.
LOOKS: Mapping[Signal, tuple[Look, ...]] = {
    Signal.SELF: (Look.SELF,),
    Signal.LINK: (Look.LINK,),
    Signal.GATEWAY: (Look.GATEWAY,),
    Signal.INTERNET: (Look.REF_IP, Look.REF_NAME, Look.LINE, Look.MESSENGERS),
    Signal.PORTAL: (Look.CAPTIVE,),
    Signal.PROXY: (Look.PROXY,),
    Signal.CLOCK: (Look.NTP,),
    Signal.DNS: (Look.DNS_EACH, Look.DNS_APP, Look.DNS_MANNERS, Look.DNS_ALIVE),
    Signal.DNS_APPLE: (Look.DNS_ALT, Look.DNS_CROSS),
    Signal.TLS: (),
    Signal.PUSH: (Look.PUSH_5223, Look.PUSH_443, Look.PUSH_HTTP, Look.PUSH_IDLE),
    Signal.SERVICES: (Look.APPLE_WEB,),
    Signal.PORT: (Look.PORT_CTL, Look.QUIC),
    Signal.IPV6: (Look.NAT64,),
    Signal.APPLE_STATUS: (Look.STATUS,),
    Signal.NEARBY: (Look.NEARBY,),
}
WIDE = 100.0  # of a timing bar, in percent


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One step in the timing bar: where it begins and how wide it is, in percent."""

    step: str
    x: float
    wide: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    seen: Observation
    passed: bool
    timing: str  # the steps in words
    failure: str
    bars: tuple[Bar, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One signal."""

    key: str
    name: str
    value: str
    sign: Sign
    said: str
    ago: str
    set_aside: bool
    attempts: tuple[Attempt, ...]


def rows(status: Status) -> tuple[Row, ...]:
    """Every signal that was judged, nearest to this host first."""
    return tuple(row(status, signal) for signal in Signal if signal in status.readings)


def row(status: Status, signal: Signal) -> Row:
    unknown = Reading(signal=signal, value=VALUES[signal]("unknown"))
    reading = status.readings.get(signal, unknown)
    return Row(
        key=signal.value,
        name=NAMES[signal],
        value=reading.value.value,
        sign=reading.sign,
        said=reading.said,
        ago="" if reading.age_seconds is None else f"{reading.age_seconds:.0f} s ago",
        set_aside=reading.set_aside,
        attempts=attempts(status, signal, reading),
    )


def attempts(status: Status, signal: Signal, reading: Reading) -> tuple[Attempt, ...]:
    """What failed comes first, and the rest as it is looked at."""
    looks = LOOKS[signal]
    seen = [one for one in status.observations if one.look in looks]
    if not looks:
        seen = list(reading.because)
    seen.sort(key=lambda one: (one.finding.passed, one.look.value, one.finding.target))
    longest = max((sum(s.seconds for s in one.finding.steps) for one in seen), default=0.0)
    return tuple(attempt(one, longest) for one in seen)


def attempt(seen: Observation, longest: float) -> Attempt:
    bars, x = [], 0.0
    for step in seen.finding.steps:
        wide = step.seconds / longest * WIDE if longest else 0.0
        bars.append(Bar(step=step.step.value, x=round(x, 2), wide=round(max(wide, 0.5), 2)))
        x += wide
    failed = seen.finding.failed
    return Attempt(
        seen=seen,
        passed=seen.finding.passed,
        timing=" · ".join(f"{s.step.value} {seconds_said(s.seconds)}" for s in seen.finding.steps),
        failure=failed.failure.value if failed and failed.failure else "",
        bars=tuple(bars),
    )
