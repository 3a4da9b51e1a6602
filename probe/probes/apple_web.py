"""Do Apple's services answer, group by group?"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from probe.model import Finding, Observation
from probe.reach import Host, alive, families, reach
from probe.targets import AppleHost
from probe.tools import Tools
from probe.trust import Use


@dataclass(frozen=True, slots=True, kw_only=True)
class AppleWeb:
    hosts: tuple[AppleHost, ...]

    async def look(self, tools: Tools, seen: Sequence[Observation]) -> Sequence[Finding]:
        tried = families(tools.machine.network())
        return await asyncio.gather(
            *(
                reach(
                    tools,
                    Host(
                        target=host.name,
                        operator="apple",
                        host=host.host,
                        port=host.port,
                        use=Use.APPLE if host.pki == "apple" else Use.WEB,
                        family=family,
                        group=host.group,
                        path=host.path,
                    ),
                    alive(*host.statuses),
                )
                for host in self.hosts
                for family in tried
            )
        )
