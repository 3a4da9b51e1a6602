"""Readings for tests, as small differences from a healthy world."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from enum import StrEnum

from probe.model import Finding, Observation, Reading, Readings, StepTaken
from probe.words import (
    GOOD,
    VALUES,
    AppleDns,
    AppleStatus,
    Cause,
    Dns,
    Failure,
    HostClock,
    Internet,
    Look,
    Port,
    Portal,
    Push,
    Services,
    Signal,
    Speed,
    Step,
    Tls,
)

Values = Mapping[Signal, StrEnum]

AT = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)

# Nothing beyond the gateway answers.
DEAD: Values = {
    Signal.INTERNET: Internet.UNREACHABLE,
    Signal.PORTAL: Portal.FAILED,
    Signal.DNS: Dns.FAILS,
    Signal.DNS_APPLE: AppleDns.UNKNOWN,
    Signal.TLS: Tls.UNKNOWN,
    Signal.PUSH: Push.SILENT,
    Signal.SERVICES: Services.SILENT,
    Signal.PORT: Port.BLOCKED,
    Signal.APPLE_STATUS: AppleStatus.UNKNOWN,
    Signal.CLOCK: HostClock.UNKNOWN,
}
NAMES_DEAD: Values = {
    Signal.DNS: Dns.FAILS,
    Signal.DNS_APPLE: AppleDns.WRONG_HERE,
    Signal.SERVICES: Services.UNKNOWN,
    Signal.PUSH: Push.UNKNOWN,
}
NOTHING_KNOWN: Values = {signal: VALUES[signal]("unknown") for signal in Signal}


def readings(
    differs: Values | None = None,
    *,
    suggests: Mapping[Signal, Cause] | None = None,
    because: Mapping[Signal, tuple[Observation, ...]] | None = None,
    said: Mapping[Signal, str] | None = None,
) -> Readings:
    """A healthy world but for what differs."""
    values = {**GOOD, **(differs or {})}
    return {
        signal: Reading(
            signal=signal,
            value=values[signal],
            said=(said or {}).get(signal, ""),
            cause=(suggests or {}).get(signal),
            because=(because or {}).get(signal, ()),
        )
        for signal in Signal
    }


def seen(
    target: str,
    *,
    look: Look = Look.APPLE_WEB,
    failure: Failure | None = None,
    speed: Speed = Speed.ACTIVE,
    said: str = "",
) -> Observation:
    """One observation of one target."""
    step = StepTaken(
        step=Step.HANDSHAKE,
        seconds=0.1,
        failure=failure,
        speed=speed if failure else None,
    )
    finding = Finding(target=target, operator=target, steps=(step,), said=said)
    return Observation(look=look, finding=finding, epoch=1, started=0.0, ended=0.1, at=AT)
