"""The router's look: any sign of life is one, an old entry in a table is none, and who speaks up
beyond the router shows how far the way goes."""

from __future__ import annotations

import errno
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import cast

import pytest

from probe.clock import SystemClock
from probe.machine import Address, Interface, Neighbour, Network, Route
from probe.model import ConflictFact, Finding, Hop, RouterFact
from probe.probes.gateway import DOUBT_SECONDS, FIRST_SECONDS, ask, how_doubtful
from probe.tools import Tools
from probe.tools.datagram import Heard, Poke
from probe.tools.knock import Knock
from probe.wire.netlink import NUD_FAILED, NUD_REACHABLE, NUD_STALE
from probe.words import Failure, Family, Look, Note, Step
from tests.support.sightings import sighting

ROUTER, OWN, BEYOND = "192.168.77.1", "192.168.77.20", "1.1.1.1"
PROVIDER = "100.64.0.1"
SILENT = Poke(heard=Heard.SILENT)


def icmp(kind: int, code: int, offender: str) -> Poke:
    return Poke(
        heard=Heard.ICMP, icmp_type=kind, icmp_code=code, own=offender == OWN,
        errno=errno.EHOSTUNREACH, offender=offender,
    )  # fmt: skip


EXPIRED_THERE = icmp(11, 0, ROUTER)
NO_WAY = icmp(3, 0, ROUTER)
CLOSED = icmp(3, 3, ROUTER)
UNFOUND = icmp(3, 1, OWN)
OLD = Neighbour(
    address=ROUTER, interface_index=2, mac="02:00:00:00:00:01", state=NUD_REACHABLE,
    confirmed_seconds=30.0,
)  # fmt: skip
FRESH = replace(OLD, confirmed_seconds=0.0)
FAILED = replace(OLD, state=NUD_FAILED)
STALE = replace(OLD, state=NUD_STALE)


def home(neighbour: Neighbour | None = OLD) -> Network:
    def route(destination: str, prefix: int, gateway: str) -> Route:
        return Route(
            family=Family.IPV4, destination=destination, prefix_length=prefix, gateway=gateway,
            interface_index=2,
        )  # fmt: skip

    return Network(
        interfaces=(Interface(index=2, name="eth0", up=True, carrier=True, loopback=False),),
        addresses=(Address(address=OWN, interface_index=2, prefix_length=24),),
        routes=(route("", 0, ROUTER), route("192.168.77.0", 24, "")),
        neighbours=(neighbour,) if neighbour else (),
    )


@dataclass(frozen=True, kw_only=True)
class World:
    """As much of Tools as the look uses; what becomes of each question is given."""

    to_router: Poke = SILENT
    beyond: Mapping[int, Poke] = field(default_factory=dict)  # by hops
    hops: Mapping[int, Knock] = field(default_factory=dict)  # of connections to the world
    echo: bool | None = None
    tcp: type[OSError] | None = TimeoutError  # None: the connection is taken
    claims: Mapping[str, frozenset[str] | None] = field(default_factory=dict)
    neighbour: Neighbour | None = OLD
    clock: SystemClock = field(default_factory=SystemClock)

    @property
    def machine(self) -> World:
        return self

    def network(self) -> Network:
        return home(self.neighbour)

    async def poke(self, address: str, port: int, *, ttl: int, within_seconds: float) -> Poke:
        return self.to_router if address == ROUTER else self.beyond.get(ttl, SILENT)

    async def ping(self, address: str, *, tries: int, within_seconds: float) -> bool | None:
        return self.echo

    async def claimants(
        self, address: str, interface: str, *, tries: int, within_seconds: float
    ) -> frozenset[str] | None:
        assert interface == "eth0"
        return self.claims.get(address)

    async def knock(self, address: str, port: int, *, ttl: int, within_seconds: float) -> Knock:
        return self.hops.get(ttl, Knock(silent=True))

    async def connect(self, address: str, port: int) -> World:
        if self.tcp is not None:
            raise self.tcp(errno.ECONNREFUSED, "refused")
        return self

    def close(self) -> None:
        return


async def looked(world: World, *, doubt: bool = True) -> Finding:
    return await ask(
        cast("Tools", world), Family.IPV4, ROUTER, beyond=BEYOND,
        doubt_seconds=DOUBT_SECONDS if doubt else 0.0,
    )  # fmt: skip


# What it meets, whether anything else fails, how the look ends, whether the router itself answered.
LIFE: dict[str, tuple[World, bool, Failure | None, bool]] = {
    "it says that nobody listens there": (World(to_router=CLOSED), False, None, True),
    "it says that a datagram has lived its hop": (
        World(beyond={1: EXPIRED_THERE}), False, None, True),
    "it says that it knows no way": (World(beyond={1: NO_WAY}), False, None, True),
    "it answers an echo": (World(echo=True), False, None, True),
    "it refuses a connection": (World(tcp=ConnectionRefusedError), True, None, True),
    "it takes a connection": (World(tcp=None), True, None, True),
    "it claims its address and says nothing else": (
        World(claims={ROUTER: frozenset({"02:00:00:00:00:01"})}), True, None, False),
    "the kernel has just heard of it": (World(neighbour=FRESH), True, None, False),
    "it is quiet by nature, and nothing fails": (World(neighbour=OLD), False, None, False),
    "the kernel heard of it long ago, and all is silent": (
        World(neighbour=OLD), True, Failure.GW_SILENT, False),
    "the entry is stale": (World(neighbour=STALE), False, Failure.GW_SILENT, False),
    "it is in no table": (World(neighbour=None), True, Failure.GW_SILENT, False),
    "the kernel asked for it in vain": (
        World(neighbour=FAILED), True, Failure.GW_NEIGH_FAILED, False),
    "our own stack finds nobody, whatever the table shows": (
        World(to_router=UNFOUND), True, Failure.GW_NEIGH_FAILED, False),
    "what we look for beyond is on our own link": (
        World(beyond={1: icmp(3, 3, BEYOND)}), True, Failure.GW_SILENT, False),
}  # fmt: skip


@pytest.mark.parametrize("case", LIFE)
async def test_any_sign_of_life_is_one(case: str) -> None:
    world, doubt, failure, answers = LIFE[case]

    finding = await looked(world, doubt=doubt)

    failed = finding.failed
    assert (failed.failure if failed else None) is failure
    (fact,) = (fact for fact in finding.facts if isinstance(fact, RouterFact))
    assert fact.answers is answers


PINGS: dict[str, tuple[World, bool]] = {
    "no echo may be sent from here": (World(to_router=CLOSED, echo=None), False),
    "it answers": (World(to_router=CLOSED, echo=True), False),
    "it answers everything else": (World(to_router=CLOSED, echo=False), True),
    "it answers nothing at all": (World(echo=False, neighbour=FRESH), False),
}


@pytest.mark.parametrize("case", PINGS)
async def test_that_ping_is_ignored_is_noted_where_it_was_tried(case: str) -> None:
    world, noted = PINGS[case]

    finding = await looked(world)

    assert (Note.GATEWAY_IGNORES_PING in dict(finding.notes)) is noted


def expired(by: str) -> Knock:
    return Knock(expired=True, expired_at=by, icmp=(11, 0))


def no_way(by: str) -> Knock:
    return Knock(turned_away_by=by, own=by == OWN, icmp=(3, 0))


HOPS: dict[str, tuple[Mapping[int, Knock], tuple[Hop, ...]]] = {
    "a machine of the provider's speaks up": (
        {2: expired(PROVIDER)}, (Hop(hops=2, address=PROVIDER, near=False, no_way=False),)),
    "the router knows no way": (
        {2: no_way(ROUTER), 3: no_way(ROUTER)},
        tuple(Hop(hops=n, address=ROUTER, near=True, no_way=True) for n in (2, 3))),
    "our own stack is nobody on the way": ({2: no_way(OWN)}, ()),
    "the router forbids it": ({2: Knock(turned_away_by=ROUTER, icmp=(3, 13))}, ()),
    "a refusal comes from the far end": ({2: Knock(refused=True)}, ()),
    "silence": ({}, ()),
}  # fmt: skip


@pytest.mark.parametrize("case", HOPS)
async def test_who_speaks_up_on_the_way(case: str) -> None:
    hops, expected = HOPS[case]

    finding = await looked(World(to_router=CLOSED, hops=hops))

    (fact,) = (fact for fact in finding.facts if isinstance(fact, RouterFact))
    assert fact.hops == expected
    assert fact.answers


async def test_a_quiet_router_that_passes_packets_on_is_alive_and_answers_nothing() -> None:
    finding = await looked(World(hops={2: expired(PROVIDER)}))

    assert finding.passed
    (fact,) = (fact for fact in finding.facts if isinstance(fact, RouterFact))
    assert not fact.answers


@pytest.mark.parametrize(("claims", "found"), [
    ({OWN: frozenset({"02:00:00:00:00:99"})}, True), ({OWN: frozenset()}, False), ({}, False),
])  # fmt: skip
async def test_another_who_claims_our_address_is_a_conflict(
    claims: Mapping[str, frozenset[str]], found: bool
) -> None:
    finding = await looked(World(to_router=CLOSED, claims=claims))

    conflicts = [fact for fact in finding.facts if isinstance(fact, ConflictFact)]
    assert conflicts == ([ConflictFact(address=OWN, mac="02:00:00:00:00:99")] if found else [])


FINE, DOWN = sighting(Look.REF_IP, "a"), sighting(Look.REF_IP, "a", Failure.GENERIC_TIMEOUT)
OURS = sighting(Look.REF_IP, "a", Failure.INTERRUPTED, step=Step.OURS)
PUSH = sighting(Look.PUSH_5223, "courier-1", Failure.GENERIC_TIMEOUT)


@pytest.mark.parametrize(("seen", "seconds"), [
    ((), FIRST_SECONDS), ((FINE,), 0.0), ((FINE, DOWN), DOUBT_SECONDS), ((FINE, PUSH), 0.0),
    ((OURS,), 0.0),
])  # fmt: skip
def test_the_way_is_searched_when_others_than_apple_fail(seen: tuple, seconds: float) -> None:  # type: ignore[type-arg]
    assert how_doubtful(seen) == seconds


def test_a_router_known_on_its_link_only_is_asked_on_its_link() -> None:
    way = Route(
        family=Family.IPV6, destination="", prefix_length=0, gateway="fe80::1", interface_index=7
    )

    assert Network(routes=(way,)).gateway(Family.IPV6) == "fe80::1%7"
    assert Network(routes=(way,)).gateway(Family.IPV4) is None
