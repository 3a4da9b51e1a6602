"""Suspend and steps of the wall clock, on the real schedule: nothing old is told as new."""

from __future__ import annotations

import pytest

from probe.words import Blame, Code, Look
from tests.hours.world import Run, running
from tests.support.time import FakeClock

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]
HOUR, DAY = 3600.0, 86_400.0
FEW = (Look.SELF, Look.LINK, Look.REF_IP, Look.STATUS)
SWEEP_SECONDS = 8.0  # a first answer after a sleep or a change of network


def is_ok(run: Run) -> bool:
    return run.look().verdict.code is Code.OK


@pytest.mark.parametrize("slept", [3.0, 2 * HOUR, 30 * DAY])
async def test_after_a_sleep_the_next_answer_is_that_it_looks_again(
    virtual_time: FakeClock, monkeypatch: pytest.MonkeyPatch, slept: float
) -> None:
    """Row 103 and P22, for a sleep of any length."""
    async with running(virtual_time, monkeypatch) as run:
        await run.until(lambda status: is_ok(run), within=30.0)
        since = run.look().since
        await run.live(25.0)

        virtual_time.sleep(slept)
        woke = virtual_time.elapsed()
        first = run.look().verdict
        took = await run.until(lambda status: is_ok(run), within=SWEEP_SECONDS)
        after = run.look()
        turns = list(run.turns)

    assert first.cause == "resumed"
    assert [cause for _, _, cause in run.answers(since=woke)] == ["resumed", None]
    assert took < SWEEP_SECONDS
    assert not turns  # nothing has changed, so nobody is told
    assert after.since == since


async def test_what_broke_during_the_sleep_is_not_told_as_fine(
    virtual_time: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running(virtual_time, monkeypatch) as run:
        await run.until(lambda status: is_ok(run), within=30.0)

        run.world.cut()
        virtual_time.sleep(2 * HOUR)
        woke = virtual_time.elapsed()
        await run.until(
            lambda status: status.verdict.code is Code.ISP_INTERNET, within=16.0 + SWEEP_SECONDS
        )

    codes = {code for _, code, _ in run.answers(since=woke)}
    assert codes <= {"unknown", "isp_internet"}


async def test_a_look_that_slept_through_says_nothing_of_now(
    virtual_time: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Asked before the sleep, answered after it: void."""
    async with running(virtual_time, monkeypatch) as run:
        await run.until(lambda status: is_ok(run), within=30.0)
        run.monitor.start(Look.REF_IP)
        virtual_time.sleep(HOUR)
        run.look()
        internet = run.signal("internet")

    assert internet == "unknown"


STEPS = [HOUR, -400 * DAY]


@pytest.mark.parametrize("step", STEPS)
async def test_a_step_of_the_wall_clock_voids_nothing_but_what_was_said_of_the_clock(
    virtual_time: FakeClock, monkeypatch: pytest.MonkeyPatch, step: float
) -> None:
    """Row 129 and P11: a wrong clock is told and a right one again; looks go on at their pace."""
    async with running(virtual_time, monkeypatch) as run:
        await run.until(lambda status: is_ok(run), within=30.0)
        await run.live(120.0)
        calm = run.world.asked.total()
        await run.live(180.0)
        calm = run.world.asked.total() - calm
        since = virtual_time.elapsed()

        virtual_time.jump(step)
        at_once = {s.value: r.value for s, r in run.look().readings.items()}
        took = await run.until(lambda status: status.verdict.code is Code.CLOCK, within=5.0)
        await run.live(180.0)
        asked = run.world.asked.total()
        virtual_time.jump(-step)
        await run.until(lambda status: is_ok(run), within=15.0)
        await run.live(180.0)
        asked = run.world.asked.total() - asked

    wrong = {name for name, value in at_once.items() if value == "unknown"} - {"nearby"}
    assert wrong <= {"clock"}
    assert [code for _, code, _ in run.answers(since=since)] == ["ok", "clock", "ok"][-3:] or [
        code for _, code, _ in run.answers(since=since)
    ] == ["clock", "ok"]
    assert took <= 5.0
    assert {one.verdict.blame for one in run.shown if one.at >= since} <= {
        Blame.ME,
        Blame.NOBODY,
    }
    # One sweep more, and no run made up for; nothing fell silent either.
    assert 0.8 * calm <= asked <= 1.6 * calm


async def test_a_clock_that_is_set_right_is_right_at_once(
    virtual_time: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running(
        virtual_time, monkeypatch, prepare=lambda world: virtual_time.jump(-HOUR)
    ) as run:
        await run.until(lambda status: status.verdict.code is Code.CLOCK, within=30.0)
        await run.live(60.0)

        virtual_time.jump(HOUR)
        took = await run.until(lambda status: is_ok(run), within=15.0)

    assert took <= 15.0


async def test_a_small_step_is_only_a_note(
    virtual_time: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running(virtual_time, monkeypatch) as run:
        await run.live(25.0)
        since = virtual_time.elapsed()
        virtual_time.jump(30.0)
        await run.until(lambda status: "clock_off" in run.notes(), within=10.0)
        codes = {code for _, code, _ in run.answers(since=since)}
        turns = list(run.turns)

    assert codes <= {"ok"}
    assert not turns


@pytest.mark.parametrize("drill", ["healthy", "internet-down", "apple-outage"])
async def test_nothing_new_is_told_from_evidence_that_only_grows_old(
    virtual_time: FakeClock, monkeypatch: pytest.MonkeyPatch, drill: str
) -> None:
    """P15, over the whole program: time passes, nobody looks, and it ends in not knowing."""
    async with running(virtual_time, monkeypatch, tick_seconds=10.0) as run:
        await run.until(lambda status: is_ok(run), within=60.0)
        if drill == "internet-down":
            run.world.cut()
        elif drill == "apple-outage":
            run.world.manners.apple_status = 503
        await run.live(60.0)
        before = run.look().verdict
        since = virtual_time.elapsed()

        run.monitor.probes.clear()
        await run.live(2.5 * HOUR, watch=10.0)
        after = run.look().verdict

    seen = run.answers(since=since)
    assert after.code is Code.UNKNOWN
    if before.code is not Code.OK:
        assert "ok" not in {code for _, code, _ in seen}
    if before.blame is not Blame.APPLE:
        assert Blame.APPLE not in {blame for blame, _, _ in seen}


async def test_feeds_that_were_not_asked_again_are_not_called_unreadable(
    virtual_time: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Apple's page was asked in vain just before a sleep: that was then."""
    async with running(virtual_time, monkeypatch, looks=FEW, tick_seconds=2.0) as run:
        await run.live(200.0)
        run.world.silent = lambda place, port: "www.apple.com" in place.names
        run.monitor.start(Look.STATUS)
        await run.live(30.0)
        run.world.mend()
        virtual_time.sleep(20.0)
        said = set()
        for _ in range(120):
            await run.live(1.0)
            said.add(run.signal("apple_status"))

    assert said == {"clear"}
