"""Does whoever picks up, or refuses, stand where the address itself stands?

A box on the way can take a connection in Apple's name, or refuse it, and then say nothing: a SYN
proxy, a firewall, a transparent relay. Packets that live a counted number of hops find out how far
away it stands, and a datagram that lives as many hops finds out whether the way goes on from there.
No privilege is needed for either.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from enum import StrEnum
from ipaddress import ip_address, ip_network

from probe.tools import Knock, Poke, Tools

# Paths are seldom longer than 25 hops; five halvings.
MOST_HOPS = 32
# Together under what one examination may take (5.5 s); not done by then is not known.
MEASURE_SECONDS = 4.8
KNOCK_SECONDS = 0.9  # a router's "expired" takes one round trip; no word at all is no word either
POKE_SECONDS = 1.1  # Linux says "unreachable" once a second (icmp_ratelimit), after a burst of six
POKES = 2
TRACEROUTE_PORT = 33434  # where traceroute starts: no service listens there
OWN_ROUTER = 1  # hops: nobody else can take what dies there


class Stands(StrEnum):
    """Where whoever answers at a port stands."""

    AT_THE_END = "at_the_end"  # where the address is: nobody before it
    NEARER = "nearer"  # the way goes on behind it
    ROUTER = "router"  # it is our own router
    UNKNOWN = "unknown"


async def who_answers(
    tools: Tools, address: str, port: int, *, owners_networks: Sequence[str]
) -> Stands:
    """Where the machine stands that takes connections to this port, or refuses them.

    `owners_networks`: the networks of whoever owns the address; a router of theirs before it is
    proof as well. Never raises for what the world does.
    """
    try:
        async with asyncio.timeout(MEASURE_SECONDS):
            hops = await _hops(tools, address, port)
            if hops is None:
                return Stands.UNKNOWN
            at, before = await asyncio.gather(
                _poke(tools, address, hops), _poke(tools, address, hops - 1)
            )
    except TimeoutError:
        return Stands.UNKNOWN
    return read(address, hops, at, before, owners_networks)


def read(
    address: str, hops: int, at: Poke | None, before: Poke | None, owners_networks: Sequence[str]
) -> Stands:
    """What the hops of a connection and the fates of two datagrams mean together.

    `at` lived as long as the connection needed, `before` one hop less.
    """
    if at is not None and at.expired:
        return Stands.ROUTER if hops <= OWN_ROUTER else Stands.NEARER
    there = at is not None and at.port_unreachable and at.offender == address
    if there and ip_address(address).is_loopback:
        return Stands.AT_THE_END  # nobody stands before this very machine
    if before is None or not before.expired:
        return Stands.UNKNOWN
    if there:
        return Stands.AT_THE_END
    if before.offender is not None and _owned(before.offender, owners_networks):
        return Stands.AT_THE_END
    return Stands.UNKNOWN


async def _hops(tools: Tools, address: str, port: int) -> int | None:
    """The fewest hops on which the port is answered; None: it is not, or somebody says no."""
    too_few, enough = 0, MOST_HOPS
    if not answered(await _knock(tools, address, port, MOST_HOPS)):
        return None
    while enough - too_few > 1:
        # Short ways are common: nearer than the middle first.
        middle = (too_few + enough) // 2 if too_few else max(1, enough // 4)
        fate = await _knock(tools, address, port, middle)
        if fate.turned_away_by is not None:
            return None
        if answered(fate):
            enough = middle
        else:
            too_few = middle
    return enough


def answered(fate: Knock) -> bool:
    return fate.opened or fate.refused


async def _knock(tools: Tools, address: str, port: int, hops: int) -> Knock:
    return await tools.knock(address, port, ttl=hops, within_seconds=KNOCK_SECONDS)


async def _poke(tools: Tools, address: str, hops: int) -> Poke | None:
    """What becomes of a datagram; None: no word. With no hop to live it is not sent."""
    if hops < 1:
        return None
    for _ in range(POKES):
        poke = await tools.poke(address, TRACEROUTE_PORT, ttl=hops, within_seconds=POKE_SECONDS)
        if poke.offender is not None:
            return poke
    return None


def _owned(offender: str, networks: Sequence[str]) -> bool:
    address = ip_address(offender.partition("%")[0])
    return any(
        address.version == network.version and address in network
        for network in map(ip_network, networks)
    )
