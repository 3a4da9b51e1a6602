"""Time that tests own: a clock moved by hand, and an event loop that jumps to its next timer."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from probe.backtest.virtual import VirtualTimeLoop, loop_time

__all__ = ["EPOCH", "FakeClock", "VirtualTimeLoop", "loop_time"]

EPOCH = datetime(2026, 1, 1, tzinfo=UTC)


class FakeClock:
    """A Clock (probe/clock.py) whose three times are moved by hand.

    advance() is time passing; jump() steps the wall clock alone; sleep() is a suspend: the wall and
    the clock that counts suspend go on, the other stands still. `follow` is a time that all three
    take part in, such as a virtual loop's.
    """

    def __init__(self, now: datetime = EPOCH, *, follow: Callable[[], float] = lambda: 0.0) -> None:
        self._start = now
        self._follow = follow
        self._advanced = 0.0
        self._jumped = 0.0
        self._slept = 0.0

    @property
    def began(self) -> datetime:
        """What the wall clock said at the beginning."""
        return self._start

    def now(self) -> datetime:
        return self._start + timedelta(seconds=self.elapsed() + self._jumped)

    def elapsed(self) -> float:
        return self._follow() + self._advanced + self._slept

    def awake(self) -> float:
        return self._follow() + self._advanced

    def advance(self, seconds: float) -> None:
        self._advanced += seconds

    def jump(self, seconds: float) -> None:
        self._jumped += seconds

    def sleep(self, seconds: float) -> None:
        self._slept += seconds
