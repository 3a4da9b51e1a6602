"""Does this network let anything out but the web? Asked only when push fails.

A success proves nothing about Apple's port 5223; a failure of all of them says that the network
allows web ports only. That is why a bare TCP connect is good enough here, and nowhere else.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from probe.conversation import Host
from probe.model import Finding, Observation
from probe.reach import families, reach
from probe.targets import PortControl
from probe.tools import Tools
from probe.trust import Use


@dataclass(frozen=True, slots=True, kw_only=True)
class PortControls:
    controls: tuple[PortControl, ...]

    async def look(self, tools: Tools, seen: Sequence[Observation]) -> Sequence[Finding]:
        family = families(tools.machine.network())[0]
        return await asyncio.gather(
            *(
                reach(
                    tools,
                    Host(
                        target=control.name,
                        operator=control.operator,
                        host=control.host,
                        port=control.port,
                        use=Use.WEB if control.tls else None,
                        family=family,
                    ),
                )
                for control in self.controls
            )
        )
