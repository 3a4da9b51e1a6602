"""Time and chance, handed in. Wall time labels; suspend-aware time measures ages."""

from __future__ import annotations

import hashlib
import random
import secrets
import time
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol


class Clock(Protocol):
    def now(self) -> datetime:
        """The wall clock, UTC. May jump; a label, or a value that is itself under test."""

    def elapsed(self) -> float:
        """Seconds since some fixed moment, counting suspend: for ages and durations."""

    def awake(self) -> float:
        """Seconds that stop while the machine sleeps; elapsed minus awake shows a suspend."""


class SystemClock:
    """The machine's clocks.

    Linux: CLOCK_BOOTTIME counts suspend, CLOCK_MONOTONIC does not. macOS: CLOCK_MONOTONIC counts
    suspend, CLOCK_UPTIME_RAW does not.
    """

    def __init__(self) -> None:
        self._counts = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
        self._stops = getattr(time, "CLOCK_UPTIME_RAW", time.CLOCK_MONOTONIC)

    def now(self) -> datetime:
        return datetime.now(UTC)

    def elapsed(self) -> float:
        return time.clock_gettime(self._counts)

    def awake(self) -> float:
        return time.clock_gettime(self._stops)


def install_seed(machine_id: Path = Path("/etc/machine-id")) -> int:
    """A number of this install's own: the same after a restart, another one next door.

    From the machine id (machine-id(5)), else from the hardware address, so that a thousand installs
    that come back after one power cut do not ask everybody at once. Hashed: the id itself is
    confidential and must not be told by the pattern of our questions.
    """
    try:
        name = machine_id.read_bytes()
    except OSError:
        name = str(uuid.getnode()).encode()
    return int.from_bytes(hashlib.sha256(b"isitme spread" + name).digest()[:8], "big")


@dataclass(slots=True)
class Chance:
    """Chance, handed in like the clock.

    What goes on the wire must not be guessed, so it comes from `secrets`. What only spreads load
    comes from a seed kept per install, so that restarted installs do not march in step.
    """

    seed: int | None = None
    _spread: random.Random = field(init=False)

    def __post_init__(self) -> None:
        self._spread = random.Random(self.seed)

    def cookie(self, size: int) -> bytes:
        """Unguessable bytes, for ids and stamps that an attacker must not predict."""
        return secrets.token_bytes(size)

    def below(self, bound: int) -> int:
        """An unguessable number in 0..bound-1."""
        return secrets.randbelow(bound)

    def spread(self) -> float:
        """A number in [0, 1) for jitter."""
        return self._spread.random()
