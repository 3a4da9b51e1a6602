"""This machine as a drill stages it: its tables, its resolvers, its getaddrinfo.

These reads, and the ports to dial, are all that a drill replaces; everything else is real.
"""

from __future__ import annotations

import asyncio
import secrets
import socket
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

import dns.exception
import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype

from probe.drill.layout import GATEWAY
from probe.machine import Address, Change, Interface, Neighbour, Network, Route
from probe.wire.netlink import NUD_FAILED, NUD_REACHABLE
from probe.words import Family

INTERFACE = "drill0"
# Only ever in a table: an address of loopback would not count as one that can speak.
ADDRESS = "192.168.77.20"
ON_LINK = "192.168.77.0"
PREFIX = 24
GATEWAY_MAC = "02:00:00:77:00:01"  # locally administered, as no maker's is
# resolv.conf(5): 5 s for each try, two tries, then getaddrinfo gives up.
ATTEMPT_SECONDS = 5.0
ATTEMPTS = 2
ANSWER_BYTES = 4096


@dataclass(slots=True)
class Link:
    """The knobs of the staged tables."""

    carrier: bool = True  # without it there is no address and no route either
    default_route: bool = True
    gateway_answers: bool = True  # to ARP

    def restore(self) -> None:
        self.carrier = self.default_route = self.gateway_answers = True


@dataclass(frozen=True, slots=True, kw_only=True)
class StagedMachine:
    """A Machine (probe/machine) with one cable to a home's router."""

    link: Link
    name_servers: tuple[str, ...]
    ports: Mapping[int, int]

    def network(self) -> Network:
        loopback = Interface(index=1, name="lo", up=True, carrier=True, loopback=True)
        wire = Interface(
            index=2, name=INTERFACE, up=True, carrier=self.link.carrier, loopback=False
        )
        if not self.link.carrier:
            return Network(interfaces=(loopback, wire))
        default = Route(
            family=Family.IPV4,
            destination="",
            prefix_length=0,
            gateway=GATEWAY,
            interface_index=wire.index,
        )
        on_link = Route(
            family=Family.IPV4,
            destination=ON_LINK,
            prefix_length=PREFIX,
            gateway="",
            interface_index=wire.index,
        )
        state = NUD_REACHABLE if self.link.gateway_answers else NUD_FAILED
        router = Neighbour(
            address=GATEWAY,
            interface_index=wire.index,
            mac=GATEWAY_MAC,
            state=state,
            confirmed_seconds=0.0,
        )
        return Network(
            interfaces=(loopback, wire),
            addresses=(Address(address=ADDRESS, interface_index=wire.index, prefix_length=PREFIX),),
            routes=(default, on_link) if self.link.default_route else (on_link,),
            neighbours=(router,),
        )

    async def follow(self, tell: Callable[[Change], object]) -> None:
        """Nothing is told of: looks come often enough in a drill."""

    def resolvers(self) -> tuple[str, ...]:
        return self.name_servers

    async def hosts(self, names: Collection[str]) -> Mapping[str, tuple[str, ...]]:
        return {}

    def portal_apis(self, now: datetime) -> tuple[str, ...]:
        return ()

    def proxy_variables(self) -> Mapping[str, str]:
        return {}

    async def lookup(self, name: str) -> tuple[str, ...]:
        """What an application would get: the C library's way, over the drill's name server.

        Raises socket.gaierror with the numbers that glibc gives.
        """
        number, said = socket.EAI_AGAIN, "Temporary failure in name resolution"
        for server in self.name_servers * ATTEMPTS:
            try:
                async with asyncio.timeout(ATTEMPT_SECONDS):
                    answer = await _ask(server, self.ports.get(53, 53), name)
            except (OSError, TimeoutError, dns.exception.DNSException):
                continue
            if answer.rcode() == dns.rcode.NXDOMAIN:
                number, said = socket.EAI_NONAME, "Name or service not known"
                break
            if answer.rcode() != dns.rcode.NOERROR:
                continue
            addresses = tuple(
                record.to_text()
                for rrset in answer.answer
                if rrset.rdtype == dns.rdatatype.A
                for record in rrset
            )
            if addresses:
                return addresses
            number = getattr(socket, "EAI_NODATA", socket.EAI_NONAME)
            said = "No address associated with hostname"
            break
        raise socket.gaierror(number, said)


async def _ask(server: str, port: int, name: str) -> dns.message.Message:
    """One question over UDP. Raises OSError, DNSException. Waits until cancelled."""
    query = dns.message.make_query(name, "A", id=secrets.randbelow(65536))
    loop = asyncio.get_running_loop()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.setblocking(False)
        sock.connect((server, port))
        await loop.sock_sendall(sock, query.to_wire())
        while True:
            reply = dns.message.from_wire(await loop.sock_recv(sock, ANSWER_BYTES))
            if query.is_response(reply):
                return reply
