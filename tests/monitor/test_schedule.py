"""The scheduler on a machine whose clock jumps: real loop, real APScheduler, a pretended wall."""

from __future__ import annotations

import asyncio
import datetime as dt
import time
from pathlib import Path

import apscheduler.executors.base
import apscheduler.schedulers.base
import pytest

from probe.clock import Chance, install_seed
from probe.looks import PLANS
from probe.schedule import JITTER, Every, Schedule, spaced

PACE = 0.2


class Wall:
    """The clocks as APScheduler and we both see them, with jumps that the test makes."""

    def __init__(self) -> None:
        self.jumped = dt.timedelta(0)
        self.slept = 0.0

    def now(self) -> dt.datetime:
        return dt.datetime.now(dt.UTC) + self.jumped + dt.timedelta(seconds=self.slept)

    def elapsed(self) -> float:
        return time.monotonic() + self.slept

    def awake(self) -> float:
        return time.monotonic()


@pytest.fixture
def wall(monkeypatch: pytest.MonkeyPatch) -> Wall:
    wall = Wall()

    class Jumping(dt.datetime):
        @classmethod
        def now(cls, tz: dt.tzinfo | None = None) -> dt.datetime:  # type: ignore[override]
            return wall.now().astimezone(tz)

    for module in (apscheduler.schedulers.base, apscheduler.executors.base):
        monkeypatch.setattr(module, "datetime", Jumping)
    return wall


@pytest.mark.parametrize(
    "jump",
    [dt.timedelta(0), dt.timedelta(hours=-1), dt.timedelta(hours=1), dt.timedelta(days=3650)],
    ids=["none", "back an hour", "forward an hour", "ten years forward"],
)
async def test_looks_go_on_after_a_jump(wall: Wall, jump: dt.timedelta) -> None:
    runs: list[float] = []
    steps: list[float] = []
    resumes: list[float] = []
    schedule = Schedule(wall, Chance(1))
    schedule.every(PACE, "internet", lambda: runs.append(time.monotonic()))
    keeping = asyncio.create_task(
        schedule.keep(on_step=steps.append, on_resume=resumes.append), name="keep"
    )

    await asyncio.sleep(1.0)
    before = len(runs)
    wall.jumped = jump
    await asyncio.sleep(1.6)
    keeping.cancel()
    await asyncio.gather(keeping, return_exceptions=True)

    assert before >= 3
    assert len(runs) - before >= 3
    assert len(runs) <= 2.6 / (PACE * 0.9) + 2  # no run is made up for
    assert len(steps) == bool(jump)
    assert not resumes


async def test_a_sleep_is_told_from_a_clock_that_was_set(wall: Wall) -> None:
    steps: list[float] = []
    resumes: list[float] = []
    schedule = Schedule(wall, Chance(1))
    keeping = asyncio.create_task(
        schedule.keep(on_step=steps.append, on_resume=resumes.append), name="keep"
    )

    await asyncio.sleep(0.7)
    wall.slept = 7200.0
    await asyncio.sleep(0.7)
    keeping.cancel()
    await asyncio.gather(keeping, return_exceptions=True)

    assert [round(seconds, -1) for seconds in resumes] == [7200]
    assert not steps


def test_missed_runs_are_never_counted() -> None:
    start = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    every = Every(30, start, Chance(1))
    ten_years_on = start + dt.timedelta(days=3650)

    following = every.get_next_fire_time(start, ten_years_on)

    assert ten_years_on < following <= ten_years_on + dt.timedelta(seconds=33)


def test_a_look_keeps_its_place_however_often_it_was_made() -> None:
    start = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    every, chance = Every(60, start, Chance(1)), 60 * JITTER
    moment = start
    for number in range(1, 1000):
        moment = every.get_next_fire_time(moment, moment)
        place = (moment - start).total_seconds() - number * 60

        assert abs(place) <= chance


def test_no_second_look_for_one_that_came_early() -> None:
    start = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    every = Every(30, start, Chance(1))
    early = start + dt.timedelta(seconds=29.2)

    assert (every.get_next_fire_time(early, early) - start).total_seconds() > 55


def test_looks_at_the_way_out_leave_no_gap_over_nine_seconds() -> None:
    paces = {plan.look.value: plan.every_seconds for plan in PLANS if plan.sees_the_way_out}
    phases = spaced(paces)
    moments = sorted(
        (phases[name] + n * pace) % 600
        for name, pace in paces.items()
        for n in range(int(600 // pace))
    )

    gaps = [b - a for a, b in zip(moments, [*moments[1:], moments[0] + 600], strict=True)]

    assert len(gaps) == sum(int(600 // pace) for pace in paces.values())
    assert max(gaps) <= 9.0


def test_installs_do_not_march_in_step() -> None:
    start = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    paces = {Every(30, start, Chance(seed)).get_next_fire_time(start, start) for seed in range(50)}

    assert len(paces) > 40
    assert all(27 <= (moment - start).total_seconds() <= 33 for moment in paces)


def test_an_install_keeps_its_spread_and_has_its_own(tmp_path: Path) -> None:
    mine, yours = tmp_path / "mine", tmp_path / "yours"
    mine.write_text("0123456789abcdef\n")
    yours.write_text("fedcba9876543210\n")

    assert install_seed(mine) == install_seed(mine)
    assert install_seed(mine) != install_seed(yours)
    assert install_seed(tmp_path / "none") == install_seed(tmp_path / "none")
