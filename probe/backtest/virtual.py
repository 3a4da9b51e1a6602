"""Time that does not wait: an event loop that jumps to its next timer, and the clock that goes with
it."""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Callable
from concurrent.futures import Executor
from datetime import datetime, timedelta
from typing import Any, TypeVar, TypeVarTuple

BUSY_POLL_SECONDS = 0.005

T = TypeVar("T")
Ts = TypeVarTuple("Ts")


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
    a socket.
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


class VirtualClock:
    """A Clock (probe/clock.py) over the virtual loop; `sleep` is a suspend of the whole machine."""

    def __init__(self, began: datetime, loop: asyncio.AbstractEventLoop) -> None:
        self._began, self._loop = began, loop  # threads ask for the time, too
        self._slept = self._left_out = 0.0

    def now(self) -> datetime:
        return self._began + timedelta(seconds=self.elapsed() + self._left_out)

    def elapsed(self) -> float:
        return self._loop.time() + self._slept

    def awake(self) -> float:
        return self._loop.time()

    def sleep(self, seconds: float) -> None:
        """Let time pass in which nobody looks."""
        self._slept += seconds

    def leave_out(self, seconds: float) -> None:
        """Go on later by the calendar, with every age as it is."""
        self._left_out += seconds
