"""Is a silent resolver alive, with nothing behind it? Asked of resolvers that answer no name.

A home router's forwarder whose upstream is dead says nothing at all, or refuses (dnsmasq 2.90,
measured), which from here looks like a router that is dead itself, or turns us away. It still
answers what it needs nobody for.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from probe.attempt import Attempt
from probe.failures import LookFailed, failure_of
from probe.model import Finding, LifeFact, Observation
from probe.reach import families
from probe.tools import Tools, resolver_address
from probe.tools.resolve import ask_over
from probe.wire import dns as dns_wire
from probe.words import Failure, Family, Look, Speed, Step

OWN_SECONDS = 1.5  # it needs nobody else for the answer, and is on this network
CONNECT_SECONDS = 2.2  # SYNs at 0, 1 and 2 s
NAME_SECONDS = 1.8
RECORD_TYPE = {Family.IPV4: "A", Family.IPV6: "AAAA"}


@dataclass(frozen=True, slots=True, kw_only=True)
class DnsAlive:
    control_names: tuple[str, ...]  # the first is asked, if there is one

    async def look(self, tools: Tools, seen: Sequence[Observation]) -> Sequence[Finding]:
        if not self.control_names:
            return ()
        family = families(tools.machine.network())[0]
        return await asyncio.gather(
            *(self._ask(tools, resolver, family) for resolver in unhelpful_resolvers(seen))
        )

    async def _ask(self, tools: Tools, resolver: str, family: Family) -> Finding:
        attempt = Attempt(tools.clock, target=resolver, operator=f"resolver {resolver}")
        attempt.address = resolver
        with attempt:
            async with attempt.step(Step.EXCHANGE, within_seconds=5.0):
                local, version, (tcp_open, over_tcp) = await asyncio.gather(
                    _answers(tools, resolver, dns_wire.query("localhost", "A", _id(tools))),
                    _answers(tools, resolver, dns_wire.version_query(_id(tools))),
                    self._over_tcp(tools, resolver, family),
                )
            alive = local or version
            attempt.learn(
                LifeFact(
                    resolver=resolver,
                    answers_itself=alive,
                    names_over_tcp=over_tcp,
                    tcp_open=tcp_open,
                )
            )
            if over_tcp:
                attempt.said = f"{resolver} answers over TCP and not over UDP"
            elif alive:
                attempt.said = f"{resolver} is alive, and gets no answer from behind it"
            else:
                attempt.said = f"{resolver} says nothing about itself either"
        return attempt.finding()

    async def _over_tcp(
        self, tools: Tools, resolver: str, family: Family
    ) -> tuple[bool | None, bool]:
        """Whether TCP is taken (None: silence), and whether it brings an address of a name."""
        address, port = resolver_address(resolver)
        query = dns_wire.query(self.control_names[0], RECORD_TYPE[family], _id(tools))
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                stream = await tools.connect(address, port)
        except Exception as error:
            known = failure_of(error)
            if known is None:
                raise
            return (None if known[1] is Speed.SILENT else False), False
        try:
            async with asyncio.timeout(NAME_SECONDS):
                answer = dns_wire.read(await ask_over(stream, query), query)
        except (OSError, EOFError, LookFailed):  # TimeoutError is an OSError
            return True, False
        finally:
            stream.close()
        return True, dns_wire.failure_of_answer(answer) is None


def unhelpful_resolvers(seen: Sequence[Observation]) -> tuple[str, ...]:
    """Those that are silent about every name they were last asked for, or refuse to answer."""
    asked: dict[str, list[bool]] = {}
    for one in seen:
        if one.look is Look.DNS_EACH and one.finding.address:
            failed = one.finding.failed
            unhelpful = failed is not None and (
                failed.speed is Speed.SILENT or failed.failure is Failure.DNS_REFUSED
            )
            asked.setdefault(one.finding.address, []).append(unhelpful)
    return tuple(resolver for resolver, unhelpful in asked.items() if all(unhelpful))


async def _answers(tools: Tools, resolver: str, query: bytes) -> bool:
    """Any reply at all, whatever it says."""
    address, port = resolver_address(resolver)
    try:
        async with asyncio.timeout(OWN_SECONDS):
            await tools.exchange(
                query, address, port, accept=lambda reply: dns_wire.is_reply_to(reply, query)
            )
    except OSError:
        return False
    return True


def _id(tools: Tools) -> int:
    return tools.chance.below(65536)
