"""When: every look at its own pace, on a machine whose clock may jump.

APScheduler plans by the wall clock, and isitme exists to notice wrong clocks. Measured with 3.11:
one hour back silences it for an hour; thirty days forward blocked the loop for 132 s, because it
lists every run it missed. So three guards live here: a trigger that never counts missed runs, a
watch that plans anew after a jump, and jobs that only start work, so that stopping the scheduler
never tears a look in half.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.base import BaseTrigger

from probe.clock import Chance, Clock

# A wall clock this far from the steady one was set; slewing moves it 0.5 ms per second at most.
JUMP_SECONDS = 2.0
JITTER = 0.1  # of the interval, either way: no two installs march in step
WATCH_SECONDS = 0.5


class Every(BaseTrigger):  # type: ignore[misc]  # apscheduler is untyped
    """Fire at a jittered pace; after a gap once, and not once for every run missed."""

    def __init__(self, seconds: float, first_at: datetime, chance: Chance) -> None:
        self.seconds, self.first_at, self.chance = seconds, first_at, chance

    def get_next_fire_time(self, previous: datetime | None, now: datetime) -> datetime:
        if previous is None:
            return self.first_at
        jitter = 1 + JITTER * (2 * self.chance.spread() - 1)
        pace = timedelta(seconds=self.seconds * jitter)
        following = previous + pace
        return following if now < following <= now + pace else now + pace


class Schedule:
    """Starts work; does none."""

    def __init__(self, clock: Clock, chance: Chance) -> None:
        self._clock, self._chance = clock, chance
        self._paces: dict[str, float] = {}
        self._scheduler = AsyncIOScheduler(timezone=UTC)
        self.lag_seconds = 0.0  # how late the watch itself woke: the loop's own lag

    def every(self, seconds: float, name: str, start: Callable[[], object]) -> None:
        """Call `start` about every so many seconds, first at a random place in the interval.

        `start` must only start work and return.
        """

        async def fire() -> None:
            start()

        self._paces[name] = seconds
        self._scheduler.add_job(
            fire,
            self._plan(name),
            id=name,
            coalesce=True,
            max_instances=1,
            misfire_grace_time=None,
        )

    async def keep(
        self, *, on_step: Callable[[float], object], on_resume: Callable[[float], object]
    ) -> None:
        """Run until cancelled. Tells a wall clock that was set from a machine that slept.

        `on_step` and `on_resume` get the seconds jumped or slept.
        """
        self._scheduler.start()
        try:
            wall, elapsed, awake = self._read()
            while True:
                await asyncio.sleep(WATCH_SECONDS)
                new_wall, new_elapsed, new_awake = self._read()
                stepped = (new_wall - wall) - (new_elapsed - elapsed)
                slept = (new_elapsed - elapsed) - (new_awake - awake)
                self.lag_seconds = max(0.0, new_awake - awake - WATCH_SECONDS)
                if abs(stepped) > JUMP_SECONDS or slept > JUMP_SECONDS:
                    for name in self._paces:
                        self._scheduler.reschedule_job(name, trigger=self._plan(name))
                if slept > JUMP_SECONDS:
                    on_resume(slept)
                elif abs(stepped) > JUMP_SECONDS:
                    on_step(stepped)
                wall, elapsed, awake = new_wall, new_elapsed, new_awake
        finally:
            self._scheduler.shutdown(wait=False)

    def _read(self) -> tuple[float, float, float]:
        return self._clock.now().timestamp(), self._clock.elapsed(), self._clock.awake()

    def _plan(self, name: str) -> Every:
        seconds = self._paces[name]
        first = self._clock.now() + timedelta(seconds=seconds * self._chance.spread())
        return Every(seconds, first, self._chance)
