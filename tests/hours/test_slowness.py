"""A line that becomes longer is nobody's fault; Apple alone farther away than it was is told."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from ipaddress import ip_address, ip_network

import pytest

from probe.drill.layout import APPLE_NETWORK, Place
from probe.words import Cause, Code
from tests.hours.world import ROUND_TRIP_SECONDS, Run, running
from tests.support.time import FakeClock, VirtualTimeLoop, loop_time

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]
LONG_SECONDS = 0.6  # there and back by a satellite far out (measured in the lab's row)
# Asked no sooner than once a minute, because nothing fails (diagnosis.md (e)).
TOLD_SECONDS, OVER_SECONDS = 75.0, 75.0
APPLE = ip_network(APPLE_NETWORK)


def everything(place: Place) -> float:
    return LONG_SECONDS if place.beyond_gateway else ROUND_TRIP_SECONDS


def apple_alone(place: Place) -> float:
    return LONG_SECONDS if ip_address(place.address) in APPLE else ROUND_TRIP_SECONDS


def as_ever(place: Place) -> float:
    return ROUND_TRIP_SECONDS


async def after(
    round_trip: Callable[[Place], float], seconds: float, *, healthy: float, seed: int
) -> tuple[list[tuple[float, str, str | None]], list[tuple[float, str, str | None]]]:
    """What was told, and when, since the way became so long; and since it was as ever again."""
    clock = FakeClock(follow=loop_time)
    with pytest.MonkeyPatch.context() as patch:
        async with running(clock, patch, seed=seed) as run:
            await run.until(lambda status: status.verdict.code is Code.OK, within=60.0)
            await run.live(healthy)
            run.world.round_trip = round_trip
            told = await watched(run, seconds)
            run.world.round_trip = as_ever
            return told, await watched(run, 120.0)


async def watched(run: Run, seconds: float) -> list[tuple[float, str, str | None]]:
    began = run.clock.elapsed()
    await run.live(seconds)
    return [
        (round(one.at - began, 1), one.verdict.code.value, one.verdict.cause)
        for one in run.shown
        if one.at >= began
    ]


@pytest.mark.parametrize("healthy", [60.0, 300.0])
def test_a_longer_line_is_nobodys_fault(healthy: float) -> None:
    told, after_it = played(everything, 600.0, healthy=healthy)

    assert told == []
    assert after_it == []


@pytest.mark.parametrize("seed", [2, 3])
def test_apple_alone_farther_away_is_told_until_it_is_over(seed: int) -> None:
    told, after_it = played(apple_alone, 150.0, healthy=240.0, seed=seed)

    assert [one[1:] for one in told] == [(Code.DEGRADED, Cause.APPLE_SLOW)]
    assert told[0][0] <= TOLD_SECONDS
    assert [one[1:] for one in after_it] == [(Code.OK, None)]
    assert after_it[0][0] <= OVER_SECONDS


def played(
    round_trip: Callable[[Place], float], seconds: float, *, healthy: float, seed: int = 1
) -> tuple[list[tuple[float, str, str | None]], list[tuple[float, str, str | None]]]:
    with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
        return runner.run(after(round_trip, seconds, healthy=healthy, seed=seed))
