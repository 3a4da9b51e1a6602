"""Does the internet answer, Apple aside? Once without names, once by name, three operators each."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from ipaddress import IPv6Network

from probe.company import Company
from probe.conversation import Host
from probe.model import Finding, Observation, TranslatorFact
from probe.reach import alive, families, reach
from probe.targets import Reference
from probe.tools import Tools
from probe.trust import Use
from probe.wire import nat64
from probe.words import Family


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferencesByAddress:
    """By address literal, verified by IP SAN: neither DNS nor a hosts file has a say."""

    references: tuple[Reference, ...]

    async def look(self, tools: Tools, seen: Sequence[Observation]) -> Sequence[Finding]:
        network = tools.machine.network()
        tried = families(network)
        together = {family: Company(network, family) for family in tried}
        hosts = [
            _host(reference, family, literal)
            for reference in self.references
            for family, literal in (
                (Family.IPV4, reference.host),
                (Family.IPV6, reference.host_v6),
            )
            if family in tried and literal
        ]
        if Family.IPV4 not in tried:
            hosts += self._translated(seen)
        return await asyncio.gather(
            *(reach(tools, host, alive(host.host), together.get(host.family)) for host in hosts)
        )

    def _translated(self, seen: Sequence[Observation]) -> list[Host]:
        """The IPv4 internet of a network that has IPv6 only and a translator."""
        prefix = next(
            (
                IPv6Network(fact.prefixes[0])
                for observation in seen
                for fact in observation.finding.facts
                if isinstance(fact, TranslatorFact) and fact.prefixes
            ),
            None,
        )
        if prefix is None:
            return []
        return [
            replace(
                _host(reference, Family.IPV4, reference.host),
                address=nat64.translated(reference.host, prefix),
            )
            for reference in self.references
            if reference.host
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferencesByName:
    references: tuple[Reference, ...]

    async def look(self, tools: Tools, seen: Sequence[Observation]) -> Sequence[Finding]:
        tried = families(tools.machine.network())
        hosts = [
            _host(reference, family, reference.host, large=True)
            for reference in self.references
            for family in tried
        ]
        return await asyncio.gather(*(reach(tools, host, alive(host.host)) for host in hosts))


def _host(reference: Reference, family: Family, host: str, *, large: bool = False) -> Host:
    return Host(
        target=reference.name,
        operator=reference.operator,
        host=host,
        port=reference.port,
        use=Use.WEB,
        family=family,
        path=reference.path,
        large=large,
    )
