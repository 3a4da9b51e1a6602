"""Other settings while it runs: what is kept, what goes, and what is asked anew."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import SimpleNamespace
from typing import Any, cast

import pytest

from probe.looks import PLAN, USUAL, Plan
from probe.model import Finding, StepTaken
from probe.monitor import Monitor
from probe.probes import registry
from probe.targets import Targets
from probe.tools import Tools
from probe.words import Cause, Failure, Family, Look, Speed, Step
from tests.support.time import FakeClock

MADE: list[str] = []


@dataclass(frozen=True)
class Scripted:
    """A look that finds what it is named after; two of one name are equal, as real ones are."""

    names: tuple[str, ...]

    async def look(self, tools: Tools, seen: object) -> tuple[Finding, ...]:
        MADE.extend(self.names)
        step = StepTaken(step=Step.CONNECT, seconds=0.01)
        return tuple(
            Finding(target=name, operator=name, family=Family.IPV4, steps=(step,))
            for name in self.names
        )


@dataclass(frozen=True)
class Failing(Scripted):
    """A look whose targets all refuse."""

    async def look(self, tools: Tools, seen: object) -> tuple[Finding, ...]:
        refused = StepTaken(
            step=Step.CONNECT,
            seconds=0.01,
            failure=Failure.CONNECTION_REFUSED,
            speed=Speed.ACTIVE,
        )
        return tuple(
            Finding(target=name, operator=name, family=Family.IPV4, steps=(refused,))
            for name in self.names
        )


def looks(**names: str) -> dict[Look, Any]:
    return {Look(look): Scripted(tuple(targets.split())) for look, targets in names.items()}


def plans(probes: Mapping[Look, Any]) -> dict[Look, Plan]:
    return {look: PLAN[look] for look in probes}


@pytest.fixture
async def monitor(virtual_time: FakeClock) -> Monitor:
    MADE.clear()
    probes = looks(ref_ip="a b", ref_name="c", quic="q")
    one = Monitor(
        probes=probes,
        plans=plans(probes),
        targets=Targets(),
        tools=cast(Tools, SimpleNamespace(clock=virtual_time)),
    )
    await one.first_answer()
    await asyncio.sleep(1)
    return one


def take(monitor: Monitor, probes: dict[Look, Any], **more: Any) -> None:
    usual: dict[str, Any] = {
        "plans": plans(probes),
        "targets": Targets(),
        "site": "x",
        "proxy_configured": False,
    }
    monitor.take(probes=probes, **(usual | more))


def targets(monitor: Monitor) -> set[str]:
    return {one.finding.target for one in monitor.newest()}


async def later(monitor: Monitor, clock: FakeClock, seconds: float) -> None:
    """As the service's own loop goes on."""
    end = clock.elapsed() + seconds
    while clock.elapsed() < end:
        await asyncio.sleep(0.2)
        await monitor.tick()


def test_two_registries_of_the_same_settings_are_equal() -> None:
    """Or every reload would throw away what was seen."""
    assert registry(Targets()) == registry(Targets())


async def test_what_stays_as_it_was_keeps_what_it_saw_and_is_not_asked(
    monitor: Monitor, virtual_time: FakeClock
) -> None:
    MADE.clear()
    probes = looks(ref_ip="a b", ref_name="c", quic="q")
    slower = replace(PLAN[Look.REF_IP], every_seconds=90)

    take(monitor, probes, plans={**plans(probes), Look.REF_IP: slower})
    await later(monitor, virtual_time, 1)

    assert targets(monitor) == {"a", "b", "c", "q"}
    assert MADE == []
    assert monitor.status().site == "x"


async def test_what_stays_as_it_was_keeps_what_it_remembers_itself(monitor: Monitor) -> None:
    """Which courier answered last, say."""
    before = dict(monitor.probes)

    take(monitor, looks(ref_ip="a b", ref_name="d", quic="q"))

    assert monitor.probes[Look.REF_IP] is before[Look.REF_IP]
    assert monitor.probes[Look.REF_NAME] is not before[Look.REF_NAME]


async def test_a_status_says_its_own_moment_and_not_that_of_the_judgement(
    monitor: Monitor, virtual_time: FakeClock
) -> None:
    """Or other sites would take what was seen long ago for new."""
    virtual_time.advance(1.5)

    assert monitor.status().elapsed == virtual_time.elapsed()


async def test_what_asks_something_else_is_asked_anew_and_then_the_old_goes(
    monitor: Monitor, virtual_time: FakeClock
) -> None:
    MADE.clear()
    take(monitor, looks(ref_ip="b d", ref_name="c", quic="q"))
    assert targets(monitor) == {"a", "b", "c", "q"}  # until it was asked, what was seen stands

    await later(monitor, virtual_time, PLAN[Look.REF_IP].floor_seconds)

    assert MADE == ["b", "d"]
    assert targets(monitor) == {"b", "d", "c", "q"}


async def test_who_reloads_again_and_again_makes_no_nuisance_of_us(
    monitor: Monitor, virtual_time: FakeClock
) -> None:
    MADE.clear()
    began = virtual_time.elapsed()
    while virtual_time.elapsed() - began < 4 * PLAN[Look.REF_IP].floor_seconds:
        for name in ("d", "e"):
            take(monitor, looks(ref_ip=name, ref_name="c", quic="q"))
            await later(monitor, virtual_time, 2)

    assert 3 <= len([name for name in MADE if name in "de"]) <= 4


async def test_what_is_switched_off_leaves_nothing_behind(
    monitor: Monitor, virtual_time: FakeClock
) -> None:
    MADE.clear()
    take(monitor, looks(ref_ip="a b", ref_name="c"))
    await later(monitor, virtual_time, 60)

    assert targets(monitor) == {"a", "b", "c"}
    assert monitor.start(Look.QUIC) is None
    assert "q" not in MADE


@pytest.mark.parametrize("switched", ["off", "on"])
async def test_what_only_doubt_asks_for_follows_a_reload(
    virtual_time: FakeClock, switched: str
) -> None:
    """A port control that is switched off is asked no more when push fails; one that is switched
    on is asked then, and at the pace that the new settings say."""
    failing = Failing(("courier",))
    without: dict[Look, Any] = {Look.PUSH_5223: failing}
    with_it: dict[Look, Any] = {**without, **looks(port_ctl="control")}
    before, after = (with_it, without) if switched == "off" else (without, with_it)
    one = Monitor(
        probes=before,
        plans=plans(before),
        targets=Targets(),
        tools=cast(Tools, SimpleNamespace(clock=virtual_time)),
    )
    await one.first_answer()
    await later(one, virtual_time, 10)
    MADE.clear()
    pace = 2 * PLAN[Look.PORT_CTL].on_demand_seconds
    slower = {
        look: replace(plan, on_demand_seconds=pace) if look is Look.PORT_CTL else plan
        for look, plan in plans(after).items()
    }

    take(one, after, plans=slower)
    await later(one, virtual_time, 4 * pace)

    asked = MADE.count("control")
    assert asked == 0 if switched == "off" else 3 <= asked <= 5
    assert one.attention.budget.tokens > 0
    await one.stop()


async def test_targets_that_went_break_no_judgement(virtual_time: FakeClock) -> None:
    """What was seen of a host that is no longer set is judged on until its look was made."""
    whole = Targets()
    fewer = replace(whole, apple_hosts=whole.apple_hosts[:2], references_by_address=())
    probes = looks(
        apple_web=" ".join(host.name for host in whole.apple_hosts),
        ref_ip=" ".join(one.name for one in whole.references_by_address),
    )
    one = Monitor(
        probes=probes,
        plans=plans(probes),
        targets=whole,
        tools=cast(Tools, SimpleNamespace(clock=virtual_time)),
    )
    await one.first_answer()
    take(one, looks(apple_web=" ".join(host.name for host in fewer.apple_hosts)), targets=fewer)
    await one.tick()

    assert one.status().verdict.cause is not Cause.SELF_IMPAIRED  # what a bug in judging shows as
    assert set(one.plans) < set(USUAL)
