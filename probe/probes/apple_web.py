"""Do Apple's services answer, group by group?"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from probe.model import Finding, Observation
from probe.reach import Host, Judge, alive, families, reach
from probe.targets import AppleHost
from probe.tools import Tools
from probe.trust import Use
from probe.wire import bag
from probe.wire.http1 import Response


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
                    judging(host),
                )
                for host in self.hosts
                for family in tried
            )
        )


def judging(host: AppleHost) -> Judge:
    """What a healthy answer of this host looks like."""
    status_is_healthy = alive(host.host, *host.statuses)

    def judge(response: Response) -> str:
        said = status_is_healthy(response)
        if host.bag:
            said = (
                f"{host.host} gave a list of {bag.read(response.body).keys} addresses and switches"
            )
        return said

    return judge
