"""Which couriers are asked: drawn anew each time, and one that answered while another fails."""

from __future__ import annotations

import asyncio
import plistlib
from collections.abc import Sequence
from contextlib import suppress
from types import SimpleNamespace
from typing import cast

import pytest

from probe.clock import Chance
from probe.conversation import Host, Judge
from probe.failures import LookFailed
from probe.machine import Network
from probe.model import Finding, Observation
from probe.probes import push
from probe.probes.push import Couriers
from probe.targets import COURIER_SLOTS, FALLBACK_SLOTS, Courier
from probe.tools import Tools
from probe.wire.http1 import Response
from probe.words import Failure, Look, Note
from tests.support.sightings import sighting
from tests.support.time import FakeClock

MANY = 200


def couriers(*, fallback: bool) -> Couriers:
    slots = FALLBACK_SLOTS if fallback else COURIER_SLOTS
    return Couriers(courier=Courier(), fallback=fallback, slots=slots)


def tools(seed: int) -> Tools:
    machine = SimpleNamespace(network=Network)
    return cast(Tools, SimpleNamespace(machine=machine, chance=Chance(seed)))


async def looked(
    probe: Couriers, using: Tools, seen: Sequence[Observation], dead: set[str]
) -> tuple[list[str], list[Observation]]:
    """Who was asked, and what is known after it."""
    asked: list[str] = []

    async def reach(using: Tools, host: Host) -> Finding:
        asked.append(host.host)
        failure = Failure.GENERIC_TIMEOUT if host.host in dead else None
        look = Look.PUSH_443 if probe.fallback else Look.PUSH_5223
        return sighting(look, host.target, failure, family=host.family).finding

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(push, "reach", reach)
        findings = await probe.look(using, seen)
    look = Look.PUSH_443 if probe.fallback else Look.PUSH_5223
    return asked, [
        sighting(look, one.target, one.failed.failure if one.failed else None, family=one.family)
        for one in findings
    ]


def pushed_bag(
    count: object, hostname: str = "courier.push.apple.com", *, status: bool = True
) -> bytes:
    inner = plistlib.dumps(
        {
            "APNSCourierHostname": hostname,
            "APNSCourierHostcount": count,
            "APNSCourierStatus": status,
        }
    )
    return plistlib.dumps({"signature": b"s", "certs": [b"c"], "bag": inner})


BAGS = {
    "it says how many": (pushed_bag(7), 7),
    "plain, without a signature": (
        plistlib.dumps(
            {"APNSCourierHostname": "courier.push.apple.com", "APNSCourierHostcount": 9}
        ),
        9,
    ),
    "it speaks of other couriers": (pushed_bag(7, "courier.example.com"), Courier().count),
    "no number": (pushed_bag("many"), Courier().count),
    "a mad number": (pushed_bag(10**9), Courier().count),
    "a page": (b"<html></html>", Courier().count),
    "nobody answers": (None, Courier().count),
}


@pytest.mark.parametrize("case", BAGS)
async def test_apples_own_list_says_how_many_there_are_and_is_asked_once_an_hour(
    case: str, virtual_time: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    body, count = BAGS[case]
    asked: list[str] = []

    async def reach(using: Tools, host: Host, judge: Judge | None = None) -> Finding:
        asked.append(host.host)
        if judge is not None and body is None:
            await asyncio.sleep(1e6)
        if judge is not None and body is not None:
            with suppress(LookFailed):
                judge(Response(status=200, headers={}, body=body, http_version="1.1"))
        return sighting(Look.PUSH_5223, host.target, family=host.family).finding

    monkeypatch.setattr(push, "reach", reach)
    probe, using = couriers(fallback=False), tools(3)
    using.clock = virtual_time  # type: ignore[misc]
    await probe.look_in_turn(using, (), 0, 2)
    lists = [host for host in asked if host == Courier().bag_host]
    asked.clear()  # those that were drawn before anybody had said how many there are
    for _ in range(MANY):
        virtual_time.advance(30.0)
        began = virtual_time.elapsed()
        await probe.look_in_turn(using, (), 0, 2)
        assert virtual_time.elapsed() - began <= push.BAG_SECONDS + 0.1

    lists += [host for host in asked if host == Courier().bag_host]
    drawn = {int(host.partition("-")[0]) for host in asked if host not in lists}
    assert len(lists) == 1 + int(MANY * 30.0 / push.BAG_EVERY_SECONDS)
    assert max(drawn) <= count
    assert len(drawn) > count // 2


async def test_that_apples_list_switches_them_off_is_noted_as_long_as_it_says_so(
    virtual_time: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It changes no verdict. A list that cannot be had is held against nobody."""
    body = [b""]

    async def reach(using: Tools, host: Host, judge: Judge | None = None) -> Finding:
        with suppress(LookFailed):
            if judge is not None:
                judge(Response(status=200, headers={}, body=body[0], http_version="1.1"))
        return sighting(Look.PUSH_5223, host.target, family=host.family).finding

    monkeypatch.setattr(push, "reach", reach)
    probe, using = couriers(fallback=False), tools(3)
    using.clock = virtual_time  # type: ignore[misc]

    async def noted(said: bytes) -> set[Note]:
        body[0] = said
        virtual_time.advance(push.BAG_EVERY_SECONDS)
        await probe.look_in_turn(using, (), 0, 2)
        findings = await probe.look(using, ())
        assert all(one.passed for one in findings)
        return {note for one in findings for note, _ in one.notes}

    assert await noted(pushed_bag(7, status=True)) == set()
    assert await noted(pushed_bag(7, status=False)) == {Note.COURIERS_SWITCHED_OFF}
    assert await noted(b"<html></html>") == set()
    assert await noted(pushed_bag(7, "courier.example.com", status=False)) == set()


HALF = {f"{n}-courier.push.apple.com" for n in range(1, 51) if n % 4 in {1, 2}}


@pytest.mark.parametrize("fallback", [False, True])
@pytest.mark.parametrize("seed", range(5))
async def test_with_half_of_them_dead_no_two_looks_in_a_row_find_nobody(
    seed: int, fallback: bool
) -> None:
    probe, using = couriers(fallback=fallback), tools(seed)
    seen: list[Observation] = []
    in_vain, in_a_row, drawn = 0, 0, set()
    while not any(one.finding.passed for one in seen):
        _, seen = await looked(probe, using, seen, HALF)
    for _ in range(MANY):
        asked, seen = await looked(probe, using, seen, HALF)
        drawn |= set(asked)
        in_a_row = 0 if any(one.finding.passed for one in seen) else in_a_row + 1
        in_vain = max(in_vain, in_a_row)

    assert in_vain == 1  # by chance both that were drawn are dead; one that answered is asked next
    assert len(drawn) > Courier().count // 2  # still drawn anew, and not the one that answers


async def test_two_slots_are_two_couriers_and_none_is_asked_twice_in_one_look() -> None:
    probe, using = couriers(fallback=False), tools(1)
    seen: list[Observation] = []
    for _ in range(MANY):
        asked, seen = await looked(probe, using, seen, HALF)
        assert len(set(asked)) == len(COURIER_SLOTS)


async def test_when_all_are_dead_the_one_that_answered_is_asked_and_says_so() -> None:
    probe, using = couriers(fallback=False), tools(2)
    _, fine = await looked(probe, using, (), set())

    every = {f"{n}-courier.push.apple.com" for n in range(1, 51)}
    _, first = await looked(probe, using, fine, every)
    _, second = await looked(probe, using, first, every)

    assert not any(one.finding.passed for one in (*first, *second))
