"""One target under blackbox_exporter's names, over a monitor with scripted looks."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any, cast

import pytest
from prometheus_client.parser import text_string_to_metric_families

from probe.looks import PLAN
from probe.model import Finding, StepTaken
from probe.monitor import Monitor
from probe.outlets.blackbox import (
    MOST_SECONDS,
    OFFSET_SECONDS,
    USUAL_SECONDS,
    Blackbox,
    NoSuchName,
    NotSeen,
    seconds_of,
)
from probe.targets import Targets
from probe.tools import Tools
from probe.words import Failure, Family, Look, Speed, Step
from tests.support.time import FakeClock

FLOOR = PLAN[Look.REF_NAME].floor_seconds
TOO_OLD = PLAN[Look.REF_NAME].max_age_seconds


def attempt(family: Family, *, failure: Failure | None = None, seconds: float = 0.02) -> Finding:
    speed = Speed.ACTIVE if failure else None
    steps = (
        StepTaken(step=Step.RESOLVE, seconds=0.005),
        StepTaken(step=Step.CONNECT, seconds=seconds, failure=failure, speed=speed),
    )
    return Finding(target="quad9", operator="quad9", family=family, steps=steps)


class Scripted:
    """A look that counts how often it was made, and can be made to hang."""

    def __init__(self, *findings: Finding) -> None:
        self.findings, self.made, self.free = findings, 0, asyncio.Event()
        self.free.set()

    async def look(self, tools: Tools, seen: object) -> tuple[Finding, ...]:
        self.made += 1
        await self.free.wait()
        return self.findings


def over(probe: Scripted, clock: FakeClock, look: Look = Look.REF_NAME) -> Blackbox:
    return Blackbox(
        Monitor(
            probes=cast(Any, {look: probe}),
            plans={look: PLAN[look]},
            targets=Targets(),
            tools=cast(Tools, SimpleNamespace(clock=clock)),
        )
    )


async def values(one: Blackbox, target: str = "quad9", timeout: str = "5") -> dict[str, float]:
    body, _ = await one.ask(Look.REF_NAME, target, timeout, "text/plain")
    return {
        sample.name + "".join(sample.labels.values()): sample.value
        for family in text_string_to_metric_families(body.decode())
        for sample in family.samples
    }


async def test_the_worst_and_the_slowest_of_both_families_is_told(virtual_time: FakeClock) -> None:
    bad = attempt(Family.IPV6, failure=Failure.CONNECTION_REFUSED, seconds=0.3)
    one = over(Scripted(attempt(Family.IPV4), bad), virtual_time)

    told = await values(one)

    assert told["probe_success"] == 0
    assert told["probe_duration_seconds"] == pytest.approx(0.305)
    assert told["probe_dns_lookup_time_seconds"] == pytest.approx(0.005)
    assert told["isitme_probe_phase_secondsconnect"] == pytest.approx(0.3)
    assert "probe_ip_protocol" not in told


async def test_one_family_says_which(virtual_time: FakeClock) -> None:
    told = await values(over(Scripted(attempt(Family.IPV6)), virtual_time))

    assert (told["probe_success"], told["probe_ip_protocol"]) == (1, 6)


async def test_who_asks_often_makes_no_look_more_often_than_its_floor(
    virtual_time: FakeClock,
) -> None:
    probe = Scripted(attempt(Family.IPV4))
    one = over(probe, virtual_time)

    ages = []
    for _ in range(int(4 * FLOOR)):
        ages.append((await values(one))["isitme_probe_age_seconds"])
        await asyncio.sleep(1)

    assert probe.made == 4
    assert max(ages) < FLOOR


async def test_what_only_doubt_asks_for_no_caller_asks_for(virtual_time: FakeClock) -> None:
    probe = Scripted(attempt(Family.IPV4))
    one = over(probe, virtual_time, Look.LINE)

    with pytest.raises(NotSeen):
        await one.ask(Look.LINE, "quad9", "5", "")

    assert probe.made == 0


async def test_the_scrapers_timeout_is_kept_and_the_look_is_not_torn(
    virtual_time: FakeClock,
) -> None:
    probe = Scripted(attempt(Family.IPV4))
    one = over(probe, virtual_time)
    await values(one)
    await asyncio.sleep(FLOOR)
    probe.free.clear()

    began = virtual_time.elapsed()
    told = await values(one, timeout="2")

    assert virtual_time.elapsed() - began == pytest.approx(2 - OFFSET_SECONDS)
    assert told["isitme_probe_age_seconds"] > FLOOR  # what is still good is told, with its age
    probe.free.set()
    await asyncio.sleep(0.1)
    assert (await values(one))["isitme_probe_age_seconds"] < FLOOR
    assert probe.made == 2


async def test_what_is_too_old_is_neither_success_nor_failure(virtual_time: FakeClock) -> None:
    probe = Scripted(attempt(Family.IPV4))
    one = over(probe, virtual_time)
    await values(one)
    probe.free.clear()
    await asyncio.sleep(TOO_OLD + 1)

    with pytest.raises(NotSeen):
        await values(one, timeout="1")
    probe.free.set()


async def test_names_that_are_not_configured_are_refused_with_those_that_are(
    virtual_time: FakeClock,
) -> None:
    probe = Scripted(attempt(Family.IPV4))
    one = over(probe, virtual_time)

    with pytest.raises(NoSuchName, match=r"wanted one of quad9, found '8\.8\.8\.8'"):
        await values(one, "8.8.8.8")
    with pytest.raises(NoSuchName, match="module: wanted one of ref_name, found ntp"):
        await one.ask(Look.NTP, "quad9", None, "")


@pytest.mark.parametrize(
    ("header", "seconds"),
    [("5", 4.5), ("0.2", 0.0)]
    + [(bad, USUAL_SECONDS - OFFSET_SECONDS) for bad in (None, "", "soon", "-1", "nan", "inf")]
    + [(str(MOST_SECONDS), USUAL_SECONDS - OFFSET_SECONDS)],
)
def test_how_long_a_scrape_may_take(header: str | None, seconds: float) -> None:
    assert seconds_of(header) == seconds
