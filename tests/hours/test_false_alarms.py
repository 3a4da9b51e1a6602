"""A few hours of lines that lose packets: the benchmark's own engine, and its short cut proved."""

from __future__ import annotations

import asyncio

import pytest

from benchmarks.false_alarms import KINDS, Unhurried, play, traced
from probe.backtest.virtual import VirtualTimeLoop
from probe.monitor import Monitor

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]
BY_NAME = {kind.name: kind for kind in KINDS}
HOUR = 1 / 24


def told(name: str, days: float, monitor: type[Monitor]) -> list[tuple[int, str, str | None]]:
    with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
        _, turns = runner.run(play(BY_NAME[name], days, 1, monitor))
    return [(round(at), turn.after.code, turn.after.cause) for at, turn in turns]


@pytest.mark.parametrize(
    ("name", "hours"),
    [("clean", 3.0), ("1 % loss", 0.5), ("one reference dead", 0.1), ("micro-outages", 1.35)],
)
def test_nothing_is_told_that_was_not(name: str, hours: float) -> None:
    with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
        tally, _ = runner.run(play(BY_NAME[name], hours * HOUR, 1))

    assert [traced(*one) for one in tally.false] == []
    assert not tally.short
    assert tally.told == tally.outages


@pytest.mark.parametrize(
    ("name", "hours"),
    [
        ("micro-outages", 1.35),
        ("5 % loss", 0.06),
    ],
)
def test_judging_only_what_is_new_tells_the_same(name: str, hours: float) -> None:
    everything = told(name, hours * HOUR, Monitor)

    assert everything
    assert told(name, hours * HOUR, Unhurried) == everything
