"""What servers asked of us: kept as long as this process, whatever becomes of its settings."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Rest:
    """How one server wants to be asked: a promise, kept whatever becomes of the network here."""

    every_seconds: float
    until: float  # on the clock that counts suspend


@dataclass(slots=True)
class Promises:
    """By "host:port", because that is who asked."""

    rests: dict[str, Rest] = field(default_factory=dict)
    asked: dict[str, float] = field(default_factory=dict)  # when last, on the same clock
