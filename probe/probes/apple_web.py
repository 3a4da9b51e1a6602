"""Do Apple's services answer, group by group?"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from probe.conversation import Host, Judge
from probe.model import Finding, Observation
from probe.reach import alive, families, in_turn, reach
from probe.targets import AppleHost
from probe.tools import Tools
from probe.trust import Use
from probe.wire import bag
from probe.wire.http1 import Response


@dataclass(frozen=True, slots=True, kw_only=True)
class AppleWeb:
    hosts: tuple[AppleHost, ...]

    async def look(self, tools: Tools, seen: Sequence[Observation]) -> Sequence[Finding]:
        return await self._ask(tools, self._hosts(tools))

    async def look_in_turn(
        self, tools: Tools, seen: Sequence[Observation], turn: int, turns: int
    ) -> Sequence[Finding]:
        return await self._ask(tools, in_turn(self._hosts(tools), turn, turns))

    def _hosts(self, tools: Tools) -> list[Host]:
        return [
            Host(
                target=host.name,
                operator="apple",
                host=host.host,
                port=host.port,
                use=Use.APPLE if host.pki == "apple" else Use.WEB,
                family=family,
                group=host.group,
                path=host.path,
            )
            for family in families(tools.machine.network())
            for host in self.hosts
        ]

    async def _ask(self, tools: Tools, hosts: Sequence[Host]) -> Sequence[Finding]:
        judges = {host.name: judging(host) for host in self.hosts}
        return await asyncio.gather(*(reach(tools, host, judges[host.target]) for host in hosts))


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
