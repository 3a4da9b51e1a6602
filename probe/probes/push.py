"""Do Apple's push couriers answer, on the port devices call first and on the fallback?

A courier's TLS needs no client certificate; the certificate is for courier.push.apple.com whatever
the number of the host, and comes from Apple's own root. Couriers are drawn anew each time, so that
one dead server among fifty is not "Apple".
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from probe.attempt import Attempt
from probe.conversation import Host
from probe.model import Finding, Observation
from probe.reach import families, in_turn, reach, resolve
from probe.targets import Courier, Provider
from probe.tools import Tools
from probe.trust import Use
from probe.wire import provider as provider_answer
from probe.words import Look, Step

PROVIDER = "provider-api"
PROVIDER_SECONDS = 4.2  # with its name, under the look's 7 s
PROVIDER_BYTES = 16 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Couriers:
    courier: Courier
    fallback: bool
    slots: int  # couriers tried per look: Apple treats reconnect storms as attacks

    async def look(self, tools: Tools, seen: Sequence[Observation]) -> Sequence[Finding]:
        return await asyncio.gather(*(reach(tools, host) for host in self._hosts(tools)))

    async def look_in_turn(
        self, tools: Tools, seen: Sequence[Observation], turn: int, turns: int
    ) -> Sequence[Finding]:
        hosts = in_turn(self._hosts(tools), turn, turns)
        return await asyncio.gather(*(reach(tools, host) for host in hosts))

    def _hosts(self, tools: Tools) -> list[Host]:
        tried = families(tools.machine.network())
        first = tools.chance.below(self.courier.count)
        return [
            Host(
                # The slot, not the drawn host: names in metrics and memory stay few.
                target=f"courier-{slot + 1}",
                operator="apple",
                host=self.courier.host_pattern.format(n=self._number(first, slot)),
                port=self.courier.fallback_port if self.fallback else self.courier.port,
                use=Use.COURIER,
                family=family,
                group="push",
                server_name=self.courier.server_name,
                alpn=self.courier.alpn,
            )
            for family in tried
            for slot in range(self.slots)
        ]

    def _number(self, first: int, slot: int) -> int:
        """Numbers 1..count, apart from each other, so that two slots are two couriers."""
        return (first + slot * max(1, self.courier.count // self.slots)) % self.courier.count + 1


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderFront:
    """The side of push that senders use. HTTP/2 only; refuses strangers politely when alive."""

    provider: Provider

    async def look(self, tools: Tools, seen: Sequence[Observation]) -> Sequence[Finding]:
        family = families(tools.machine.network())[0]
        attempt = Attempt(
            tools.clock, target=PROVIDER, operator="apple", family=family, group="push"
        )
        port = self._port(seen)
        with attempt:
            address = await resolve(tools, attempt, self.provider.host, family)
            attempt.address = f"[{address}]:{port}" if ":" in address else f"{address}:{port}"
            async with attempt.step(Step.EXCHANGE, within_seconds=PROVIDER_SECONDS):
                answer = await tools.http.fetch(
                    method="POST",
                    address=address,
                    host=self.provider.host,
                    port=port,
                    path=self.provider.path,
                    use=Use.PROVIDER,
                    body=b"{}",
                    http2=True,
                    max_bytes=PROVIDER_BYTES,
                    within_seconds=PROVIDER_SECONDS,
                )
            said = f"{answer.http_version} {answer.status} {dict(answer.headers)}\n".encode()
            tools.keep("http2", self.provider.host, said + answer.body)
            with attempt.reading():
                attempt.said = provider_answer.read(answer.status, answer.http_version, answer.body)
        return (attempt.finding(),)

    def _port(self, seen: Sequence[Observation]) -> int:
        """Where to knock: on the other port after a failure, so that two failures are two places
        and a network that lets only one of them out is not Apple's fault."""
        last = next((one.finding for one in seen if one.look is Look.PUSH_HTTP), None)
        failed_on_main = (
            last is not None
            and last.failed is not None
            and last.address.endswith(f":{self.provider.port}")
        )
        return self.provider.other_port if failed_on_main else self.provider.port
