"""The time that tests own, tested itself."""

from __future__ import annotations

import asyncio
import time
from datetime import timedelta

from tests.support.time import EPOCH, FakeClock


def test_the_three_times_go_apart_as_in_life() -> None:
    clock = FakeClock()
    clock.advance(10)
    assert (clock.elapsed(), clock.awake(), clock.now()) == (10, 10, EPOCH + timedelta(seconds=10))

    clock.sleep(100)
    assert (clock.elapsed(), clock.awake(), clock.now()) == (
        110,
        10,
        EPOCH + timedelta(seconds=110),
    )

    clock.jump(-60)
    assert (clock.elapsed(), clock.awake(), clock.now()) == (110, 10, EPOCH + timedelta(seconds=50))


async def test_an_hour_takes_no_time(virtual_time: FakeClock) -> None:
    began, real = virtual_time.elapsed(), time.monotonic()
    await asyncio.sleep(3600)

    assert virtual_time.elapsed() - began >= 3600
    assert time.monotonic() - real < 1


async def test_work_in_threads_is_waited_for(virtual_time: FakeClock) -> None:
    began = virtual_time.elapsed()
    async with asyncio.timeout(1):
        await asyncio.to_thread(time.sleep, 0.05)

    assert virtual_time.elapsed() == began


async def test_real_time_is_real_unless_asked() -> None:
    began = time.monotonic()
    await asyncio.sleep(0.02)

    assert time.monotonic() - began >= 0.019
