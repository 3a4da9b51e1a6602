"""Whether this process may be believed: that it talks to itself, when, and what follows if not."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Sequence
from dataclasses import dataclass, replace
from types import SimpleNamespace
from typing import Any, cast

import pytest

from probe.model import DaemonFact, Observation
from probe.probes.itself import (
    DESCRIPTORS_NEEDED,
    GREETED_EVERY_SECONDS,
    GREETED_IN_SILENCE_SECONDS,
    Itself,
)
from probe.tools import NotPossible, Tools, loopback
from probe.tools.loopback import greet_ourselves
from probe.verdict.evidence import gather
from probe.verdict.judge import judge
from probe.words import Blame, Cause, Failure, Look, Step
from tests.support.servers import saying
from tests.support.sightings import seen, sighting
from tests.support.time import FakeClock


@pytest.mark.real
async def test_a_process_that_is_well_talks_to_itself_in_good_time() -> None:
    await greet_ourselves(30.0)


async def deaf(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Takes everything in and says nothing, until the other side has gone."""
    while await reader.read(4096):
        pass
    writer.close()


@pytest.mark.real
@pytest.mark.parametrize(
    ("other_end", "error"),
    [(deaf, TimeoutError), (saying(b"no TLS at all"), ssl.SSLError)],
)
async def test_an_end_of_ours_that_does_not_greet_is_noticed(
    other_end: Any, error: type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    real = asyncio.start_server

    async def unwell(_: object, host: str, port: int, *, ssl: object) -> asyncio.Server:
        return await real(other_end, host, port)

    monkeypatch.setattr(asyncio, "start_server", unwell)

    with pytest.raises(error):
        await greet_ourselves(1.0)
    await asyncio.sleep(0.05)  # the other end hears that we have gone


@pytest.mark.real
async def test_where_there_is_no_loopback_nothing_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    async def none(*_: object, **__: object) -> None:
        raise OSError(99, "Cannot assign requested address")

    monkeypatch.setattr(asyncio, "start_server", none)

    with pytest.raises(NotPossible):
        await greet_ourselves(1.0)


async def test_a_tls_library_without_such_ciphers_cannot_be_asked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(loopback, "ANONYMOUS", "NO-SUCH-CIPHER")

    with pytest.raises(NotPossible):
        await greet_ourselves(1.0)


# ---------------------------------------------------------------- when


@dataclass
class Mirror:
    """Tools whose only use is to greet ourselves."""

    clock: FakeClock
    fails: Exception | None = None
    greeted: int = 0

    async def greet_ourselves(self, *, within_seconds: float) -> None:
        self.greeted += 1
        if self.fails is not None:
            raise self.fails


async def look(mirror: Mirror, *before: Observation) -> Observation:
    (finding,) = await Itself().look(cast(Tools, mirror), before)
    now = mirror.clock.elapsed()
    made = sighting(Look.SELF, "isitme")
    return replace(made, finding=finding, started=now, ended=now)


def silence(target: str = "a") -> Observation:
    return sighting(Look.REF_IP, target, Failure.GENERIC_TIMEOUT, silent=True)


def greeted_at(one: Observation) -> float | None:
    (fact,) = (fact for fact in one.finding.facts if isinstance(fact, DaemonFact))
    return fact.greeted_at


async def test_it_is_greeted_seldom_and_not_in_the_first_sweep(virtual_time: FakeClock) -> None:
    mirror = Mirror(virtual_time)

    one = await look(mirror)
    at_first = mirror.greeted
    for _ in range(120):  # ten minutes
        await asyncio.sleep(4.9)
        one = await look(mirror, one, sighting(Look.REF_IP, "a"))

    assert at_first == 0
    assert mirror.greeted == int(600 // GREETED_EVERY_SECONDS)


async def test_it_is_greeted_at_once_when_nobody_else_is_heard(virtual_time: FakeClock) -> None:
    mirror = Mirror(virtual_time)
    one = await look(mirror)
    await asyncio.sleep(GREETED_IN_SILENCE_SECONDS)

    one = await look(mirror, one, silence("a"), silence("b"))
    again = await look(mirror, one, silence("a"), silence("b"))
    heard = await look(mirror, one, silence("a"), sighting(Look.REF_IP, "b"))

    assert mirror.greeted == 1
    assert one.finding.passed
    assert greeted_at(again) == greeted_at(heard) == greeted_at(one)


@pytest.mark.parametrize("error", [TimeoutError(), ssl.SSLError(1, "x"), ConnectionResetError()])
async def test_who_cannot_talk_to_itself_says_so_until_it_can(
    virtual_time: FakeClock, error: Exception
) -> None:
    mirror = Mirror(virtual_time, fails=error)
    one = await look(mirror)
    await asyncio.sleep(GREETED_EVERY_SECONDS)

    failed = await look(mirror, one)
    await asyncio.sleep(5)
    still = await look(mirror, failed)
    mirror.fails = None
    well = await look(mirror, still)

    for each in (failed, still):
        assert each.finding.failed is not None
        assert each.finding.failed.failure is Failure.SELF_LOOPBACK_FAILED
    assert well.finding.passed
    assert mirror.greeted == 3


async def test_where_it_cannot_be_tried_nothing_is_held_against_this_process(
    virtual_time: FakeClock,
) -> None:
    mirror = Mirror(virtual_time, fails=NotPossible("no loopback"))
    one = await look(mirror)
    await asyncio.sleep(GREETED_EVERY_SECONDS)

    one = await look(mirror, one)
    one = await look(mirror, one)

    assert one.finding.passed
    assert mirror.greeted == 1


@pytest.mark.parametrize(
    ("free", "wanted"),
    [(DESCRIPTORS_NEEDED - 1, Failure.SELF_FD_EXHAUSTED), (DESCRIPTORS_NEEDED, None), (None, None)],
)
async def test_room_for_a_sweep_is_needed(
    virtual_time: FakeClock,
    monkeypatch: pytest.MonkeyPatch,
    free: int | None,
    wanted: Failure | None,
) -> None:
    monkeypatch.setattr("probe.probes.itself.free_descriptors", lambda: free)

    one = await look(Mirror(virtual_time))

    failed = one.finding.failed
    assert (failed.failure if failed else None) is wanted


async def test_a_loop_that_is_late_is_noticed(
    virtual_time: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = asyncio.sleep

    async def late(seconds: float) -> None:
        virtual_time.advance(1.5)
        await real(seconds)

    monkeypatch.setattr("probe.probes.itself.asyncio", SimpleNamespace(sleep=late))

    one = await look(Mirror(virtual_time))

    assert one.finding.failed is not None
    assert one.finding.failed.failure is Failure.SELF_EVENT_LOOP_LAG


# ---------------------------------------------------------------- what follows


def everything_fails(own: Failure | None) -> Sequence[Observation]:
    return (
        sighting(Look.SELF, "isitme", own, step=Step.OURS),
        sighting(Look.LINK, "this host", Failure.NO_CARRIER, step=Step.READ),
        sighting(Look.GATEWAY, "gateway", Failure.GW_NEIGH_FAILED),
        *(silence(name) for name in "abc"),
    )


@pytest.mark.parametrize(
    "own",
    [Failure.SELF_EVENT_LOOP_LAG, Failure.SELF_FD_EXHAUSTED, Failure.SELF_LOOPBACK_FAILED],
)
def test_an_impaired_process_says_unknown_and_blames_nobody(own: Failure) -> None:
    """Whatever else it has seen: with a sound process the same is a fault of this device."""
    impaired = judge(gather(seen(*everything_fails(own))).readings)
    sound = judge(gather(seen(*everything_fails(None))).readings)

    assert (impaired.blame, impaired.cause) == (Blame.UNKNOWN, Cause.SELF_IMPAIRED)
    assert impaired.also == ()
    assert sound.blame is Blame.ME
