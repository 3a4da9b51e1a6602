"""Every look ends by itself within its own bound: one that is cut off has seen nothing at all."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Collection
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import pytest

from probe.clock import Chance
from probe.failures import LookFailed
from probe.looks import PLAN
from probe.machine import Address, Network, Route
from probe.model import Finding, Observation, StepTaken
from probe.monitor import observe
from probe.probes import registry
from probe.targets import Targets, WebProxy
from probe.tools import Heard, Knock, Poke, Tools
from probe.tools.knock import KNOCK_SECONDS
from probe.tools.promises import Promises
from probe.words import Failure, Family, Look, Speed, Step
from tests.support.sightings import AT
from tests.support.time import FakeClock

FOREVER = 3600.0
EVERY = registry(Targets(), WebProxy(host="192.0.2.8", port=3128))
# Under the bounds of the steps by a hair: each step that may take long does, and passes.
LATE_NAME, LATE_TCP, LATE_TLS = 2.4, 3.0, 2.0


class SlowStream:
    """A connection on which TLS takes as long as it is told, and then ends as it is told."""

    alpn, version, peer_certificate, trusted_root = "", "TLSv1.3", b"", b""
    resent = 0
    trip_seconds = None
    unacknowledged = 1  # whatever is sent to it is lost

    def __init__(self, after: float, error: Exception | None) -> None:
        self._after, self._error = after, error

    async def handshake(self, context: object, name: str) -> None:
        await asyncio.sleep(self._after)
        if self._error is not None:
            raise self._error

    async def send(self, data: bytes) -> None:
        return

    async def receive(self, limit: int) -> bytes:
        await asyncio.sleep(FOREVER)
        return b""

    def close(self) -> None:
        return


class SlowWorld:
    """Tools on a network where everything takes long."""

    def __init__(self, clock: FakeClock, *, name: float, tcp: float, tls: float = FOREVER) -> None:
        self.clock, self.chance, self.user_agent, self.tap = clock, Chance(1), "test", None
        self.machine = SimpleNamespace(
            network=lambda: DUAL_STACK,
            resolvers=lambda: ("192.0.2.1",),
            lookup=self._forever,
            proxy_variables=dict,
            portal_apis=lambda now: (),
            hosts=self._no_lines,
        )
        self.promises = Promises()
        self.trust = SimpleNamespace(
            context=lambda use: self,
            unverified=lambda use: self,
            second_opinion=lambda use: self,
            but_for_names=lambda use: self,
            is_public=lambda root: False,
        )
        self.http = SimpleNamespace(fetch=self._fetch)
        self._name, self._tcp, self._tls = name, tcp, tls
        self._knocked = 0  # twin and suspect take turns

    async def _forever(self, name: str) -> tuple[str, ...]:
        await asyncio.sleep(FOREVER)
        return ()

    async def _no_lines(self, names: Collection[str]) -> dict[str, tuple[str, ...]]:
        return {}

    async def _fetch(self, *, within_seconds: float, **_: object) -> None:
        await asyncio.sleep(within_seconds)
        raise LookFailed(Failure.GENERIC_TIMEOUT, Speed.SILENT)

    async def resolve(self, name: str, family: Family) -> tuple[str, ...]:
        await asyncio.sleep(self._name)
        return ("192.0.2.7",)

    async def answer(self, resolver: str, name: str, family: Family) -> None:
        await asyncio.sleep(2.0)
        raise LookFailed(Failure.GENERIC_TIMEOUT, Speed.SILENT)

    async def connect(
        self, address: str, port: int, *, segment_bytes: int | None = None
    ) -> SlowStream:
        await asyncio.sleep(self._tcp)
        error = ssl.SSLCertVerificationError("self-signed")
        error.verify_code, error.verify_message = 18, "self-signed"
        return SlowStream(self._tls, error)

    async def exchange(self, payload: bytes, address: str, port: int, **_: object) -> bytes:
        await asyncio.sleep(FOREVER)
        return b""

    async def ping(self, address: str, *, tries: int, within_seconds: float) -> bool:
        await asyncio.sleep(tries * within_seconds)
        return False

    async def claimants(
        self, address: str, interface: str, *, tries: int, within_seconds: float
    ) -> frozenset[str]:
        await asyncio.sleep(tries * within_seconds)
        return frozenset()

    async def poke(self, *_: object, within_seconds: float, **__: object) -> Poke:
        await asyncio.sleep(within_seconds)
        return Poke(heard=Heard.SILENT)

    async def knock(self, *_: object, ttl: int, within_seconds: float = KNOCK_SECONDS) -> Knock:
        """Swallowed near here, the slowest of fates: on the way it takes every turn."""
        if ttl > 2 or self._knocked % 2:
            await asyncio.sleep(within_seconds)
            fate = Knock(silent=True)
        else:
            fate = Knock(expired=True)
        self._knocked += ttl == 2
        return fate

    def keep(self, *_: object) -> None:
        return


DUAL_STACK = Network(
    addresses=(
        Address(interface_index=2, address="192.0.2.9", prefix_length=24),
        Address(interface_index=2, address="2001:db8:1::9", prefix_length=64),
    ),
    routes=(
        Route(
            family=Family.IPV4,
            destination="",
            prefix_length=0,
            gateway="192.0.2.1",
            interface_index=2,
        ),
        Route(
            family=Family.IPV6,
            destination="",
            prefix_length=0,
            gateway="fe80::1",
            interface_index=2,
        ),
    ),
)


def failing(look: Look, target: str, port: int, step: Step, failure: Failure) -> Observation:
    finding = Finding(
        target=target,
        operator="apple",
        family=Family.IPV4,
        address=f"192.0.2.7:{port}",
        steps=(StepTaken(step=step, seconds=5.0, failure=failure),),
    )
    return Observation(look=look, finding=finding, epoch=0, started=0.0, ended=5.0, at=AT)


def silent_resolver(address: str) -> Observation:
    one = failing(Look.DNS_EACH, f"{address} a.example", 53, Step.EXCHANGE, Failure.GENERIC_TIMEOUT)
    step = replace(one.finding.steps[0], speed=Speed.SILENT)
    return replace(one, finding=replace(one.finding, address=address, steps=(step,)))


FAILING = (
    failing(Look.APPLE_WEB, "identity", 443, Step.HANDSHAKE, Failure.GENERIC_TIMEOUT),
    failing(Look.APPLE_WEB, "account-web", 443, Step.CONNECT, Failure.HOST_UNREACHABLE),
    failing(Look.PUSH_5223, "courier-1", 5223, Step.CONNECT, Failure.GENERIC_TIMEOUT),
    silent_resolver("192.0.2.1"),
)
WORLDS = {
    "names that nobody answers": {"name": FOREVER, "tcp": FOREVER},
    "late names, then silence": {"name": LATE_NAME, "tcp": FOREVER},
    "late names, late TCP, then silence": {"name": LATE_NAME, "tcp": LATE_TCP},
    "late forgeries": {"name": LATE_NAME, "tcp": LATE_TCP / 2, "tls": LATE_TLS / 2},
    "forgeries after a late TCP": {"name": 0.0, "tcp": LATE_TCP, "tls": LATE_TLS},
}


@pytest.mark.parametrize("world", WORLDS)
@pytest.mark.parametrize("look", EVERY)
async def test_no_look_is_cut_off(look: Look, world: str, virtual_time: FakeClock) -> None:
    how: dict[str, Any] = WORLDS[world]
    tools = cast(Tools, SlowWorld(virtual_time, **how))

    observations = await observe(look, EVERY[look], PLAN[look], tools, 0, FAILING)

    assert observations, "nothing was looked at"
    for one in observations:
        failed = one.finding.failed
        assert failed is None or failed.step is not Step.OURS, one.finding.said
    assert virtual_time.elapsed() < PLAN[look].timeout_seconds


@pytest.mark.parametrize("look", [look for look in EVERY if PLAN[look].packets])
async def test_the_table_says_how_many_attempts_a_look_makes(
    look: Look, virtual_time: FakeClock
) -> None:
    """On a dual-stack host, as the table promises; the budget is computed from it."""
    tools = cast(Tools, SlowWorld(virtual_time, name=0.0, tcp=FOREVER))

    observations = await observe(look, EVERY[look], PLAN[look], tools, 0, FAILING)

    made = len(observations)
    if look in {Look.DNS_EACH, Look.DNS_ALIVE}:
        made *= 2  # the table counts two resolvers, this world has one
    if look is Look.DNS_MANNERS:
        made += 4  # a second resolver's three, and a router that is none of them
    if look is Look.DNS_CROSS:
        made += 4  # a second resolver, for two names; and where others find these two
    if look is Look.NEARBY:  # as many as there are failing targets, up to the bound
        assert made <= PLAN[look].attempts
    else:
        assert made == PLAN[look].attempts
