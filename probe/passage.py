"""Does this very port pass the machines next to us? A twin differs in nothing but the port.

Packets that live two hops die at the machine behind the router, which says so. When it says so of
one port of an address and not of another, the other was held up before it got there: routes do not
see ports, only filters do. What the far end does cannot be mistaken for it, because neither packet
goes that far.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeAlias

from probe.machine import Network
from probe.tools import Heard, Knock, Tools
from probe.words import Cause

BEHIND_THE_ROUTER = 2  # hops
ALL_THE_WAY = 64  # hops, Linux's default
# A machine that forgets to say "expired" must forget it of this port alone, three times, each with
# a second SYN, while it says so of the other port before, between and after. One that refuses has
# spoken: it must do so three times.
TURNS = 3
# Linux routers send one ICMP error a second to one host (icmp_ratelimit, 1000 ms): what turned our
# connections away a moment ago may have nothing left to say at once.
KNOCKS = 3
KNOCK_SECONDS = 1.1
WEB_PORTS = (443, 80)
TRACEROUTE_PORT = 33434  # where traceroute starts: no service listens there
HOST_UNREACHABLE = frozenset({(3, 1), (1, 3)})  # what our own stack says of a lost neighbour

Twin: TypeAlias = Callable[[], Awaitable[bool]]


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldUp:
    """Where a connection does not pass, and how that is known."""

    cause: Cause
    said: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """Whether a port passes the machines next to us. `heard`: False when that cannot be told this
    time, because the machine behind the router kept its silence, or what was seen disagrees."""

    held_up: HeldUp | None = None
    heard: bool = True


PASSES = Passage()
UNHEARD = Passage(heard=False)


async def turned_away(tools: Tools, network: Network, address: str, port: int) -> HeldUp | None:
    """A machine near us says that it may not pass; None: nobody near said so."""
    for _ in range(KNOCKS):
        knock = await tools.knock(address, port, ttl=ALL_THE_WAY, within_seconds=KNOCK_SECONDS)
        if knock.turned_away_by is not None:
            return by_whom(network, address, knock)
    # Kernels before 5.18 tell the sender to datagrams only.
    poke = await tools.poke(address, port, ttl=ALL_THE_WAY, within_seconds=KNOCK_SECONDS)
    said = poke.offender
    icmp = (poke.icmp_type or 0, poke.icmp_code or 0)
    return by_whom(network, address, Knock(turned_away_by=said, own=poke.own, icmp=icmp))


def by_whom(network: Network, address: str, knock: Knock) -> HeldUp | None:
    """What a refusal by ICMP means, by its sender."""
    sender = knock.turned_away_by
    if sender is None:
        return None
    if knock.own:
        if knock.icmp in HOST_UNREACHABLE:
            return None
        said = "a firewall on this device forbids it"
        return HeldUp(cause=Cause.LOCAL_HOST_FIREWALL, said=said)
    if not network.is_near(sender):
        return None
    said = f"{sender} on this network turns {address} away"
    return HeldUp(cause=Cause.ACTIVE_REJECT_NEAR, said=said)


async def held_up(
    tools: Tools, network: Network, address: str, port: int, *, silently: Cause
) -> Passage:
    """Whether the port is stopped before the machine behind the router.

    `silently` is the cause to name when it is swallowed there without a word.
    """
    first, twin = await asyncio.gather(
        tools.knock(address, port, ttl=BEHIND_THE_ROUTER), _twin(tools, address, port)
    )
    if first.expired:
        return PASSES
    if first.refused and twin is None:
        # Whoever refuses at once leaves time to ask again a machine that says little.
        await asyncio.sleep(KNOCK_SECONDS)
        twin = await _twin(tools, address, port)
    if twin is None:
        return UNHEARD
    whole = asyncio.ensure_future(tools.knock(address, port, ttl=ALL_THE_WAY))
    try:
        fates = [first]
        while True:
            fate = fates[-1]
            if fate.turned_away_by is not None:
                return Passage(held_up=by_whom(network, address, fate))
            if fate.silent and not await twin():
                return UNHEARD
            # An answer needs no twin each time: nobody further than two hops can have made it.
            if not fate.silent and not fate.refused:
                return PASSES
            if len(fates) == TURNS:
                break
            fates.append(await tools.knock(address, port, ttl=BEHIND_THE_ROUTER))
        if (await whole).opened:
            return PASSES
    finally:
        whole.cancel()
    held = read_fates(fates, address, port, silently)
    return Passage(held_up=held) if held is not None else UNHEARD


def read_fates(fates: list[Knock], address: str, port: int, silently: Cause) -> HeldUp | None:
    """What several short-lived attempts have in common, their twins having passed."""
    if all(fate.withheld for fate in fates):
        said = f"this device itself does not send what is meant for port {port}"
        return HeldUp(cause=Cause.LOCAL_HOST_FIREWALL, said=said)
    if all(fate.refused for fate in fates):
        said = f"a machine near here refuses port {port} in the name of {address}"
        return HeldUp(cause=Cause.ACTIVE_REJECT_NEAR, said=said)
    if all(fate.silent for fate in fates):
        said = f"port {port} is swallowed near here; other ports of {address} pass"
        return HeldUp(cause=silently, said=said)
    return None


async def _twin(tools: Tools, address: str, port: int) -> Twin | None:
    """Another port of the same address that does pass the router; None: none does, or the machine
    behind it never says that a packet expired."""
    other = next(one for one in WEB_PORTS if one != port)

    async def by_tcp() -> bool:
        return (await tools.knock(address, other, ttl=BEHIND_THE_ROUTER)).expired

    async def by_udp() -> bool:
        poke = await tools.poke(
            address, TRACEROUTE_PORT, ttl=BEHIND_THE_ROUTER, within_seconds=KNOCK_SECONDS
        )
        return poke.expired

    twins: tuple[Twin, ...] = (by_tcp, by_udp)
    passed = await asyncio.gather(*(twin() for twin in twins))
    return next((twin for twin, did in zip(twins, passed, strict=True) if did), None)


async def held_up_datagrams(tools: Tools, address: str, port: int) -> str | None:
    """How a UDP port is stopped before the machine behind the router, where another of the same
    address passes it; None: not shown."""
    for _ in range(TURNS):
        other = await tools.poke(
            address, TRACEROUTE_PORT, ttl=BEHIND_THE_ROUTER, within_seconds=KNOCK_SECONDS
        )
        if not other.expired:
            return None
        poke = await tools.poke(address, port, ttl=BEHIND_THE_ROUTER, within_seconds=KNOCK_SECONDS)
        if poke.expired or poke.heard is Heard.ANSWERED:
            return None
    return "it is stopped near here, where other ports pass"
