"""When: every look at its own pace, on a machine whose clock may jump.

APScheduler plans by the wall clock, and isitme exists to notice wrong clocks. Measured with 3.11:
one hour back silences it for an hour; thirty days forward blocked the loop for 132 s, because it
lists every run it missed. So three guards live here: a trigger that never counts missed runs, a
watch that plans anew after a jump, and jobs that only start work, so that stopping the scheduler
never tears a look in half.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import UTC, datetime, timedelta

from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.base import BaseTrigger

from probe.clock import Chance, Clock
from probe.looks import Plan

# A wall clock this far from the steady one was set; slewing moves it 0.5 ms per second at most.
JUMP_SECONDS = 2.0
# Of the interval, either way. Installs do not march in step because each begins at a place of its
# own; more than this would undo the spacing of one look from the next.
JITTER = 0.03
WATCH_SECONDS = 0.5


class Every(BaseTrigger):  # type: ignore[misc]  # apscheduler is untyped
    """Fire near the points of a grid; after a gap once, and not once for every run missed."""

    def __init__(self, seconds: float, first_at: datetime, chance: Chance) -> None:
        self.seconds, self.first_at, self.chance = seconds, first_at, chance

    def get_next_fire_time(self, previous: datetime | None, now: datetime) -> datetime:
        if previous is None:
            return self.first_at
        jitter = self.seconds * JITTER * (2 * self.chance.spread() - 1)
        following = self._point(round(self._points_until(previous)) + 1, jitter)
        if now < following <= now + timedelta(seconds=self.seconds * (1 + 2 * JITTER)):
            return following
        return self._point(math.floor(self._points_until(now)) + 1, abs(jitter))

    def _points_until(self, moment: datetime) -> float:
        return (moment - self.first_at).total_seconds() / self.seconds

    def _point(self, number: int, jitter: float) -> datetime:
        return self.first_at + timedelta(seconds=number * self.seconds + jitter)


def spaced(
    paces: Mapping[str, float], *, last: Collection[str] = (), circle_seconds: float = 600.0
) -> dict[str, float]:
    """Where in its interval each look begins, so that together they leave no long gap.

    A fault that all of them feel is noticed after one gap. Greedy, shortest interval first, a
    second's grid; what matters is that the gaps are even on a circle that the usual intervals
    divide. `last`: those that fit in where the others have left room.
    """
    taken: list[float] = []
    phases: dict[str, float] = {}
    for name, seconds in sorted(
        paces.items(), key=lambda item: (item[0] in last, item[1], item[0])
    ):
        times = max(1, round(circle_seconds / seconds))
        moments = {
            phase: [(phase + n * seconds) % circle_seconds for n in range(times)]
            for phase in range(max(1, int(seconds)))
        }
        unevenness = {
            phase: _unevenness((*taken, *more), circle_seconds) for phase, more in moments.items()
        }
        best = min(moments, key=unevenness.__getitem__)
        phases[name] = float(best)
        taken += moments[best]
    return phases


def calm_phases(plans: Iterable[Plan]) -> dict[str, float]:
    """Where in its interval each look begins, so that no gap is long."""
    pacing = [plan for plan in plans if plan.sees_the_way_out]
    return spaced(
        {plan.look.value: plan.calm_seconds for plan in pacing},
        last={plan.look.value for plan in pacing if plan.may_be_answered_near},
    )


def _unevenness(moments: tuple[float, ...], circle_seconds: float) -> float:
    ordered = sorted(moments)
    following = (*ordered[1:], ordered[0] + circle_seconds)
    return sum((after - one) ** 2 for one, after in zip(ordered, following, strict=True))


class Schedule:
    """Starts work; does none."""

    def __init__(
        self, clock: Clock, chance: Chance, phases: Mapping[str, float] | None = None
    ) -> None:
        """`phases`: seconds into the interval of those that keep their distance (`spaced`)."""
        self._clock, self._chance = clock, chance
        self._phases = dict(phases or {})
        self._begins = chance.spread()  # one for all that keep their distance
        self._paces: dict[str, float] = {}
        self._scheduler = AsyncIOScheduler(timezone=UTC)
        self.lag_seconds = 0.0  # how late the watch itself woke: the loop's own lag

    def every(self, seconds: float, name: str, start: Callable[[], object]) -> None:
        """Call `start` about every so many seconds, first at its place in the interval.

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
            replace_existing=True,
        )

    def drop(self, name: str) -> None:
        """Start it no more."""
        if self._paces.pop(name, None) is not None:
            self._scheduler.remove_job(name)

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
            # What fires this very moment ends first: APScheduler logs a cancelled job as an error.
            self._scheduler.pause()
            await asyncio.sleep(0)
            self._scheduler.shutdown(wait=False)

    def _read(self) -> tuple[float, float, float]:
        return self._clock.now().timestamp(), self._clock.elapsed(), self._clock.awake()

    def _plan(self, name: str) -> Every:
        seconds = self._paces[name]
        place = seconds * self._chance.spread()
        if name in self._phases:
            longest = max(self._paces[one] for one in self._phases if one in self._paces)
            place = (self._phases[name] + self._begins * longest) % seconds
        return Every(seconds, self._clock.now() + timedelta(seconds=place), self._chance)
