"""What another isitme, on another line, says of Apple: its /status, read for two facts."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from probe.failures import LookFailed
from probe.words import Failure, Push, Services, Signal, Speed

STATUS_BYTES = 256 * 1024  # ten times what a busy one says
# What a peer says of a subject is about Apple only where its own side is known to be right.
CONTROLS = (
    (Signal.SELF, "fine"),
    (Signal.INTERNET, "reached"),
    (Signal.DNS, "works"),
    (Signal.TLS, "trusted"),
    (Signal.CLOCK, "right"),
)
WORKS: Mapping[Signal, frozenset[str]] = {
    Signal.PUSH: frozenset({Push.WORKS}),
    Signal.SERVICES: frozenset({Services.WORK}),
}
DOWN: Mapping[Signal, frozenset[str]] = {
    Signal.PUSH: frozenset({Push.FAILS, Push.SILENT}),
    Signal.SERVICES: frozenset({Services.FAIL, Services.SILENT}),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """Whether a subject works there, and how many seconds ago the oldest part was seen of what
    shows it: what it looked at last may have been of something else."""

    subject: Signal
    works: bool
    age_seconds: float


def read(body: bytes) -> tuple[Word, ...]:
    """Push and services, as far as the peer can tell. Raises LookFailed for what is no status.

    What works there works, whatever else it says. That something fails there counts only where
    everything on its own side is right; what it does not know is left out.
    """
    try:
        document: Any = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise _unreadable("no JSON") from error
    signals = document.get("signals") if isinstance(document, dict) else None
    if not isinstance(signals, dict) or document.get("schema") != 1:
        raise _unreadable("no status of isitme")
    if document.get("drill"):
        raise _unreadable("a drill")
    right = all(_value(signals, signal) == wanted for signal, wanted in CONTROLS)
    words = []
    for subject in (Signal.PUSH, Signal.SERVICES):
        value, age = _value(signals, subject), _age(signals, subject)
        if age is None:
            continue
        if value in WORKS[subject]:
            words.append(Word(subject=subject, works=True, age_seconds=age))
        elif value in DOWN[subject] and right:
            words.append(Word(subject=subject, works=False, age_seconds=age))
    return tuple(words)


def _value(signals: dict[str, Any], signal: Signal) -> str:
    said = signals.get(signal.value)
    value = said.get("value") if isinstance(said, dict) else None
    return value if isinstance(value, str) else ""


def _age(signals: dict[str, Any], signal: Signal) -> float | None:
    said = signals.get(signal.value)
    age = said.get("oldest_seconds") if isinstance(said, dict) else None
    if isinstance(age, bool) or not isinstance(age, int | float) or not 0 <= age < 1e6:
        return None
    return float(age)


def _unreadable(detail: str) -> LookFailed:
    return LookFailed(Failure.JSON_PARSE, Speed.ACTIVE, f"not a peer's status: {detail}")
