"""The look at time servers, against real ones on loopback: honest, lying, and weary of us."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from typing import cast

import pytest

from probe.clock import Chance, Clock, SystemClock
from probe.drill.timeserver import TimeManner, answer
from probe.http import Http
from probe.machine import LinuxMachine
from probe.model import Finding, OffsetFact
from probe.probes.ntp import MOST_REST_SECONDS, Ntp
from probe.targets import TimeServer
from probe.tools import Tools
from probe.words import Failure, Note, Step
from tests.support.servers import HOST, udp_server

pytestmark = [pytest.mark.real]

Answers = Callable[[bytes], list[bytes]]


class Moved:
    """This machine's clocks, moved along by the test; `step` sets the wall clock alone."""

    def __init__(self) -> None:
        self._real = SystemClock()
        self.later = 0.0
        self.step = 0.0

    def now(self) -> datetime:
        return datetime.fromtimestamp(time.time() + self.later + self.step, UTC)

    def elapsed(self) -> float:
        return self._real.elapsed() + self.later

    def awake(self) -> float:
        return self._real.awake() + self.later


@cache
def tools(clock: Moved) -> Tools:
    """One set for each test's clock: what servers asked of us is kept in it."""
    return Tools(
        clock=clock,
        chance=Chance(1),
        machine=LinuxMachine(environment={}),
        trust=cast(object, None),  # type: ignore[arg-type]
        http=cast(Http, None),
        user_agent="isitme/test",
    )


def saying(clock: Clock, manner: TimeManner) -> Answers:
    def answers(request: bytes) -> list[bytes]:
        reply = answer(request, manner, clock.now().timestamp(), 0.0)
        return [] if reply is None else [reply.data]

    return answers


def looking(port: int) -> Ntp:
    return Ntp(servers=(TimeServer(name="near", operator="near", host=HOST, port=port),))


async def look(probe: Ntp, clock: Moved) -> Finding:
    (finding,) = await probe.look(tools(clock), ())
    return finding


def notes(finding: Finding) -> list[Note]:
    return [note for note, _ in finding.notes]


def offsets(finding: Finding) -> Sequence[OffsetFact]:
    return [fact for fact in finding.facts if isinstance(fact, OffsetFact)]


async def test_an_honest_server_bounds_the_offset() -> None:
    clock = Moved()
    async with udp_server(saying(clock, TimeManner(offset_seconds=90.0))) as (port, _):
        finding = await look(looking(port), clock)

    (fact,) = offsets(finding)
    assert finding.passed
    assert fact.low_seconds < 90 < fact.high_seconds
    assert fact.high_seconds - fact.low_seconds < 1
    assert fact.machine.startswith("1 ")


BAD: dict[str, tuple[TimeManner, Failure]] = {
    "not synchronised by its leap indicator": (TimeManner(leap=3), Failure.NTP_UNSYNCHRONIZED),
    "not synchronised by its stratum": (TimeManner(stratum=16), Failure.NTP_UNSYNCHRONIZED),
    "another question's answer": (TimeManner(wrong_origin=True), Failure.NTP_BOGUS),
    "no stamps": (TimeManner(zero_stamps=True), Failure.NTP_BOGUS),
    "a kiss of death": (TimeManner(kiss=b"RATE"), Failure.NTP_KOD),
}


@pytest.mark.slow
@pytest.mark.parametrize("case", BAD)
async def test_what_is_no_time_is_never_an_offset(case: str) -> None:
    manner, failure = BAD[case]
    clock = Moved()
    async with udp_server(saying(clock, manner)) as (port, _):
        finding = await look(looking(port), clock)

    assert finding.failed is not None
    assert finding.failed.failure is failure
    assert notes(finding) == [Note(failure.value)]
    assert not offsets(finding)


async def test_a_forged_reply_that_comes_first_costs_nothing_and_is_told() -> None:
    clock = Moved()
    honest, forged = (
        saying(clock, manner)
        for manner in (TimeManner(), TimeManner(wrong_origin=True, offset_seconds=1e6))
    )
    async with udp_server(lambda asked: [*forged(asked), *honest(asked)]) as (port, _):
        finding = await look(looking(port), clock)

    assert finding.passed
    assert abs(offsets(finding)[0].low_seconds) < 1
    assert notes(finding) == [Note.NTP_BOGUS]


async def test_a_clock_that_is_set_meanwhile_makes_a_sample_worthless() -> None:
    clock = Moved()
    honest = saying(clock, TimeManner())

    def while_set(asked: bytes) -> list[bytes]:
        replies = honest(asked)
        clock.step = 3600.0
        return replies

    async with udp_server(while_set) as (port, _):
        finding = await look(looking(port), clock)

    assert finding.failed is not None
    assert finding.failed.failure is Failure.INTERRUPTED
    assert not offsets(finding)
    assert not finding.notes


async def asked_every(probe: Ntp, clock: Moved, pace: float, asked: list[bytes], looks: int) -> str:
    """One letter per look: A was asked, - was left alone."""
    said = ""
    for _ in range(looks):
        before = len(asked)
        await look(probe, clock)
        said += "A" if len(asked) > before else "-"
        clock.later += pace
    return said


async def test_rate_doubles_that_servers_interval_up_to_two_hours_and_for_good() -> None:
    clock = Moved()
    manner = [TimeManner(kiss=b"RATE")]
    async with udp_server(lambda asked: saying(clock, manner[0])(asked)) as (port, asked):
        probe = looking(port)
        weary = await asked_every(probe, clock, 1024.0, asked, looks=22)
        manner[0] = TimeManner()
        better = await asked_every(probe, clock, 1024.0, asked, looks=17)

    # 2048, 4096, then 7200 s: asked again after 2, 4, and 8 looks, for that is the next one.
    assert weary == "A-A---A-------A-------"
    assert better == "A-------A-------A"
    assert MOST_REST_SECONDS == 7200


async def test_a_slower_pace_is_doubled_from_where_it_was() -> None:
    clock = Moved()
    async with udp_server(saying(clock, TimeManner(kiss=b"RATE"))) as (port, asked):
        probe = looking(port)
        tools(clock).promises.asked[f"{HOST}:{port}"] = clock.elapsed() - 3000.0
        said = await asked_every(probe, clock, 3100.0, asked, looks=4)

    assert said == "A-A-"


@pytest.mark.parametrize("kiss", [b"DENY", b"RSTR"])
async def test_who_refuses_us_is_asked_no_more(kiss: bytes) -> None:
    clock = Moved()
    async with udp_server(saying(clock, TimeManner(kiss=kiss))) as (port, asked):
        said = await asked_every(looking(port), clock, 86_400.0, asked, looks=5)

    assert said == "A----"


async def test_a_forged_kiss_silences_nobody() -> None:
    clock = Moved()
    manner = TimeManner(kiss=b"DENY", wrong_origin=True)
    async with udp_server(saying(clock, manner)) as (port, asked):
        said = await asked_every(looking(port), clock, 1024.0, asked, looks=2)

    assert said == "AA"


async def test_a_server_that_is_left_alone_is_named_and_is_no_fault() -> None:
    clock = Moved()
    async with udp_server(saying(clock, TimeManner(kiss=b"RATE"))) as (port, _):
        probe = looking(port)
        first = await look(probe, clock)
        second = await look(probe, clock)

    assert notes(first) == notes(second) == [Note.NTP_KOD]
    assert second.failed is not None
    assert (second.failed.step, second.failed.failure) == (Step.OURS, Failure.NOT_RUN)


async def test_one_weary_server_does_not_silence_another() -> None:
    clock = Moved()
    async with (
        udp_server(saying(clock, TimeManner(kiss=b"RATE"))) as (weary, _),
        udp_server(saying(clock, TimeManner())) as (fresh, asked),
    ):
        probe = replace(
            looking(weary),
            servers=(
                TimeServer(name="weary", operator="weary", host=HOST, port=weary),
                TimeServer(name="fresh", operator="fresh", host=HOST, port=fresh),
            ),
        )
        for _ in range(3):
            await probe.look(tools(clock), ())
            await asyncio.sleep(0)

    assert len(asked) == 3


@pytest.mark.parametrize("kiss", [b"DENY", b"RATE"])
async def test_other_settings_break_no_promise(kiss: bytes) -> None:
    clock = Moved()
    async with (
        udp_server(saying(clock, TimeManner(kiss=kiss))) as (weary, asked),
        udp_server(saying(clock, TimeManner())) as (added, _),
    ):
        before = looking(weary)
        await look(before, clock)
        more = TimeServer(name="added", operator="added", host=HOST, port=added)
        after = Ntp(servers=(more, *before.servers))
        clock.later += 64.0
        found = await after.look(tools(clock), ())

    assert len(asked) == 1
    assert [finding.passed for finding in found] == [True, False]
    assert Note.NTP_KOD in notes(found[1])


async def test_what_it_heard_makes_it_no_other_look() -> None:
    """Else settings that are read again would throw it away (Monitor.take)."""
    clock = Moved()
    async with udp_server(saying(clock, TimeManner(kiss=b"DENY"))) as (port, _):
        probe = looking(port)
        await look(probe, clock)

    assert probe == looking(port)
