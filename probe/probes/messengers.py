"""Which other app could carry a message now? Asked where a person chose it, while Apple fails."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from probe.conversation import Host
from probe.model import Finding, Observation
from probe.reach import alive, families, reach
from probe.targets import Messenger
from probe.tools import Tools
from probe.trust import Use


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherApps:
    messengers: tuple[Messenger, ...]

    async def look(self, tools: Tools, seen: Sequence[Observation]) -> Sequence[Finding]:
        # One family is enough: an app takes whichever works.
        family = families(tools.machine.network())[0]
        return await asyncio.gather(
            *(
                reach(
                    tools,
                    Host(
                        target=messenger.name,
                        operator=messenger.name,
                        host=messenger.host,
                        port=messenger.port,
                        use=Use.SIGNAL if messenger.pki == "signal" else Use.WEB,
                        family=family,
                        path=messenger.path,
                    ),
                    alive(messenger.host) if messenger.path else None,
                )
                for messenger in self.messengers
            )
        )
