"""Time that tests own: a clock moved by hand, and an event loop that jumps to its next timer."""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Callable
from concurrent.futures import Executor
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar, TypeVarTuple

EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
BUSY_POLL_SECONDS = 0.005

T = TypeVar("T")
Ts = TypeVarTuple("Ts")


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


class _JumpingSelector(selectors.DefaultSelector):
    """Never waits for a timer; waits for real only while a thread is at work."""

    def __init__(self) -> None:
        super().__init__()
        self.skipped = 0.0
        self.busy_threads = 0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0)
        if ready:
            return ready
        if timeout is None:
            return super().select(None)
        if self.busy_threads:
            return super().select(min(timeout, BUSY_POLL_SECONDS))
        self.skipped += max(0.0, timeout)
        return ready


class VirtualTimeLoop(asyncio.SelectorEventLoop):
    """An event loop that jumps to its next timer when there is nothing else to do.

    It waits for work in executors, in real time, without moving its own. It cannot see work behind
    a socket: a test with real sockets uses the ordinary loop.
    """

    def __init__(self) -> None:
        self._jumping = _JumpingSelector()
        super().__init__(self._jumping)

    def time(self) -> float:
        return self._jumping.skipped

    def run_in_executor(
        self, executor: Executor | None, func: Callable[[*Ts], T], *args: *Ts
    ) -> asyncio.Future[T]:
        future: asyncio.Future[Any] = super().run_in_executor(executor, func, *args)
        self._jumping.busy_threads += 1
        future.add_done_callback(self._thread_done)
        return future

    def _thread_done(self, _: object) -> None:
        self._jumping.busy_threads -= 1


def loop_time() -> float:
    """The running loop's time; 0 outside a loop."""
    try:
        return asyncio.get_running_loop().time()
    except RuntimeError:
        return 0.0
