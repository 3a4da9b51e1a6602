"""Does the router give any sign of life?

Ping proves nothing either way: routers may ignore it. A datagram to a port of the router's where
nobody listens makes the kernel look for the neighbour, and many routers answer "port unreachable";
its TTL of 1 keeps it on the link. Only a neighbour that cannot be found at all is gone.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from probe.attempt import Attempt
from probe.failures import LookFailed
from probe.machine import Neighbour
from probe.model import Finding, Observation
from probe.tools import Tools
from probe.tools.datagram import Poke
from probe.words import Failure, Family, Note, Speed, Step

# Failed ARP reports after 3.05-3.08 s (measured); less would blur it into a timeout.
POKE_SECONDS = 3.5
HOST_UNREACHABLE = frozenset({(3, 1), (1, 3)})  # type and code, RFC 792 and RFC 4443
TRACEROUTE_PORT = 33434  # where traceroute starts: no service listens there


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewayLook:
    async def look(self, tools: Tools, seen: Sequence[Observation]) -> Sequence[Finding]:
        network = tools.machine.network()
        gateways = {
            family: next((r.gateway for r in network.default_routes(family) if r.gateway), None)
            for family in (Family.IPV4, Family.IPV6)
        }
        # At once: two lost neighbours one after the other would outlast the look.
        return await asyncio.gather(
            *(ask(tools, family, gateway) for family, gateway in gateways.items() if gateway)
        )


async def ask(tools: Tools, family: Family, gateway: str) -> Finding:
    attempt = Attempt(tools.clock, target="gateway", operator="self", family=family)
    attempt.address = gateway
    with attempt:
        async with attempt.step(Step.EXCHANGE, within_seconds=POKE_SECONDS + 0.2):
            poke = await tools.poke(gateway, TRACEROUTE_PORT, ttl=1, within_seconds=POKE_SECONDS)
            neighbour = tools.machine.network().neighbour(gateway)
            if poke.alive:
                attempt.said = f"the router {gateway} answers"
            elif unfound(poke) or (neighbour is not None and neighbour.failed):
                raise LookFailed(
                    Failure.GW_NEIGH_FAILED, Speed.ACTIVE, f"the router {gateway} cannot be found"
                )
            elif neighbour is not None and freshly_seen(neighbour):
                attempt.said = f"the router {gateway} is there"
                attempt.note(Note.GATEWAY_IGNORES_PING, f"{gateway} ignores strangers' datagrams.")
            else:
                raise LookFailed(
                    Failure.GW_SILENT, Speed.SILENT, f"the router {gateway} says nothing"
                )
    return attempt.finding()


def unfound(poke: Poke) -> bool:
    """This host's own stack says that nobody has the address.

    The entry in the neighbour table may already be on trial again, for another packet's sake.
    """
    return poke.own and (poke.icmp_type, poke.icmp_code) in HOST_UNREACHABLE


def freshly_seen(neighbour: Neighbour) -> bool:
    """The neighbour answered the kernel just now; an entry that is merely old proves nothing."""
    return neighbour.reachable
