"""Does the internet answer, Apple aside? Once without names, once by name, three operators each."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from probe.model import Finding, Observation
from probe.reach import Host, alive, families, reach
from probe.targets import Reference
from probe.tools import Tools
from probe.trust import Use
from probe.words import Family


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferencesByAddress:
    """By address literal, verified by IP SAN: neither DNS nor a hosts file has a say."""

    references: tuple[Reference, ...]

    async def look(self, tools: Tools, seen: Sequence[Observation]) -> Sequence[Finding]:
        tried = families(tools.machine.network())
        hosts = [
            _host(reference, family, literal)
            for reference in self.references
            for family, literal in (
                (Family.IPV4, reference.host),
                (Family.IPV6, reference.host_v6),
            )
            if family in tried and literal
        ]
        return await asyncio.gather(*(reach(tools, host, alive(host.host)) for host in hosts))


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
